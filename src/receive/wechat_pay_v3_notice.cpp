#include <array>
#include <initializer_list>
#include <utility>

#include "base/json_writer.h"
#include "receive/callback_keys.h"
#include "receive/json_field.h"
#include "receive/payment_event.h"
#include "receive/verify_request.h"
#include "receive/wechat_pay_notice.h"

namespace yizhan::receive {
namespace {

constexpr std::size_t kMostSubOrders = 50;  // WeChat Pay's own limit

/// The notice as it came, with `resource` in clear. Everything else stays byte for byte.
Result<std::string> with_clear_resource(std::string_view notice, std::string_view resource) {
  JsonWriter writer;
  writer.begin_object();
  json::ObjectReader members(notice);
  while (true) {
    const auto member = members.next();
    if (!member) return std::unexpected(member.error());
    if (!*member) break;
    writer.raw((*member)->key, (*member)->key == "resource" ? resource : (*member)->value.text);
  }
  std::string out = writer.end_object().take();
  // Each was checked for itself; together they may be nested too deep.
  if (auto whole = json::read_document(out); !whole) return std::unexpected(std::move(whole.error()));
  return out;
}

/// Direct merchants are `mchid`; a partner's notices have its own `sp_mchid` beside the `sub_mchid` that was paid, and
/// a combined order's the one that combined it.
std::string first_of(FieldReader& read, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (read.has(name)) return read.optional_identifier(name);
  }
  return {};
}

store::PaymentEffect read_payment(FieldReader& resource, std::string merchant) {
  std::string currency = resource.optional_identifier("amount.currency");
  return {.out_trade_no = resource.identifier("out_trade_no"),
          .transaction_id = resource.identifier("transaction_id"),
          .provider = std::string(kWechatPayProvider),
          .merchant = std::move(merchant),
          .total_fee = resource.fen("amount.total"),
          .currency = currency.empty() ? "CNY" : std::move(currency),
          .paid_at = resource.time("success_time")};
}

store::RefundEffect read_refund(FieldReader& resource, std::string merchant) {
  return {.out_trade_no = resource.identifier("out_trade_no"),
          .out_refund_no = resource.identifier("out_refund_no"),
          .provider = std::string(kWechatPayProvider),
          .merchant = std::move(merchant),
          .refund_fee = resource.fen("amount.refund")};
}

RefundDetails read_refund_details(FieldReader& resource) {
  RefundDetails details{.transaction_id = resource.identifier("transaction_id"),
                        .refund_no = resource.identifier("refund_id")};
  std::string currency = resource.optional_identifier("amount.currency");
  if (!currency.empty()) details.currency = std::move(currency);
  if (resource.has("success_time")) details.refunded_at = resource.time("success_time");
  return details;
}

/// Several orders paid at once: each can be found by its number.
void add_sub_order_keys(Notice& notice, std::string_view resource) {
  const auto orders = find_field({"sub_orders"}, resource);
  if (!orders || orders->kind != json::Kind::kArray) return;
  json::ArrayReader elements(orders->text);
  for (std::size_t i = 0; i < kMostSubOrders; ++i) {
    const auto order = elements.next();
    if (!order || !*order) return;
    FieldReader read(**order);
    add_key(notice, "out_trade_no", read.optional_identifier("out_trade_no"));
    add_key(notice, "transaction_id", read.optional_identifier("transaction_id"));
  }
}

void add_resource_keys(Notice& notice, FieldReader& resource) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kKeys{{
      {"transaction_id", "transaction_id"},
      {"out_trade_no", "out_trade_no"},
      {"out_trade_no", "combine_out_trade_no"},
      {"refund_no", "out_refund_no"},
      {"refund_no", "refund_id"},
  }};
  for (const auto& [name, field] : kKeys) add_key(notice, name, resource.optional_identifier(field));
}

}  // namespace

Result<Notice> read_wechat_pay_v3(const verify::WechatPayV3& keys, const WechatPayMerchant& merchant,
                                  const Request& request, Seconds tolerance) {
  if (auto good = verify_request(keys, request, tolerance); !good) return std::unexpected(std::move(good.error()));
  const std::string_view body = request.http.body;
  const auto document = json::read_document(body);
  if (!document) return std::unexpected(document.error());
  FieldReader outer(*document);
  Notice notice;
  const std::string id = outer.identifier("id");
  notice.event_type = outer.identifier("event_type");
  if (outer.failed()) return outer.error();

  const auto encrypted = verify::read_wechat_pay_v3_resource(body);
  if (!encrypted) return std::unexpected(encrypted.error());
  const auto clear = keys.decrypt(*encrypted);
  if (!clear) return std::unexpected(clear.error());
  const auto resource = json::read_document(*clear);
  if (!resource) return std::unexpected(resource.error());
  auto clear_body = with_clear_resource(body, *clear);
  if (!clear_body) return std::unexpected(std::move(clear_body.error()));

  FieldReader inner(*resource);
  std::string named_merchant = first_of(inner, {"mchid", "sp_mchid", "combine_mchid"});
  const std::string app_id = first_of(inner, {"appid", "sp_appid", "combine_appid"});
  // Other notices than payments' and refunds' need not name a merchant; that they decrypt with its key says as much.
  const bool is_payment = notice.event_type == "TRANSACTION.SUCCESS";
  const bool is_refund = notice.event_type == "REFUND.SUCCESS";
  if (is_payment || is_refund || !named_merchant.empty()) {
    if (auto good = merchant.check(named_merchant, app_id); !good) return std::unexpected(std::move(good.error()));
  }
  std::string paid = first_of(inner, {"sub_mchid"});
  if (paid.empty()) paid = std::move(named_merchant);

  notice.idempotency_key = idempotency_key({id});
  add_resource_keys(notice, inner);
  notice.result_code = first_of(inner, {"trade_state", "refund_status"});
  if (is_payment && inner.has("combine_out_trade_no")) {
    notice.reason = "combined_order_without_effect";
    add_sub_order_keys(notice, resource->text);
    notice.clear_body = *std::move(clear_body);
  } else if (is_payment && notice.result_code == "SUCCESS") {
    set_payment(notice, read_payment(inner, std::move(paid)), *std::move(clear_body));
  } else if (is_refund && notice.result_code == "SUCCESS") {
    const auto refund = read_refund(inner, std::move(paid));
    set_refund(notice, refund, read_refund_details(inner), *std::move(clear_body));
  } else {
    notice.clear_body = *std::move(clear_body);
  }
  if (inner.failed()) return inner.error();
  add_key(notice, kWechatPayV3Key, id);
  return notice;
}

}  // namespace yizhan::receive
