#include "store/postgres/accept_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "store/postgres/text.h"
#include "store/receiving.h"

namespace yizhan::store::postgres {
namespace {

/// Of a valid UTF-8 text: every byte but the continuations begins a character.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }));
}

std::optional<Error> refuse(std::string_view field, std::string_view problem) {
  return Error{"value_refused", fmt::format("{} {}", field, problem)};
}

std::optional<Error> check_length(std::string_view field, std::size_t length, std::size_t least, std::size_t most,
                                  std::string_view unit) {
  if (length >= least && length <= most) return std::nullopt;
  return refuse(field, fmt::format("has {} {}; {} to {} are allowed", length, unit, least, most));
}

std::optional<Error> refusal(const NewEvent& handed) {
  const Event& event = handed.event;
  const std::string_view key = handed.idempotency_key ? std::string_view(*handed.idempotency_key) : "-";
  const std::pair<std::string_view, std::string_view> texts[] = {{"id", event.id},
                                                                 {"platform", event.platform},
                                                                 {"event_type", event.event_type},
                                                                 {"callback_target", event.callback_target},
                                                                 {"correlation", event.correlation},
                                                                 {"order_key", event.order_key},
                                                                 {"traceparent", event.traceparent},
                                                                 {"idempotency_key", key},
                                                                 {"lease_token", handed.lease_token}};
  for (const auto& [field, text] : texts) {
    if (!is_storable(text)) return refuse(field, "is not UTF-8, or holds a NUL; only the payload may hold raw bytes");
  }
  if (auto error = check_length("id", characters(event.id), 1, 64, "characters")) return error;
  if (auto error = check_length("platform", characters(event.platform), 1, 64, "characters")) return error;
  if (auto error = check_length("event_type", characters(event.event_type), 1, 128, "characters")) return error;
  if (auto error = check_length("correlation", event.correlation.size(), 0, 256, "bytes")) return error;
  if (auto error = check_length("order_key", event.order_key.size(), 0, 255, "bytes")) return error;
  if (auto error = check_length("idempotency_key", key.size(), 1, 255, "bytes")) return error;
  return check_length("lease_token", characters(handed.lease_token), 0, 64, "characters");
}

}  // namespace

std::optional<Error> refusal(const ReceiveCall& call) {
  if (auto error = record_refusal(call)) return error;
  if (!is_storable(call.callback.source)) return refuse("source", "is not UTF-8, or holds a NUL");
  if (call.rejected) return std::nullopt;
  std::vector<std::pair<std::string_view, std::string_view>> texts{{"idempotency_key", call.callback.idempotency_key}};
  if (const auto* payment = std::get_if<PaymentEffect>(&call.effect)) {
    texts.insert(texts.end(), {{"out_trade_no", payment->out_trade_no},
                               {"transaction_id", payment->transaction_id},
                               {"provider", payment->provider}});
  } else if (const auto* refund = std::get_if<RefundEffect>(&call.effect)) {
    texts.insert(texts.end(), {{"out_trade_no", refund->out_trade_no},
                               {"out_refund_no", refund->out_refund_no},
                               {"provider", refund->provider}});
  }
  if (const auto* express = std::get_if<ExpressEffect>(&call.effect)) {
    for (const ExpressStep& step : express->steps) {
      texts.insert(texts.end(),
                   {{"tracking_no", step.tracking_no}, {"status_code", step.status_code}, {"event_id", step.event_id}});
    }
  }
  for (const auto& [field, text] : texts) {
    if (!is_storable(text)) return refuse(field, "is not UTF-8, or holds a NUL");
  }
  for (const auto* events : {&call.effect_events, &call.events}) {
    for (const NewEvent& event : *events) {
      if (auto error = refusal(event)) return error;
    }
  }
  return std::nullopt;
}

std::optional<Error> refusal(const AcceptCall& call) {
  for (const NewEvent& event : call.events) {
    if (auto error = refusal(event)) return error;
  }
  return std::nullopt;
}

}  // namespace yizhan::store::postgres
