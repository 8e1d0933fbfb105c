#include "receive/callback_log.h"

#include <array>
#include <boost/container/static_vector.hpp>
#include <chrono>
#include <string_view>

#include "base/log.h"

namespace yizhan::receive {
namespace {

struct KeyMember {
  std::string_view key;
  std::string_view member;
};
constexpr std::array<KeyMember, 7> kKeyMembers{{
    {"transaction_id", "transactionId"},
    {"out_trade_no", "outTradeNo"},
    {"refund_no", "refundNo"},
    {"tracking_no", "trackingNo"},
    {"message_id", "messageId"},
    {"delivery_id", "deliveryId"},
    {"notify_id", "notifyId"},
}};
constexpr std::size_t kMostFields = kKeyMembers.size() + 13;

}  // namespace

void log_callback(const CallbackLine& line) {
  if (!log::enabled(log::Level::kInfo)) return;
  boost::container::static_vector<log::Field, kMostFields> fields;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) fields.emplace_back(name, value);
  };
  add("source", line.source);
  add("eventType", line.event_type);
  for (const KeyMember& known : kKeyMembers) {
    if (line.keys == nullptr) break;
    for (const store::CallbackKey& key : *line.keys) {
      if (key.name != known.key) continue;
      add(known.member, key.value);
      break;
    }
  }
  add("resultCode", line.result_code);
  add("status", line.status);
  add("reason", line.reason);
  if (line.callback_id != 0) fields.emplace_back("callbackId", line.callback_id);
  add("effect", line.effect);
  add("peer", line.peer);
  add("traceId", line.trace_id);
  fields.emplace_back("durationMs", std::chrono::duration<double, std::milli>(line.duration).count());
  fields.emplace_back("bodyBytes", line.body_bytes);
  std::array<char, kRfc3339Length> timestamp;
  write_rfc3339(line.received_at, timestamp.data());
  fields.emplace_back("timestamp", std::string_view(timestamp.data(), timestamp.size()));
  log::write(log::Level::kInfo, "callback", std::span<const log::Field>(fields.data(), fields.size()));
}

}  // namespace yizhan::receive
