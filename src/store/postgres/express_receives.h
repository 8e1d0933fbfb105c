// What carriers' callbacks of a batch make of parcels: the middle of Receives (receives.h), which calls the parts of
// this in order. Waybills are locked first, so that whoever waits for another node's callback sees its steps as well.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "store/express_effect.h"
#include "store/postgres/connection.h"

namespace yizhan::store::postgres {

class ExpressReceives {
 public:
  explicit ExpressReceives(Connection& connection) : connection_(connection) {}

  /// Of a callback that may be new; it outlives this.
  void want(const ExpressEffect& effect);
  /// Locks the waybills of what was wanted, and asks which steps are stored.
  void send_look_ups();
  /// Once that is answered. Nothing is kept of it.
  ExpressDecision decide(const ExpressEffect& effect, UtcTime now) const { return decide_express(effect, known_, now); }
  /// Will be written, and the next callback sees it.
  void keep(ExpressDecision decision, std::int64_t callback_id);
  void send_rows(UtcTime now);

 private:
  struct Row {
    NewStep added;
    std::int64_t callback_id;
  };

  void send_steps(std::span<const Row> rows, UtcTime now);
  void send_waybills(UtcTime now);

  Connection& connection_;
  std::set<std::string_view> tracking_numbers_;
  std::vector<std::pair<std::string_view, std::string>> wanted_;  // tracking number and event key, as asked for
  KnownParcels known_;
  std::vector<Row> rows_;
  std::set<std::string, std::less<>> changed_waybills_;
  std::optional<IdMaker> ids_;  // seeded when it is needed
};

}  // namespace yizhan::store::postgres
