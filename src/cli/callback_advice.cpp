#include "cli/callback_advice.h"

namespace yizhan::cli {

std::string callback_advice(const store::CallbackView& view) {
  switch (view.effect) {
    case store::EffectResult::kOrderUnknown:
      return "Somebody paid for an order that is not here. Create it ('yizhan orders create'): the next notice pays "
             "it.";
    case store::EffectResult::kAmountDiffers:
      return "The amount is not what the order asks for. Compare 'yizhan orders show' with the provider's console.";
    case store::EffectResult::kMerchantDiffers:
      return "It was paid to another merchant than the order names.";
    case store::EffectResult::kOrderConflicts:
      return "The order is closed, was paid by another transaction, or is not paid. See 'yizhan orders show'; a refund "
             "may be due.";
    case store::EffectResult::kWaybillUnknown:
      return "No parcel with this tracking number is known. Add it ('yizhan waybills put'): the next callback counts.";
    default:
      break;
  }
  if (view.verdict != store::Verdict::kRejected) return {};
  if (view.callback.reason.starts_with("signature_")) {
    return "Its signature does not hold: compare the secret at the sender with the one configured for this source.";
  }
  if (view.callback.reason.starts_with("timestamp_")) return "Its time is too far from now: compare the clocks.";
  return {};
}

}  // namespace yizhan::cli
