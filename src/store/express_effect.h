// What carriers' steps make of parcels: pure functions of what the store knows of these, so that both engines decide
// alike. The caller has the waybills locked, and writes what is decided. States: docs/states.md.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "store/inbound.h"

namespace yizhan::store {

/// What cannot be stored: `value_refused`, naming the field. Concerns the callback alone.
std::optional<Error> express_refusal(const ExpressEffect& effect);

/// Tells a step from the others of its parcel; the same for all times, because it is in the rows: `id:` and the
/// carrier's own id of it; else 32 hexadecimal digits, FNV-1a of 128 bits
/// (http://www.isthe.com/chongo/tech/comp/fnv/) over the received code, the microseconds since 1970 and the text, each
/// ended by its length.
std::string event_key(const ExpressStep& step);

/// A parcel's state, as its waybill has it.
struct ParcelState {
  std::string status_code;  ///< empty: nothing was heard yet
  std::optional<UtcTime> status_time;
  std::string status_text;
};

/// What the store knows of the parcels that callbacks are about.
struct KnownParcels {
  std::map<std::string, ParcelState, std::less<>> waybills;  ///< by tracking number
  std::set<std::pair<std::string, std::string>> steps;       ///< tracking number and event_key() of those on record
};

/// A step that was not on record.
struct NewStep {
  const ExpressStep* step = nullptr;  ///< of the effect
  std::string event_key;
  bool is_late = false;  ///< the parcel had got further before this callback
  bool is_told = false;  ///< it gets a row of notify_queue
};

struct ExpressDecision {
  EffectResult result = EffectResult::kNone;
  std::vector<NewStep> steps;                                ///< in the effect's order; empty unless it is applied
  std::map<std::string, ParcelState, std::less<>> waybills;  ///< those that change
};

/// Of several steps the newest counts; at the same time, the one that is further on the parcel's way. A time to come
/// counts as `now`: a carrier's wrong clock must not make everything late that follows.
ExpressDecision decide_express(const ExpressEffect& effect, const KnownParcels& known, UtcTime now);

/// What the next callback of the same transaction finds.
void remember(const ExpressDecision& decision, KnownParcels& known);

}  // namespace yizhan::store
