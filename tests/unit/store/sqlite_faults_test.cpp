// Disks that fail: faults 7 and 8.
#include "faulty_disk.h"
#include "sqlite_fixture.h"

namespace yizhan::store {
namespace {

class SqliteFaults : public SqliteFixture {
 protected:
  void SetUp() override { open(); }
  void TearDown() override {
    store_.reset();
    factory_.reset();
  }

  Result<WriteReply> try_accept(const NewEvent& event) {
    WriteBatch batch;
    batch.now = now_;
    batch.accepts.emplace_back().events.push_back(event);
    return store_->write(batch);
  }

  FaultyDisk disk_;
};

TEST_F(SqliteFaults, AFullDiskRefusesChangesNothingAndRecoversByItself) {
  const Accepted before = accept(new_event());
  disk_.set_full(true);
  const auto refused = try_accept(new_event(std::string(100000, 'x')));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "store_unavailable");
  EXPECT_EQ(find(before.id).status, EventStatus::kPending) << "reads go on";
  disk_.set_full(false);
  EXPECT_EQ(claim().events.size(), 1u) << "nothing of the refused batch is there, and the lease of nobody";
  accept(new_event());
  EXPECT_EQ(*store_->count({}), 2);
}

// The minute's row was in the refused transaction: the next one has to write it again.
TEST_F(SqliteFaults, WhatIsStoredAfterARefusalIsFoundByItsTime) {
  disk_.set_full(true);
  ASSERT_FALSE(try_accept(new_event()));
  disk_.set_full(false);
  accept(new_event());
  Selection selection;
  selection.created_from = now_ - Seconds{1};
  selection.created_until = now_ + Seconds{1};
  EXPECT_EQ(*store_->count(selection), 1);
}

// 31 pages, with their headers, are one write; SQLite makes two for each page.
TEST_F(SqliteFaults, TheLogIsWrittenInLargePieces) {
  accept(new_event());
  const int before = disk_.log_writes();
  accept(new_event(std::string(100 * 4096, 'x')));
  const int written = disk_.log_writes() - before;
  EXPECT_GE(written, 4);
  EXPECT_LE(written, 5);
}

TEST_F(SqliteFaults, AFailedSyncIsSettledBeforeItIsAnswered) {
  // Other connections keep the file open: what the failed commit wrote is not seen by them, and not after reopening.
  auto reader = factory_->open_reader();
  ASSERT_TRUE(reader);
  ASSERT_TRUE((*reader)->ping());
  disk_.fail_log_syncs(1);
  const NewEvent event = new_event();
  const auto answer = try_accept(event);
  EXPECT_EQ(disk_.failed_syncs(), 1);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "store_unavailable");
  EXPECT_EQ(*store_->count({}), 0);
  EXPECT_EQ(accept(event).status, EventStatus::kPending) << "the sender's retry is stored once";
  EXPECT_EQ(*(*reader)->count({}), 1);
  EXPECT_TRUE(broken_events().empty());
}

TEST_F(SqliteFaults, ACommitThatIsFoundAfterReopeningIsMadeDurableAndAnsweredAsStored) {
  // The only connection: when it is opened again the log is read, and the commit is in it.
  disk_.fail_log_syncs(1);
  NewEvent event = new_event();
  event.lease_token = "mine";
  event.lease = Seconds{30};
  const auto answer = try_accept(event);
  EXPECT_EQ(disk_.failed_syncs(), 1);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*store_->count({}), 1);
  EXPECT_TRUE(answer->accepts[0]->front().leased);
  EXPECT_EQ(record(answer->accepts[0]->front().sequence, "mine", EventStatus::kDelivered), RecordReply::kRecorded);
}

TEST_F(SqliteFaults, AResultIsSettledByItsAttempt) {
  const Accepted accepted = accept(new_event());
  const std::string held_by = claim(1).events.at(0).lease_token;
  disk_.fail_log_syncs(1);
  EXPECT_EQ(record(accepted.sequence, held_by, EventStatus::kDelivered), RecordReply::kRecorded);
  EXPECT_EQ(disk_.failed_syncs(), 1);
  EXPECT_EQ(find(accepted.id).attempt_count, 1);
  EXPECT_TRUE(broken_events().empty());
}

TEST_F(SqliteFaults, ACallbackIsSettledByItsRow) {
  WriteBatch batch;
  batch.now = now_;
  ReceiveCall& call = batch.receives.emplace_back();
  call.callback.source = "shop";
  call.callback.idempotency_key = "k";
  call.callback.received_at = now_;
  disk_.fail_log_syncs(1);
  const auto answer = store_->write(batch);
  EXPECT_EQ(disk_.failed_syncs(), 1);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->receives.at(0)->verdict, Verdict::kAccepted);
  EXPECT_TRUE(*store_->find_callback(answer->receives[0]->callback_id, false));
  const auto again = store_->write(batch);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->receives.at(0)->first_id, answer->receives[0]->callback_id);
}

TEST_F(SqliteFaults, ACallbackWhoseCommitIsLostIsNotAnsweredAsStored) {
  auto reader = factory_->open_reader();
  ASSERT_TRUE(reader);
  ASSERT_TRUE((*reader)->ping());
  WriteBatch batch;
  batch.now = now_;
  ReceiveCall& call = batch.receives.emplace_back();
  call.callback.source = "shop";
  call.callback.idempotency_key = "k";
  call.callback.received_at = now_;
  disk_.fail_log_syncs(1);
  const auto answer = store_->write(batch);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "store_unavailable");
  const auto again = store_->write(batch);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->receives.at(0)->verdict, Verdict::kAccepted) << "the sender's retry is the first";
}

TEST_F(SqliteFaults, ADiskThatStaysAwayLeavesTheOutcomeOpenAndComesBack) {
  const Accepted first = accept(new_event());
  disk_.fail_log_syncs(1);
  disk_.set_gone(true);
  const auto answer = try_accept(new_event());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "commit_outcome_unknown");
  EXPECT_EQ(store_->ping().error().code, "store_unavailable");
  disk_.set_gone(false);
  EXPECT_TRUE(store_->ping());
  EXPECT_EQ(find(first.id).status, EventStatus::kPending);
  accept(new_event());
}

}  // namespace
}  // namespace yizhan::store
