// Whoever sends by Standard Webhooks 1.0.0, at /in/{source}: signed by webhook-signature, `v1` (HMAC) or `v1a`
// (ed25519), see verify/standard_webhooks_headers.h.
//
// Event type: the member `type` of the JSON body, as the specification recommends; `message` where there is none or the
// body is no JSON. Told apart by webhook-id, which is signed and the same over all tries.
//
// Answers: answers.h, json_answer().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "receive/source.h"
#include "verify/signing.h"

namespace yizhan::receive {

struct StandardWebhooksOptions {
  std::string name{};  ///< last part of the path
  /// In force: `whsec_…` for v1, `whpk_…` for v1a. With both, either signature is enough.
  std::vector<std::string> secrets{};
  Seconds tolerance = verify::MessageToVerify::kTolerance;
};

/// Codes: `source_name_invalid`, `secret_invalid`.
Result<std::shared_ptr<const Source>> make_standard_webhooks_source(const StandardWebhooksOptions& options);

}  // namespace yizhan::receive
