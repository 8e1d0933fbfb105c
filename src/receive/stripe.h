// Stripe's webhooks, at /in/{source}: a JSON event {id, type, …}, signed by Stripe-Signature (verify/stripe.h).
//
// Event type: `type` (`checkout.session.completed`); told apart by `id` (`evt_…`), the same over all tries.
//
// Answers: answers.h, json_answer(). Stripe sends again for up to three days unless it gets a 2xx.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "receive/source.h"
#include "verify/signing.h"

namespace yizhan::receive {

struct StripeOptions {
  std::string name{};                  ///< last part of the path
  std::vector<std::string> secrets{};  ///< `whsec_…`, in force
  Seconds tolerance = verify::MessageToVerify::kTolerance;
};

/// Codes: `source_name_invalid`, `secret_invalid`.
Result<std::shared_ptr<const Source>> make_stripe_source(const StripeOptions& options);

}  // namespace yizhan::receive
