// What the store should be: every event with its state, in memory, changed by the same deeds. Small enough to be
// believed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace yizhan::store::contract {

struct ModelEvent {
  std::int64_t sequence = 0;
  std::int64_t endpoint_key = 0;
  std::string order_key;
  std::string idempotency_key;
  std::string payload;
  EventStatus status = EventStatus::kPending;
  int attempt_count = 0;
  int attempts_made = 0;
  int run_start = 0;
  UtcTime due{};
  bool held = false;
  std::string lease_token;   ///< empty: nobody has it
  bool lease_ended = false;  ///< it may be claimed, and its token still counts until it is
};

class Model {
 public:
  std::map<std::string, ModelEvent> events;  ///< by id

  /// The id of the event that was stored under the key; empty when there is none.
  std::string id_of_key(const std::string& key) const;
  /// What a claim may take.
  std::vector<std::string> claimable(std::int64_t endpoint_key, UtcTime now) const;
  /// What a replay or discard takes, oldest first.
  std::vector<std::string> in_status(std::initializer_list<EventStatus> statuses, std::size_t limit) const;

  /// Stored; answers whether the caller holds it.
  bool accept(const NewEvent& event, std::int64_t sequence, UtcTime now);
  bool record(const AttemptRecord& record);
  void release(const Release& release);
  void reopen(const std::string& id, EventStatus status, UtcTime due);
  void close(const std::string& id, EventStatus status);
  void remove(const std::string& id);

 private:
  /// At most one event of an order key is not held: the oldest open one, unless a younger one is in flight.
  void settle(const std::string& order_key);
};

}  // namespace yizhan::store::contract
