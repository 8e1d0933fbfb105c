// Parcels and what carriers' callbacks make of them, inside the transaction that the caller began. What is decided is
// store/express_effect.h's; here it is read and written.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "store/express_effect.h"
#include "store/sqlite/connection.h"

namespace yizhan::store::sqlite {

class ExpressWaybills {
 public:
  static Result<ExpressWaybills> open(Connection& connection);

  /// What an effect comes to; nothing is written.
  Result<ExpressDecision> decide(const ExpressEffect& effect, UtcTime now);
  /// Writes what was decided: tracking events, notify_queue, waybills.
  Result<void> write(const ExpressDecision& decision, std::int64_t callback_id, UtcTime now);

 private:
  explicit ExpressWaybills(Connection& connection) : connection_(&connection) {}
  Result<void> read(const std::string& tracking_no, KnownParcels& known);
  Result<bool> is_stored(std::string_view tracking_no, std::string_view key);
  Result<void> insert(const NewStep& added, std::int64_t callback_id, UtcTime now);

  Connection* connection_;
  IdMaker ids_;
  Statement read_waybill_, find_step_, insert_step_, insert_notify_, write_waybill_;
};

}  // namespace yizhan::store::sqlite
