#include "receive/gateway_webhooks.h"

#include "receive/callback_keys.h"
#include "receive/field_reader.h"
#include "receive/signed_source.h"
#include "verify/presets.h"

namespace yizhan::receive {
namespace {

class Sub2api final : public SignedSource {
 public:
  using SignedSource::SignedSource;

 private:
  Result<std::variant<Notice, Reply>> read_verified(const Request& request) const override {
    return read_event(request, "event", "delivery_id");
  }
};

class Newapi final : public SignedSource {
 public:
  using SignedSource::SignedSource;

 private:
  Result<std::variant<Notice, Reply>> read_verified(const Request& request) const override {
    const auto document = json::read_document(request.http.body);
    if (!document) return std::unexpected(document.error());
    FieldReader read(*document);
    Notice notice;
    notice.event_type = read.identifier("type");
    if (read.failed()) return read.error();
    notice.idempotency_key = digest_key(request.http.body);
    return notice;
  }
};

}  // namespace

Result<std::shared_ptr<const Source>> make_sub2api_source(const Sub2apiOptions& options) {
  return make_signed_source<Sub2api>(
      kGenericPath, options.name, verify::make_verifier(verify::sub2api_signing(options.secrets)), options.tolerance);
}

Result<std::shared_ptr<const Source>> make_newapi_source(const NewapiOptions& options) {
  return make_signed_source<Newapi>(kGenericPath, options.name,
                                    verify::make_verifier(verify::newapi_signing(options.secrets)));
}

}  // namespace yizhan::receive
