// The body of POST /api/v1/events, read: one event or an array of them.
//
//   {"platform": "sub2api", "event_type": "order.paid", "payload": any JSON value,
//    "callback_target"?, "idempotency_key"?, "not_before"? (RFC 3339), "correlation"?, "order_key"?}
//
// The payload is kept as the bytes it was written in. Unknown fields are refused, so that a misspelt one is noticed.
#pragma once

#include <string_view>

#include "base/error.h"
#include "base/ids.h"
#include "store/store.h"

namespace yizhan::api {

inline constexpr std::size_t kMostEvents = 1000;

/// Texts of an event, in bytes.
struct EventLimits {
  static constexpr std::size_t kPlatform = 64;
  static constexpr std::size_t kEventType = 128;
  static constexpr std::size_t kCallbackTarget = 2048;
  static constexpr std::size_t kIdempotencyKey = 255;
  static constexpr std::size_t kCorrelation = 256;
  static constexpr std::size_t kOrderKey = 255;
};

struct NewEvents {
  store::AcceptCall call;
  bool array = false;  ///< answered by an array, too
};

/// What comes in by header fields; empty when absent.
struct EventHeaders {
  std::string_view idempotency_key;  ///< for a single event only
  std::string_view traceparent;      ///< ignored unless it is one (W3C Trace Context), as its specification asks
};

/// Codes `json_invalid`, `field_missing`, `field_unknown`, `field_invalid`, `too_many_events`, `no_events`. For an
/// array the message names the event by its index.
Result<NewEvents> read_new_events(std::string_view body, const EventHeaders& headers, IdMaker& ids, UtcTime now);

}  // namespace yizhan::api
