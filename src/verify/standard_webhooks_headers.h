// What both Standard Webhooks schemes share. Source: Standard Webhooks 1.0.0, "Signature scheme" and "Webhook headers".
//
//   webhook-id:        the event's id, the same on every attempt
//   webhook-timestamp: Unix seconds of the attempt
//   webhook-signature: one or several `version,base64` with a space between; all of them while a secret rotates
//
// Signed string: id + "." + timestamp + "." + raw body.
#pragma once

#include "verify/scheme.h"

namespace yizhan::verify {

/// Headers and signed text; the version's prefix and the keys are the scheme's own. Refuses configured header names.
Result<Scheme> describe_standard_webhooks_headers(const SigningOptions& options);

}  // namespace yizhan::verify
