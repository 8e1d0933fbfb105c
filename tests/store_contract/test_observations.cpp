// What the rows say about how things are going.
#include "store/observations.h"

#include <fmt/format.h>

#include "inbound_calls.h"

namespace yizhan::store::contract {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class Observations : public Contract {
 protected:
  void receive_at(UtcTime at, std::string source, std::string key, std::string rejected_for = "") {
    node_.now = at;
    ReceiveCall call = callback(node_, std::move(key));
    call.callback.source = std::move(source);
    call.rejected = !rejected_for.empty();
    call.callback.reason = std::move(rejected_for);
    receive(node_, call);
  }
  std::vector<SourceActivity> activity() { return value_of(source_activity(node_.store())); }

  /// An event of the platform whose one attempt ended like this, `seconds` after the start.
  ClaimedEvent attempt(std::string platform, int seconds, EventStatus next, ErrorClass error_class, int status) {
    node_.now = start_ + Seconds{seconds};
    NewEvent event = node_.event();
    event.event.platform = std::move(platform);
    node_.accept(event);
    const ClaimedEvent claimed = node_.claim_one();
    AttemptRecord record = node_.result(claimed, next);
    record.outcome.error_class = error_class;
    record.outcome.response_status = status;
    record.outcome.error_message = error_class == ErrorClass::kNone ? "" : fmt::format("said {}", seconds);
    record.outcome.started_at = node_.now;
    record.next_attempt_at = node_.now + Seconds{86'400};
    EXPECT_EQ(node_.record(record), RecordReply::kRecorded);
    return claimed;
  }

  UtcTime start_ = node_.now;
};

TEST_P(Observations, OfAnEmptyStore) {
  EXPECT_THAT(activity(), IsEmpty());
  EXPECT_THAT(value_of(backlog(node_.store(), node_.now)), IsEmpty());
  EXPECT_THAT(value_of(dead_letter_causes(node_.store(), {})), IsEmpty());
  EXPECT_THAT(value_of(failure_causes(node_.store(), UtcTime{})), IsEmpty());
}

TEST_P(Observations, HowOftenASourceSends) {
  receive_at(start_, "wxpay", "a");
  receive_at(start_ + Seconds{10}, "wxpay", "b");
  receive_at(start_ + Seconds{40}, "wxpay", "x", "signature_invalid");
  receive_at(start_ + Seconds{70}, "wxpay", "b");  // a duplicate
  receive_at(start_ + Seconds{75}, "wxpay", "c");
  receive_at(start_ + Seconds{80}, "wxpay", "d", "signature_missing");
  receive_at(start_ + Seconds{81}, "wxpay", "e", "timestamp_out_of_tolerance");
  receive_at(start_ + Seconds{90}, "alipay", "a", "signature_invalid");

  const auto seen = activity();
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_EQ(seen[0].source, "alipay");
  EXPECT_FALSE(seen[0].last_accepted_at) << "it never sent a valid one";
  EXPECT_EQ(seen[0].rejected_in_row, 1);
  EXPECT_EQ(seen[0].sampled, 0);
  EXPECT_EQ(seen[1].source, "wxpay");
  EXPECT_EQ(seen[1].last_accepted_at, start_ + Seconds{75});
  EXPECT_EQ(seen[1].longest_gap, Seconds{60}) << "between accepted ones: the rejected one in between does not count";
  EXPECT_EQ(seen[1].sampled, 4);
  EXPECT_EQ(seen[1].rejected_in_row, 2);
  EXPECT_EQ(seen[1].last_reason, "timestamp_out_of_tolerance");
}

TEST_P(Observations, OnlyTheNewestCallbacksAreLookedAt) {
  receive_at(start_, "shop", "first");
  std::vector<ReceiveCall> calls;
  for (int i = 0; i < kSampledCallbacks; ++i) {
    node_.now = start_ + Seconds{3600 + i};
    calls.push_back(callback(node_, fmt::format("k{}", i)));
  }
  receive_together(node_, std::move(calls));
  EXPECT_EQ(activity().at(0).sampled, kSampledCallbacks);
  EXPECT_EQ(activity().at(0).longest_gap, Seconds{1}) << "the hour before lies outside";
}

TEST_P(Observations, WhatIsOverdueAtEachEndpoint) {
  const auto accept = [&](std::string platform, std::int64_t endpoint, int due_in_seconds) {
    NewEvent event = node_.event();
    event.event.platform = std::move(platform);
    event.endpoint_key = endpoint;
    event.first_attempt_at = start_ + Seconds{due_in_seconds};
    node_.accept(event);
  };
  accept("crm", kEndpoint, 30);
  accept("crm", kEndpoint, 10);
  accept("erp", 99, 20);
  accept("later", 100, 500);
  accept("nobody", kUnrouted, 5);
  EXPECT_THAT(value_of(backlog(node_.store(), start_ + Seconds{5})), IsEmpty()) << "due now is not due before now";

  const UtcTime now = start_ + Seconds{60};
  const auto waiting = value_of(backlog(node_.store(), now));
  ASSERT_THAT(waiting, SizeIs(3));
  EXPECT_EQ(waiting[0].platform, "nobody");
  EXPECT_EQ(waiting[0].endpoint_key, kUnrouted);
  EXPECT_EQ(waiting[1].platform, "crm");
  EXPECT_EQ(waiting[1].oldest_due_at, start_ + Seconds{10});
  EXPECT_EQ(waiting[2].platform, "erp");

  node_.now = now;
  ASSERT_THAT(node_.claim(99), SizeIs(1));
  ASSERT_THAT(node_.claim(kEndpoint, 1), SizeIs(1));
  // PostgreSQL's leases run by its own clock, which is ahead of this test's; on both they are not overdue before it.
  const auto left = value_of(backlog(node_.store(), now));
  ASSERT_THAT(left, SizeIs(2)) << "what is in flight is not overdue";
  EXPECT_EQ(left[1].oldest_due_at, start_ + Seconds{30});
}

TEST_P(Observations, WhatWasSetAside) {
  attempt("erp", 1, EventStatus::kRetrying, ErrorClass::kTimeout, 0);
  for (const std::string platform : {"crm", "gone", "gone"}) {
    NewEvent event = node_.event();
    event.event.platform = platform;
    event.endpoint_key = kUnrouted;
    node_.accept(event);
  }
  const auto claimed = node_.claim(kUnrouted);
  ASSERT_THAT(claimed, SizeIs(3));
  node_.release({claimed[0].sequence, claimed[0].lease_token, kEndpoint, {}, {}});
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    node_.release({claimed[i].sequence, claimed[i].lease_token, {}, node_.now + Seconds{60}, "no platform 'gone'"});
  }
  const auto found = value_of(set_aside(node_.store()));
  ASSERT_THAT(found, SizeIs(1)) << "neither one that waits nor one that was tried";
  EXPECT_EQ(found[0].platform, "gone");
  EXPECT_EQ(found[0].reason, "no platform 'gone'");
  EXPECT_EQ(found[0].count, 2);
  EXPECT_EQ(found[0].example_id, claimed[1].event.id);
}

TEST_P(Observations, WhatKilledTheDeadLetters) {
  attempt("crm", 1, EventStatus::kDeadLetter, ErrorClass::kHttp4xx, 401);
  const auto second = attempt("crm", 2, EventStatus::kDeadLetter, ErrorClass::kHttp4xx, 403);
  const auto third = attempt("crm", 3, EventStatus::kDeadLetter, ErrorClass::kTimeout, 0);
  attempt("erp", 4, EventStatus::kDeadLetter, ErrorClass::kTimeout, 0);
  attempt("erp", 5, EventStatus::kRetrying, ErrorClass::kTimeout, 0);

  auto causes = value_of(dead_letter_causes(node_.store(), {}));
  ASSERT_THAT(causes, SizeIs(3));
  EXPECT_EQ(causes[0].platform, "crm");
  EXPECT_EQ(causes[0].error_class, "http_4xx");
  EXPECT_EQ(causes[0].count, 2);
  EXPECT_EQ(causes[0].example_id, second.event.id) << "the newest one";
  EXPECT_EQ(causes[0].example_error, "said 2");
  EXPECT_EQ(causes[0].newest_at, start_ + Seconds{2});
  EXPECT_EQ(causes[1].platform + causes[1].error_class, "crmtimeout");
  EXPECT_EQ(causes[2].platform + causes[2].error_class, "erptimeout");

  EXPECT_THAT(value_of(dead_letter_causes(node_.store(), start_ + Seconds{3})), SizeIs(2));
  Selection selection;
  selection.ids = {third.event.id};
  value_of(node_.store().discard(selection, 10, "not wanted", node_.now));
  causes = value_of(dead_letter_causes(node_.store(), start_ + Seconds{3}));
  ASSERT_THAT(causes, SizeIs(1)) << "discarded";
  EXPECT_EQ(causes[0].platform, "erp");
}

TEST_P(Observations, WhyAttemptsFail) {
  attempt("crm", 1, EventStatus::kRetrying, ErrorClass::kHttp4xx, 401);
  const auto newest = attempt("crm", 2, EventStatus::kDeadLetter, ErrorClass::kHttp4xx, 403);
  attempt("erp", 3, EventStatus::kRetrying, ErrorClass::kConnect, 0);
  attempt("erp", 4, EventStatus::kDelivered, ErrorClass::kNone, 200);

  const auto causes = value_of(failure_causes(node_.store(), start_));
  ASSERT_THAT(causes, SizeIs(2)) << "what succeeded is no failure";
  EXPECT_EQ(causes[0].platform, "crm");
  EXPECT_EQ(causes[0].error_class, "http_4xx");
  EXPECT_EQ(causes[0].count, 2);
  EXPECT_EQ(causes[0].response_status, 403) << "of the newest";
  EXPECT_EQ(causes[0].example_id, newest.event.id);
  EXPECT_EQ(causes[0].example_error, "said 2");
  EXPECT_EQ(causes[0].newest_at, start_ + Seconds{2});
  EXPECT_EQ(causes[1].platform, "erp");
  EXPECT_EQ(causes[1].error_class, "connect");

  EXPECT_THAT(value_of(failure_causes(node_.store(), start_ + Seconds{3})), SizeIs(1));
  EXPECT_THAT(value_of(failure_causes(node_.store(), start_ + Seconds{4})), IsEmpty());
}

YIZHAN_ON_EVERY_ENGINE(Observations);

}  // namespace
}  // namespace yizhan::store::contract
