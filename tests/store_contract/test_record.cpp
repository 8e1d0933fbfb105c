// Recording what came of attempts: by the holder of the lease only, each attempt on record, all or nothing.
#include "actor.h"
#include "contract_test.h"

namespace yizhan::store::contract {
namespace {

using std::string_literals::operator""s;

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Recording : public Contract {
 protected:
  std::vector<AttemptView> attempts(std::string_view id) { return value_of(node_.store().attempts(id, 100)); }
};

TEST_P(Recording, ADelivery) {
  const Accepted accepted = node_.accept(node_.event());
  const ClaimedEvent claimed = node_.claim_one();
  node_.now += Seconds{1};
  EXPECT_EQ(node_.deliver(claimed), RecordReply::kRecorded);
  const EventView view = node_.view(accepted.id);
  EXPECT_EQ(view.status, EventStatus::kDelivered);
  EXPECT_EQ(view.attempt_count, 1);
  EXPECT_EQ(view.next_attempt_at, std::nullopt);
  EXPECT_EQ(view.last_error, "");
  EXPECT_EQ(view.updated_at, node_.now);
  EXPECT_EQ(view.lease_expires_at, std::nullopt);
  ASSERT_THAT(attempts(accepted.id), SizeIs(1));
  const AttemptView attempt = attempts(accepted.id).at(0);
  EXPECT_EQ(attempt.event_id, accepted.id);
  EXPECT_EQ(attempt.attempt_no, 1);
  EXPECT_EQ(attempt.response_status, 200);
  EXPECT_EQ(attempt.error_class, "");
  EXPECT_EQ(attempt.error_message, "");
  EXPECT_EQ(attempt.duration_ms, 12);
  EXPECT_EQ(attempt.response_body, "ok");
  EXPECT_EQ(attempt.created_at, node_.now - Milliseconds{12});
  EXPECT_THAT(node_.claim(), IsEmpty());
}

TEST_P(Recording, ARetry) {
  const Accepted accepted = node_.accept(node_.event());
  EXPECT_EQ(node_.retry(node_.claim_one(), Seconds{10}), RecordReply::kRecorded);
  const EventView view = node_.view(accepted.id);
  EXPECT_EQ(view.status, EventStatus::kRetrying);
  EXPECT_EQ(view.attempt_count, 1);
  EXPECT_EQ(view.next_attempt_at, node_.now + Seconds{10});
  EXPECT_EQ(view.last_error, "the platform answered 503");
  EXPECT_EQ(view.lease_expires_at, std::nullopt);
  EXPECT_EQ(attempts(accepted.id).at(0).error_class, "http_5xx");
  EXPECT_THAT(node_.claim(), IsEmpty());
  node_.now += Seconds{10};
  const ClaimedEvent again = node_.claim_one();
  EXPECT_EQ(again.status, EventStatus::kRetrying);
  EXPECT_EQ(again.attempt_count, 1);
  EXPECT_EQ(again.tries_in_run, 1);
  node_.retry(again, Milliseconds{0});
  EXPECT_EQ(node_.claim_one().tries_in_run, 2);
}

TEST_P(Recording, ADeadLetter) {
  const Accepted accepted = node_.accept(node_.event());
  node_.retry(node_.claim_one(), Milliseconds{0});
  EXPECT_EQ(node_.bury(node_.claim_one()), RecordReply::kRecorded);
  const EventView view = node_.view(accepted.id);
  EXPECT_EQ(view.status, EventStatus::kDeadLetter);
  EXPECT_EQ(view.attempt_count, 2);
  EXPECT_EQ(view.next_attempt_at, std::nullopt);
  EXPECT_EQ(view.last_error, "the platform answered 503");
  const auto letters = value_of(node_.store().list_dead_letters({}, {})).rows;
  ASSERT_THAT(letters, SizeIs(1));
  EXPECT_EQ(letters[0].event_id, accepted.id);
  EXPECT_EQ(letters[0].platform, "crm");
  EXPECT_EQ(letters[0].event_type, "order.paid");
  EXPECT_EQ(letters[0].callback_target, "https://crm.example/callback");
  EXPECT_EQ(letters[0].attempt_count, 2);
  EXPECT_EQ(letters[0].error_class, "http_5xx");
  EXPECT_EQ(letters[0].final_error, "the platform answered 503");
  EXPECT_EQ(letters[0].created_at, node_.now);
  EXPECT_THAT(attempts(accepted.id), SizeIs(2));
  EXPECT_THAT(node_.claim(), IsEmpty());
}

TEST_P(Recording, RefusesTheLateResultOfWhoLostTheLease) {  // fault 16
  const Accepted accepted = node_.accept(node_.event());
  const ClaimedEvent late = node_.claim_one(kEndedLease);
  const ClaimedEvent current = node_.claim_one();
  EXPECT_EQ(node_.bury(late), RecordReply::kLeaseLost);
  EXPECT_EQ(node_.deliver(late), RecordReply::kLeaseLost);
  EXPECT_EQ(node_.retry(late, Seconds{1}), RecordReply::kLeaseLost);
  EXPECT_EQ(node_.status(accepted.id), EventStatus::kPending);
  EXPECT_THAT(attempts(accepted.id), IsEmpty());
  EXPECT_EQ(node_.deliver(current), RecordReply::kRecorded);
  EXPECT_EQ(node_.deliver(late), RecordReply::kLeaseLost);
  EXPECT_THAT(attempts(accepted.id), SizeIs(1));
  EXPECT_EQ(node_.ledger().delivered, 1);
}

TEST_P(Recording, TakesTheResultOfAnEndedLeaseThatNobodyElseTook) {
  node_.accept(node_.event());
  EXPECT_EQ(node_.deliver(node_.claim_one(kEndedLease)), RecordReply::kRecorded);
}

TEST_P(Recording, TakesAResultOnce) {
  const Accepted accepted = node_.accept(node_.event());
  const ClaimedEvent claimed = node_.claim_one();
  WriteBatch batch;
  batch.now = node_.now;
  batch.records.push_back(node_.result(claimed, EventStatus::kDelivered));
  batch.records.push_back(node_.result(claimed, EventStatus::kDelivered));
  EXPECT_THAT(node_.write(batch).records, ElementsAre(RecordReply::kRecorded, RecordReply::kLeaseLost));
  EXPECT_EQ(node_.deliver(claimed), RecordReply::kLeaseLost);
  EXPECT_EQ(node_.view(accepted.id).attempt_count, 1);
  EXPECT_THAT(attempts(accepted.id), SizeIs(1));
}

TEST_P(Recording, AnswersEachResultInItsPlace) {
  for (int i = 0; i < 6; ++i) node_.accept(node_.event());
  const auto claimed = node_.claim();
  WriteBatch batch;
  batch.now = node_.now;
  batch.records.push_back(node_.result(claimed.at(0), EventStatus::kDeadLetter));
  batch.records.push_back(node_.result(claimed.at(1), EventStatus::kDelivered));
  batch.records.push_back(node_.result(claimed.at(2), EventStatus::kRetrying));
  batch.records.push_back(node_.result(claimed.at(3), EventStatus::kDelivered));
  batch.records.push_back(node_.result(claimed.at(4), EventStatus::kDeadLetter));
  batch.records.push_back(node_.result(claimed.at(5), EventStatus::kRetrying));
  batch.records.at(0).lease_token = "not mine";
  batch.records.at(3).lease_token = "not mine";
  batch.records.at(5).lease_token = "not mine";
  using enum RecordReply;
  EXPECT_THAT(node_.write(batch).records,
              ElementsAre(kLeaseLost, kRecorded, kRecorded, kLeaseLost, kRecorded, kLeaseLost));
  const LedgerLine line = node_.ledger();
  EXPECT_EQ(line.pending, 3);
  EXPECT_EQ(line.delivered, 1);
  EXPECT_EQ(line.retrying, 1);
  EXPECT_EQ(line.dead_letter, 1);
}

TEST_P(Recording, RefusesAStateThatNoAttemptLeadsToAndAllThatCameWithIt) {
  node_.accept({node_.event(), node_.event()});
  const auto claimed = node_.claim();
  WriteBatch batch;
  batch.now = node_.now;
  batch.records.push_back(node_.result(claimed.at(0), EventStatus::kDelivered));
  batch.records.push_back(node_.result(claimed.at(1), EventStatus::kPending));
  EXPECT_EQ(code_of(node_.store().write(batch)), "value_refused");
  for (const ClaimedEvent& each : claimed) EXPECT_EQ(node_.deliver(each), RecordReply::kRecorded);
  EXPECT_EQ(node_.count({EventStatus::kDelivered}), 2);
}

TEST_P(Recording, KeepsTheFirstBytesOfTheResponseRaw) {  // fault 38
  const Accepted accepted = node_.accept(node_.event());
  AttemptRecord record = node_.result(node_.claim_one(), EventStatus::kDelivered);
  record.outcome.response_head.clear();
  for (int i = 0; i < 5000; ++i) record.outcome.response_head += static_cast<char>(i * 7);
  node_.record(record);
  EXPECT_EQ(attempts(accepted.id).at(0).response_body, record.outcome.response_head.substr(0, kStoredResponseBytes));
}

TEST_P(Recording, KeepsAnAttemptWhateverTheServerMadeItsErrorSay) {  // faults 38, 39
  const Accepted accepted = node_.accept(node_.event());
  AttemptRecord record = node_.result(node_.claim_one(), EventStatus::kRetrying);
  record.outcome.error_message = "'; DROP TABLE outbox_events; --\0\xff\xfe\xed\xa0\x80 终"s;
  EXPECT_EQ(node_.record(record), RecordReply::kRecorded);
  EXPECT_EQ(node_.status(accepted.id), EventStatus::kRetrying);
  EXPECT_THAT(attempts(accepted.id).at(0).error_message, testing::StartsWith("'; DROP TABLE outbox_events; --"));
}

TEST_P(Recording, NumbersAttemptsOnWhateverHappensToTheEvent) {
  const Accepted accepted = node_.accept(node_.event());
  node_.bury(node_.claim_one());
  value_of(node_.store().replay({}, 10, node_.now));
  node_.retry(node_.claim(kUnrouted).at(0), Milliseconds{0});
  node_.deliver(node_.claim(kUnrouted).at(0));
  std::vector<int> numbers;
  for (const AttemptView& attempt : attempts(accepted.id)) numbers.push_back(attempt.attempt_no);
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3));
}

TEST_P(Recording, BuriesAllOrNothing) {  // fault 5
  const Accepted accepted = node_.accept(node_.event());
  {
    Node gone = std::move(node_);
  }
  ASSERT_TRUE(killed_at("bury.before_commit", place_.url(), "bury"));
  Node next(place_.url());
  EXPECT_EQ(next.status(accepted.id), EventStatus::kPending);
  EXPECT_THAT(value_of(next.store().attempts(accepted.id, 10)), IsEmpty());
  EXPECT_THAT(value_of(next.store().list_dead_letters({}, {})).rows, IsEmpty());
  EXPECT_EQ(next.ledger().pending, 1);
}

TEST_P(Recording, LosesNoResultThatWasCommitted) {  // fault 4
  const Accepted accepted = node_.accept(node_.event());
  {
    Node gone = std::move(node_);
  }
  ASSERT_TRUE(killed_at("write.before_commit:2", place_.url(), "deliver"));
  EXPECT_EQ(Node(place_.url()).status(accepted.id), EventStatus::kPending);
  ASSERT_TRUE(killed_at("write.after_commit:2", place_.url(), "deliver"));
  EXPECT_EQ(Node(place_.url()).status(accepted.id), EventStatus::kDelivered);
}

YIZHAN_ON_EVERY_ENGINE(Recording);

}  // namespace
}  // namespace yizhan::store::contract
