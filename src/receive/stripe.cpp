#include "receive/stripe.h"

#include "receive/signed_source.h"
#include "verify/stripe.h"

namespace yizhan::receive {
namespace {

class Stripe final : public SignedSource {
 public:
  using SignedSource::SignedSource;

 private:
  Result<std::variant<Notice, Reply>> read_verified(const Request& request) const override {
    return read_event(request, "type", "id");
  }
};

}  // namespace

Result<std::shared_ptr<const Source>> make_stripe_source(const StripeOptions& options) {
  return make_signed_source<Stripe>(kGenericPath, options.name, verify::make_stripe_verifier(options.secrets),
                                    options.tolerance);
}

}  // namespace yizhan::receive
