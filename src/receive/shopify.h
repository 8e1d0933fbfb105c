// Shopify's webhooks, at /in/{source} (source: Shopify, "Webhooks: HTTPS delivery"): JSON, signed by
// X-Shopify-Hmac-Sha256.
//
// Event type: X-Shopify-Topic (`orders/paid`); told apart by X-Shopify-Webhook-Id, the same over all tries. Both
// headers are outside the signature.
//
// Answers within 5 s: answers.h, json_answer(). Shopify deletes a subscription that fails too often.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "receive/source.h"

namespace yizhan::receive {

struct ShopifyOptions {
  std::string name{};                  ///< last part of the path
  std::vector<std::string> secrets{};  ///< the app's client secrets in force
};

/// Codes: `source_name_invalid`, `secret_invalid`.
Result<std::shared_ptr<const Source>> make_shopify_source(const ShopifyOptions& options);

}  // namespace yizhan::receive
