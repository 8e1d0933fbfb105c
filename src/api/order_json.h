// Orders that payment notices pay, as the API and the commands read and show them.
//
//   {"out_trade_no": "T1", "total_fee": 100, "currency"?: "CNY", "merchant"?, "description"?, "user_id"?}
//
// Amounts are in the currency's smallest unit (fen).
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/json_writer.h"
#include "store/inbound.h"

namespace yizhan::api {

/// Texts of an order, in bytes, and its greatest amount.
struct OrderLimits {
  static constexpr std::size_t kOutTradeNo = 64;
  static constexpr std::size_t kMerchant = 64;
  static constexpr std::size_t kDescription = 256;
  static constexpr std::size_t kUserId = 128;
  static constexpr std::int64_t kTotalFee = 100'000'000'000'000;
};

/// Whether it can be stored. Code `field_invalid`; the message names the field.
Result<void> check_order(const store::PayOrder& order);

/// Codes `json_invalid`, `field_missing`, `field_unknown`, `field_invalid`. Unknown fields are refused, so that a
/// misspelt one is noticed.
Result<store::PayOrder> read_new_order(std::string_view body, UtcTime now);

/// `closed`, `unpaid`, `paid`, `refunded_in_part`, `refunded`; `unknown` for a status set by hand.
std::string_view order_state(int status);

/// One object.
void write_order(JsonWriter& writer, const store::PayOrder& order);

}  // namespace yizhan::api
