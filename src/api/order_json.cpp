#include "api/order_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/field_text.h"
#include "base/json_scan.h"

namespace yizhan::api {
namespace {

Result<void> set_field(const json::Member& member, store::PayOrder& order, bool& has_fee) {
  const std::string_view key = member.key;
  if (key == "out_trade_no") {
    return set_text_field(member, OrderLimits::kOutTradeNo, Empty::kRefused, order.out_trade_no);
  }
  if (key == "merchant") return set_text_field(member, OrderLimits::kMerchant, Empty::kAllowed, order.merchant);
  if (key == "description") {
    return set_text_field(member, OrderLimits::kDescription, Empty::kAllowed, order.description);
  }
  if (key == "user_id") return set_text_field(member, OrderLimits::kUserId, Empty::kAllowed, order.user_id);
  if (key == "currency") {
    if (member.value.kind == json::Kind::kNull) return {};
    return set_text_field(member, 3, Empty::kRefused, order.currency);
  }
  if (key == "total_fee") {
    const auto fee = json::read_integer(member.value);
    if (!fee) {
      return fail("field_invalid",
                  "'total_fee' must be a whole number, in the currency's smallest unit: 100 is 1.00 CNY");
    }
    order.total_fee = *fee;
    has_fee = true;
    return {};
  }
  return fail("field_unknown", fmt::format("there is no field '{}'; the fields are out_trade_no, total_fee, currency, "
                                           "merchant, description, user_id",
                                           key.substr(0, 64)));
}

bool is_currency(std::string_view text) {
  return text.size() == 3 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

Result<void> check_order(const store::PayOrder& order) {
  if (order.total_fee < 1 || order.total_fee > OrderLimits::kTotalFee) {
    return fail("field_invalid",
                fmt::format("'total_fee' is {}; it must be a whole number from 1 to {}, in the currency's "
                            "smallest unit",
                            order.total_fee, OrderLimits::kTotalFee));
  }
  if (!is_currency(order.currency)) {
    return fail("field_invalid",
                fmt::format("'currency' is '{}'; it must be three capital letters such as CNY", order.currency));
  }
  struct Text {
    std::string_view name, value;
    std::size_t limit;
  };
  for (const Text& text : {Text{"out_trade_no", order.out_trade_no, OrderLimits::kOutTradeNo},
                           Text{"merchant", order.merchant, OrderLimits::kMerchant},
                           Text{"description", order.description, OrderLimits::kDescription},
                           Text{"user_id", order.user_id, OrderLimits::kUserId}}) {
    if (text.value.size() > text.limit || has_control_character(text.value)) {
      return fail("field_invalid",
                  fmt::format("'{}' must have at most {} bytes and no control character", text.name, text.limit));
    }
  }
  return {};
}

Result<store::PayOrder> read_new_order(std::string_view body, UtcTime now) {
  store::PayOrder order;
  order.created_at = now;
  order.updated_at = now;
  bool has_fee = false;
  json::ObjectReader reader(body);
  while (true) {
    const auto member = reader.next();
    if (!member) return std::unexpected(member.error());
    if (!*member) break;
    if (auto set = set_field(**member, order, has_fee); !set) return std::unexpected(std::move(set.error()));
  }
  if (order.out_trade_no.empty()) return fail("field_missing", "'out_trade_no' is missing");
  if (!has_fee) return fail("field_missing", "'total_fee' is missing");
  if (auto checked = check_order(order); !checked) return std::unexpected(std::move(checked.error()));
  return order;
}

std::string_view order_state(int status) {
  switch (status) {
    case -1:
      return "closed";
    case 0:
      return "unpaid";
    case 1:
      return "paid";
    case 2:
      return "refunded_in_part";
    case 3:
      return "refunded";
    default:
      return "unknown";
  }
}

void write_order(JsonWriter& writer, const store::PayOrder& order) {
  writer.begin_object().text("out_trade_no", order.out_trade_no).number("status", order.status);
  writer.text("state", order_state(order.status)).number("total_fee", order.total_fee);
  writer.text("currency", order.currency).text_or_null("merchant", order.merchant);
  writer.text_or_null("description", order.description).text_or_null("user_id", order.user_id);
  writer.text_or_null("provider", order.provider).text_or_null("transaction_id", order.transaction_id);
  writer.number("refund_fee", order.refund_fee).time_or_null("paid_at", order.paid_at);
  writer.time("created_at", order.created_at).time("updated_at", order.updated_at).end_object();
}

}  // namespace yizhan::api
