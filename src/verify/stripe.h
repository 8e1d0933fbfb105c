// Stripe's webhooks.
// Source: Stripe's documentation, "Verify webhook signatures manually".
//
//   Stripe-Signature: t=<Unix seconds>,v1=<hex>[,v1=<hex>…][,v0=…]
//   v1 = lower-case hex of HMAC-SHA256(secret, t + "." + raw body)
//
// The secret is the whole text `whsec_…`, prefix included, not decoded. Several v1 while a secret rotates, any may
// match; entries of other versions are passed over.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "verify/signing.h"

namespace yizhan::verify {

/// The endpoint's secrets in force, 1 to kMaxSecrets. Code `secret_invalid`.
Result<std::shared_ptr<const Verifier>> make_stripe_verifier(const std::vector<std::string>& secrets);

}  // namespace yizhan::verify
