// The log line of a callback: one for each, with every field that an operator filters on.
//
//   {"time":…,"level":"info","event":"callback","source":"wxpay-main","eventType":"TRANSACTION.SUCCESS",
//    "transactionId":…,"outTradeNo":…,"resultCode":"SUCCESS","status":"accepted","callbackId":17,"effect":"applied",
//    "peer":"203.0.113.9","durationMs":1.204,"bodyBytes":612,"timestamp":…}
//
// Members without a value are left out. Values are escaped, so that nothing that was received can forge a line; bodies,
// headers and secrets are never in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/inbound.h"

namespace yizhan::receive {

struct CallbackLine {
  std::string_view source{};
  std::string_view event_type{};
  const std::vector<store::CallbackKey>* keys = nullptr;  ///< of several with one name the first is logged
  std::string_view result_code{};
  std::string_view status{};  ///< `accepted`, `duplicate`, `rejected`, `unavailable`
  std::string_view reason{};
  std::int64_t callback_id = 0;  ///< 0: not on record
  std::string_view effect{};
  std::string_view peer{};
  std::string_view trace_id{};
  SteadyTime::duration duration{};  ///< from the last byte to the answer
  std::size_t body_bytes = 0;
  UtcTime received_at{};
};

void log_callback(const CallbackLine& line);

}  // namespace yizhan::receive
