// Group commit over two connections to one PostgreSQL: what dispatching writes does not wait for what callers write.
#include <chrono>
#include <future>

#include "contract_test.h"
#include "store/group_commit.h"

namespace yizhan::store::contract {
namespace {

constexpr Seconds kSoon{60};

class PostgresTwoWriters : public testing::Test {
 protected:
  /// Holds the thread that writes calls until the promise is set.
  std::promise<void> hold_calls() {
    std::promise<void> release;
    std::promise<void> held;
    commits_.run([&held, gate = release.get_future().share()](Store&) {
      held.set_value();
      gate.wait();
    });
    held.get_future().wait();
    return release;
  }

  Place place_{Engine::kPostgres};
  Node node_{place_.url()};
  GroupCommit commits_{
      value_of(node_.factory().open_writer()), [](auto done) { done(); }, {}, value_of(node_.factory().open_writer())};
};

TEST_F(PostgresTwoWriters, ResultsAreRecordedWhileCallsWait) {
  node_.now = utc_now();
  node_.accept(node_.event());
  std::promise<void> release = hold_calls();

  std::promise<std::vector<Accepted>> accepted;
  AcceptCall call;
  call.events.push_back(node_.event());
  commits_.accept(std::move(call), [&](Result<std::vector<Accepted>>&& answer, AcceptCall&&) {
    accepted.set_value(value_of(std::move(answer)));
  });

  std::promise<ClaimReply> claimed;
  commits_.claim({kEndpoint, 10, "token", kLongLease},
                 [&](Result<ClaimReply> answer) { claimed.set_value(value_of(std::move(answer))); });
  auto claim = claimed.get_future();
  ASSERT_EQ(claim.wait_for(kSoon), std::future_status::ready);
  const ClaimReply reply = claim.get();
  ASSERT_EQ(reply.events.size(), 1U);
  std::promise<RecordReply> recorded;
  commits_.record(node_.result(reply.events.front(), EventStatus::kDelivered),
                  [&](RecordReply answer) { recorded.set_value(answer); });
  auto record = recorded.get_future();
  ASSERT_EQ(record.wait_for(kSoon), std::future_status::ready);
  EXPECT_EQ(record.get(), RecordReply::kRecorded);

  auto stored = accepted.get_future();
  EXPECT_EQ(stored.wait_for(Seconds{0}), std::future_status::timeout) << "its writer is still held";
  release.set_value();
  EXPECT_EQ(stored.get().size(), 1U);
  const CommitCounters counters = commits_.counters();
  EXPECT_EQ(counters.events_claimed, 1U);
  EXPECT_EQ(counters.results_recorded, 1U);
  EXPECT_EQ(counters.events_accepted, 1U);
  EXPECT_GE(counters.commits, 3U);
  EXPECT_TRUE(commits_.healthy());
}

}  // namespace
}  // namespace yizhan::store::contract
