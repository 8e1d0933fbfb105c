// What the tests of the contract share: a writer on a fresh store, events to hand over, and words for what is done to
// them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "engine.h"
#include "store/store.h"

namespace yizhan::store::contract {

inline constexpr std::int64_t kEndpoint = 4711;
inline constexpr Milliseconds kLongLease{3'600'000};
/// A lease that has ended as soon as it is committed.
inline constexpr Milliseconds kEndedLease{0};

/// The value of a result; an error fails the test with its sentence.
template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(std::string(result.error().code) + ": " + result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// The code of a result's error; `ok` when it has none.
template <class T>
std::string_view code_of(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

/// A store, and what a dispatcher, an API and an operator do with it. Times are this object's `now`, which tests move.
class Node {
 public:
  explicit Node(const std::string& url);

  Store& store() { return *store_; }
  StoreFactory& factory() { return *factory_; }
  /// An operator's shell beside it.
  Store& shell();
  /// Gives the writer up and opens another, as a restart would.
  void reopen();

  /// An event of platform `crm`, due now, for kEndpoint, with a fresh id.
  NewEvent event();
  NewEvent ordered_event(std::string order_key);
  NewEvent keyed_event(std::string idempotency_key, std::string payload);

  Result<std::vector<Accepted>> try_accept(std::vector<NewEvent> events);
  std::vector<Accepted> accept(std::vector<NewEvent> events);
  Accepted accept(NewEvent event);
  /// Many that are delivered, of platform `erp` and type `a.b`, written straight into the tables. Their numbers are
  /// taken from nowhere: nothing can be accepted after them.
  void accept_delivered(std::int64_t events);
  WriteReply write(const WriteBatch& batch);

  ClaimReply claim_reply(std::int64_t endpoint_key = kEndpoint, int limit = 100, Milliseconds lease = kLongLease);
  std::vector<ClaimedEvent> claim(std::int64_t endpoint_key = kEndpoint, int limit = 100,
                                  Milliseconds lease = kLongLease);
  /// The one event that is due; fails the test unless there is exactly one.
  ClaimedEvent claim_one(Milliseconds lease = kLongLease);

  AttemptRecord result(const ClaimedEvent& claimed, EventStatus next_status);
  RecordReply record(const AttemptRecord& record);
  RecordReply deliver(const ClaimedEvent& claimed);
  RecordReply retry(const ClaimedEvent& claimed, Milliseconds after);
  RecordReply bury(const ClaimedEvent& claimed);
  void release(Release release);

  EventView view(std::string_view id, bool with_payload = false);
  EventStatus status(std::string_view id);
  std::int64_t count(std::vector<EventStatus> statuses);
  /// The total of the ledger; fails the test unless it sums up.
  LedgerLine ledger();

  /// Statements as an operator types them; answers the last one's result.
  SqlResult sql(std::string_view text);

  UtcTime now = *parse_time("2026-01-05T08:00:00Z");

 private:
  std::string url_;
  std::unique_ptr<StoreFactory> factory_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<StoreFactory> shell_factory_;
  std::unique_ptr<Store> shell_;
  IdMaker ids_;
};

std::vector<std::string> ids_of(const std::vector<ClaimedEvent>& claimed);

class Contract : public testing::TestWithParam<Engine> {
 protected:
  Place place_{GetParam()};
  Node node_{place_.url()};
};

/// The suite on both engines.
#define YIZHAN_ON_EVERY_ENGINE(Suite)                                                           \
  INSTANTIATE_TEST_SUITE_P(Engines, Suite, testing::Values(Engine::kSqlite, Engine::kPostgres), \
                           [](const testing::TestParamInfo<Engine>& test) { return name_of(test.param); })

}  // namespace yizhan::store::contract
