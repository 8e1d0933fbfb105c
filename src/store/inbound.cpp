#include "store/inbound.h"

#include <array>
#include <utility>

namespace yizhan::store {
namespace {

constexpr std::array<std::pair<Verdict, std::string_view>, 3> kVerdicts{{
    {Verdict::kAccepted, "accepted"},
    {Verdict::kDuplicate, "duplicate"},
    {Verdict::kRejected, "rejected"},
}};

constexpr std::array<std::pair<EffectResult, std::string_view>, 8> kEffectResults{{
    {EffectResult::kNone, "none"},
    {EffectResult::kApplied, "applied"},
    {EffectResult::kAlready, "already_applied"},
    {EffectResult::kOrderUnknown, "order_unknown"},
    {EffectResult::kAmountDiffers, "amount_differs"},
    {EffectResult::kMerchantDiffers, "merchant_differs"},
    {EffectResult::kOrderConflicts, "order_conflicts"},
    {EffectResult::kWaybillUnknown, "waybill_unknown"},
}};

template <class Names, class Value>
std::string_view name_in(const Names& names, Value value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return {};
}

template <class Value, class Names>
std::optional<Value> value_in(const Names& names, std::string_view text) {
  for (const auto& [value, name] : names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  return name_in(kVerdicts, verdict);
}

std::optional<Verdict> parse_verdict(std::string_view text) {
  return value_in<Verdict>(kVerdicts, text);
}

std::string_view to_string(EffectResult result) {
  return name_in(kEffectResults, result);
}

std::optional<EffectResult> parse_effect_result(std::string_view text) {
  return value_in<EffectResult>(kEffectResults, text);
}

bool is_unfit(EffectResult result) {
  switch (result) {
    case EffectResult::kNone:
    case EffectResult::kApplied:
    case EffectResult::kAlready:
      return false;
    case EffectResult::kOrderUnknown:
    case EffectResult::kAmountDiffers:
    case EffectResult::kMerchantDiffers:
    case EffectResult::kOrderConflicts:
    case EffectResult::kWaybillUnknown:
      return true;
  }
  return true;
}

}  // namespace yizhan::store
