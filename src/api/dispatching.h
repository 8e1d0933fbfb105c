// What the API asks of whoever delivers events, for operators to look at and to act on. The app gives it an
// implementation that stands on the dispatcher; api and dispatch never include each other. How new events get there:
// store/intake.h.
//
// Every call is made on the I/O thread and must not block.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/histogram.h"
#include "domain/breaker.h"
#include "store/store.h"

namespace yizhan::api {

/// One endpoint as the dispatcher sees it.
struct EndpointState {
  using Breaker = yizhan::Breaker::State;

  std::int64_t key = 0;  ///< stable_key() as the store has it
  std::string platform;
  std::string url;  ///< without its query
  Breaker breaker = Breaker::kClosed;
  std::optional<UtcTime> paused_until;  ///< the breaker, a Retry-After or the rate holds it back until then
  std::size_t in_flight = 0;            ///< attempts being made
  std::size_t queued = 0;               ///< claimed and waiting in memory
  int failures_in_row = 0;
  std::string last_error;  ///< of its last failed attempt; empty after a success
  bool disabled = false;
  std::string disabled_reason;
  std::optional<UtcTime> disabled_at;
  std::optional<UtcTime> oldest_due_at;  ///< of the events that wait, in memory or as known of the store; may be later
};

/// What came of one platform's attempts since this process started; for /metrics.
struct DeliveryCounters {
  std::string platform;
  std::uint64_t delivered = 0;
  std::uint64_t dead_letters = 0;
  std::array<std::uint64_t, kErrorClassCount> attempts_by_class{};  ///< indexed by ErrorClass; kNone are the successes
  LagHistogram lag{};                                               ///< from accepted to delivered
};

/// The dispatcher's side of what operators look at and do.
class Dispatching {
 public:
  virtual ~Dispatching() = default;

  /// The endpoints that it knows at this moment, in any order.
  virtual std::vector<EndpointState> endpoints() const = 0;

  /// By platform; none where nothing is dispatched.
  virtual std::vector<DeliveryCounters> delivery_counters() const { return {}; }

  /// An operator enabled this endpoint; the store has it already. It is tried again at once, its breaker closed.
  virtual void endpoint_enabled(std::int64_t endpoint_key) = 0;

  /// Events were set back to pending or given up in the store: look at once at what is due there.
  virtual void store_changed() = 0;
};

}  // namespace yizhan::api
