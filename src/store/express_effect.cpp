#include "store/express_effect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>

namespace yizhan::store {
namespace {

constexpr std::size_t kMostSteps = 1000;

__extension__ using Uint128 = unsigned __int128;
constexpr Uint128 wide(std::uint64_t high, std::uint64_t low) {
  return Uint128{high} << 64U | low;
}
constexpr Uint128 kFnvOffset = wide(0x6c62272e07bb0142U, 0x62b821756295c58dU);
constexpr Uint128 kFnvPrime = wide(0x0000000001000000U, 0x000000000000013bU);

void hash_byte(Uint128& hash, unsigned char byte) {
  hash = (hash ^ byte) * kFnvPrime;
}

void hash_number(Uint128& hash, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) hash_byte(hash, static_cast<unsigned char>(number >> shift));
}

void hash_text(Uint128& hash, std::string_view text) {
  for (const char byte : text) hash_byte(hash, static_cast<unsigned char>(byte));
  hash_number(hash, text.size());
}

/// How far on its way a parcel with this state is. A state that nobody knows comes before all others.
int progress(std::string_view status_code) {
  constexpr std::array<std::string_view, 10> kWay{"CREATED",   "PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY",
                                                  "IN_LOCKER", "EXCEPTION", "REJECTED",   "RETURNING",
                                                  "RETURNED",  "DELIVERED"};
  const auto found = std::ranges::find(kWay, status_code);
  return found == kWay.end() ? -1 : static_cast<int>(found - kWay.begin());
}

/// Where in a parcel's history a state stands. Total, so that the order in which steps arrive does not matter.
struct Place {
  UtcTime time;
  std::string_view code;

  friend bool operator<(const Place& a, const Place& b) {
    const int a_progress = progress(a.code);
    const int b_progress = progress(b.code);
    return std::tie(a.time, a_progress, a.code) < std::tie(b.time, b_progress, b.code);
  }
};

Place place_of(const ExpressStep& step, UtcTime now) {
  return {std::min(step.event_time, now), step.status_code};
}

/// A waybill without a time, made by hand, has not got anywhere.
Place place_of(const ParcelState& state) {
  return {state.status_time.value_or(UtcTime::min()), state.status_code};
}

std::optional<Error> check_length(std::string_view field, std::string_view text, std::size_t least, std::size_t most) {
  if (text.size() >= least && text.size() <= most) return std::nullopt;
  return Error{"value_refused",
               fmt::format("{} of a step has {} bytes; {} to {} are allowed", field, text.size(), least, most)};
}

}  // namespace

std::optional<Error> express_refusal(const ExpressEffect& effect) {
  if (effect.steps.size() > kMostSteps) {
    return Error{"value_refused",
                 fmt::format("a callback tells of {} steps; at most {} are allowed", effect.steps.size(), kMostSteps)};
  }
  for (const ExpressStep& step : effect.steps) {
    if (auto error = check_length("tracking_no", step.tracking_no, 1, 64)) return error;
    if (auto error = check_length("status_code", step.status_code, 1, 64)) return error;
    if (auto error = check_length("received_code", step.received_code, 0, 64)) return error;
    if (auto error = check_length("event_text", step.event_text, 0, 1024)) return error;
    if (auto error = check_length("location", step.location, 0, 256)) return error;
    if (auto error = check_length("carrier_code", step.carrier_code, 0, 64)) return error;
    if (auto error = check_length("event_id", step.event_id, 0, 255)) return error;
  }
  return std::nullopt;
}

std::string event_key(const ExpressStep& step) {
  if (!step.event_id.empty()) return "id:" + step.event_id;
  Uint128 hash = kFnvOffset;
  hash_text(hash, step.received_code);
  hash_number(hash, static_cast<std::uint64_t>(to_unix_micros(step.event_time)));
  hash_text(hash, step.event_text);
  return fmt::format("{:016x}{:016x}", static_cast<std::uint64_t>(hash >> 64U), static_cast<std::uint64_t>(hash));
}

ExpressDecision decide_express(const ExpressEffect& effect, const KnownParcels& known, UtcTime now) {
  ExpressDecision decision;
  std::set<std::pair<std::string_view, std::string>> seen;
  std::map<std::string_view, std::size_t> newest;  // by tracking number: a place in decision.steps
  bool any_known = false;
  for (const ExpressStep& step : effect.steps) {
    const auto waybill = known.waybills.find(step.tracking_no);
    if (waybill == known.waybills.end()) continue;
    any_known = true;
    std::string key = event_key(step);
    if (known.steps.contains({step.tracking_no, key}) || !seen.emplace(step.tracking_no, key).second) continue;
    const bool late = place_of(step, now) < place_of(waybill->second);
    const auto [first, inserted] = newest.emplace(step.tracking_no, decision.steps.size());
    if (!inserted && place_of(*decision.steps[first->second].step, now) < place_of(step, now)) {
      first->second = decision.steps.size();
    }
    decision.steps.push_back({.step = &step, .event_key = std::move(key), .is_late = late});
  }
  if (effect.steps.empty()) return decision;
  if (!any_known) {
    decision.result = EffectResult::kWaybillUnknown;
    return decision;
  }
  decision.result = decision.steps.empty() ? EffectResult::kAlready : EffectResult::kApplied;
  for (const auto& [tracking_no, position] : newest) {
    NewStep& last = decision.steps[position];
    const ParcelState& before = known.waybills.find(tracking_no)->second;
    const Place reached = place_of(*last.step, now);
    if (!(place_of(before) < reached)) continue;
    last.is_told = before.status_code != last.step->status_code;
    decision.waybills.emplace(tracking_no, ParcelState{.status_code = last.step->status_code,
                                                       .status_time = reached.time,
                                                       .status_text = last.step->event_text});
  }
  return decision;
}

void remember(const ExpressDecision& decision, KnownParcels& known) {
  for (const NewStep& added : decision.steps) known.steps.emplace(added.step->tracking_no, added.event_key);
  for (const auto& [tracking_no, state] : decision.waybills) known.waybills.insert_or_assign(tracking_no, state);
}

}  // namespace yizhan::store
