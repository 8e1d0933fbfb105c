#include "doctor/notify_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "findings.h"

namespace yizhan::doctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const UtcTime kNow = *parse_time("2026-01-05T08:00:00Z");

std::vector<Finding> of_cause(const std::string& code, std::string status = "failed") {
  store::NotifyQueueState queue;
  queue.causes = {{.status = std::move(status),
                   .code = code,
                   .count = 2,
                   .newest_at = kNow - Seconds{60},
                   .example_id = "row-1",
                   .example_error = code + ": why"}};
  return judge_queue(queue, kNow);
}

TEST(NotifyCheck, EachReasonIsToldApart) {
  EXPECT_THAT(codes_of(of_cause("order_hidden_by_rls")), ElementsAre("order_hidden_by_rls"));
  EXPECT_THAT(codes_of(of_cause("jwt_not_decoded")), ElementsAre("jwt_not_decoded"));
  EXPECT_THAT(codes_of(of_cause("supa_key_refused")), ElementsAre("jwt_not_decoded"));
  EXPECT_THAT(codes_of(of_cause("jwt_expired")), ElementsAre("jwt_expired"));
  EXPECT_THAT(codes_of(of_cause("schema_cache_unavailable", "")), ElementsAre("postgrest_unwell"));
  EXPECT_THAT(codes_of(of_cause("database_overloaded", "")), ElementsAre("postgrest_unwell"));
  EXPECT_THAT(codes_of(of_cause("on_conflict_unmatched")), ElementsAre("on_conflict_unmatched"));
  EXPECT_THAT(codes_of(of_cause("order_not_found", "skipped")), ElementsAre("order_not_found"));
  EXPECT_THAT(codes_of(of_cause("rpc_missing")), ElementsAre("notify_failed"));
  EXPECT_THAT(of_cause("state_silent", "skipped"), IsEmpty()) << "nobody is to be told";
}

TEST(NotifyCheck, SaysWhatWasSeen) {
  EXPECT_EQ(of_cause("jwt_expired").at(0).evidence,
            "2 rows of notify_queue failed. row-1, 1 min ago: jwt_expired: why");
  EXPECT_THAT(of_cause("postgrest_throttled", "").at(0).mend, HasSubstr("it is tried again by itself"));
  EXPECT_THAT(of_cause("rpc_missing").at(0).mend, HasSubstr("set process_status to NULL"));
}

TEST(NotifyCheck, NobodyLooksAtTheQueue) {
  store::NotifyQueueState queue;
  queue.oldest_due_at = kNow - kQueueStands;
  EXPECT_THAT(judge_queue(queue, kNow), IsEmpty());
  *queue.oldest_due_at -= Microseconds{1};
  EXPECT_THAT(codes_of(judge_queue(queue, kNow)), ElementsAre("notify_stands_still"));
}

TEST(NotifyCheck, WhatNotificationsLack) {
  EXPECT_THAT(judge_notifications({}), IsEmpty());
  store::NotificationGaps state;
  state.without_device = {.count = 3, .example = "merchant m-1"};
  state.without_merchant = {.count = 1, .example = "order-7"};
  state.without_text = {.count = 1, .example = "m-1"};
  state.steps_without_text = {.count = 1, .example = "SF1"};
  const auto findings = judge_notifications(state);
  ASSERT_THAT(codes_of(findings),
              ElementsAre("devices_missing", "merchant_missing", "notification_empty", "tracking_text_empty"));
  EXPECT_EQ(findings[0].evidence,
            "3 of the last notifications found no active device of their user or merchant; as merchant m-1.");
  EXPECT_EQ(findings[3].weight, Weight::kNote);
}

}  // namespace
}  // namespace yizhan::doctor
