#include "receive/stripe.h"

#include "receive/callback_keys.h"
#include "receive/field_reader.h"
#include "receive/signed_source.h"
#include "verify/stripe.h"

namespace yizhan::receive {
namespace {

class Stripe final : public SignedSource {
 public:
  using SignedSource::SignedSource;

 private:
  Result<std::variant<Notice, Reply>> read_verified(const Request& request) const override {
    const auto document = json::read_document(request.http.body);
    if (!document) return std::unexpected(document.error());
    FieldReader read(*document);
    Notice notice;
    notice.event_type = read.identifier("type");
    const std::string id = read.identifier("id");
    if (read.failed()) return read.error();
    notice.idempotency_key = idempotency_key({id});
    add_key(notice, "delivery_id", id);
    return notice;
  }
};

}  // namespace

Result<std::shared_ptr<const Source>> make_stripe_source(const StripeOptions& options) {
  return make_signed_source<Stripe>(kGenericPath, options.name, verify::make_stripe_verifier(options.secrets),
                                    options.tolerance);
}

}  // namespace yizhan::receive
