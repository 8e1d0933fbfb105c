// Senders whose signatures the schemes of verify/signing.h describe already: what to set for each. `secrets` are those
// in force; make_verifier() reads and checks them.
#pragma once

#include <string>
#include <vector>

#include "verify/signing.h"

namespace yizhan::verify {

/// X-Hub-Signature-256: `sha256=` + hex HMAC-SHA256(secret, body). Source: GitHub, "Validating webhook deliveries". No
/// time is signed: repeats are told by X-GitHub-Delivery.
SigningOptions github_signing(std::vector<std::string> secrets);

/// X-Shopify-Hmac-Sha256: base64 HMAC-SHA256(secret, body). Source: Shopify, "Verify webhook deliveries".
SigningOptions shopify_signing(std::vector<std::string> secrets);

/// X-Slack-Signature: `v0=` + hex HMAC-SHA256(secret, "v0:" + X-Slack-Request-Timestamp + ":" + body). Source: Slack,
/// "Verifying requests from Slack".
SigningOptions slack_signing(std::vector<std::string> secrets);

/// X-Sub2Api-Signature: hex HMAC-SHA256(secret, X-Sub2Api-Timestamp + "." + body): what sub2api's own notification
/// webhooks carry. Source: sub2api.
SigningOptions sub2api_signing(std::vector<std::string> secrets);

/// X-Webhook-Signature: hex HMAC-SHA256(secret, body): new-api's user notifications. Source: new-api.
SigningOptions newapi_signing(std::vector<std::string> secrets);

/// X-Signature: hex HMAC-SHA256(secret, body): the logistics receiver's /webhook/express/status.
SigningOptions express_status_signing(std::vector<std::string> secrets);

}  // namespace yizhan::verify
