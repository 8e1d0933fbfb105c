// Orders and what payment notices make of them, inside the transaction that the caller began. What is decided is
// store/pay_effect.h's; here it is read and written.
#pragma once

#include <optional>

#include "store/inbound.h"
#include "store/sqlite/connection.h"

namespace yizhan::store::sqlite {

class PayOrders {
 public:
  static Result<PayOrders> open(Connection& connection);

  /// What an effect comes to; nothing is written.
  struct Decision {
    EffectResult result = EffectResult::kNone;
    std::optional<PayOrder> order;  ///< as it is to be written when the result is kApplied
    std::int64_t refunded = 0;      ///< by this effect
  };
  Result<Decision> decide(const Effect& effect, UtcTime now);
  /// Writes what was decided; for kApplied only.
  Result<void> write(const Decision& decision, const Effect& effect, UtcTime now);

 private:
  explicit PayOrders(Connection& connection) : connection_(&connection) {}
  Result<std::optional<PayOrder>> read(std::string_view out_trade_no);
  Result<std::optional<std::string>> counted_for(const RefundEffect& refund);

  Connection* connection_;
  Statement read_order_, read_refund_, write_order_, insert_refund_;
};

}  // namespace yizhan::store::sqlite
