#include "receive/shopify.h"

#include "receive/callback_keys.h"
#include "receive/field_reader.h"
#include "receive/signed_source.h"
#include "verify/presets.h"

namespace yizhan::receive {
namespace {

constexpr Milliseconds kShopifyWaits{4500};  // Shopify gives up after 5 s

class Shopify final : public SignedSource {
 public:
  using SignedSource::SignedSource;
  Milliseconds answer_within() const override { return kShopifyWaits; }

 private:
  Result<std::variant<Notice, Reply>> read_verified(const Request& request) const override {
    FieldReader headers(request.http);
    Notice notice;
    notice.event_type = headers.identifier("X-Shopify-Topic");
    const std::string id = headers.identifier("X-Shopify-Webhook-Id");
    if (headers.failed()) return headers.error();
    notice.idempotency_key = idempotency_key({id});
    add_key(notice, "delivery_id", id);
    return notice;
  }
};

}  // namespace

Result<std::shared_ptr<const Source>> make_shopify_source(const ShopifyOptions& options) {
  return make_signed_source<Shopify>(kGenericPath, options.name,
                                     verify::make_verifier(verify::shopify_signing(options.secrets)));
}

}  // namespace yizhan::receive
