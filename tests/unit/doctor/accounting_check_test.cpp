#include "doctor/accounting_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "findings.h"

namespace yizhan::doctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const UtcTime kNow = *parse_time("2026-01-05T08:00:00Z");

config::Config with_crm() {
  config::Config config;
  config.platforms.emplace_back();
  config.platforms.back().name = "crm";
  return config;
}

std::vector<Finding> judged(const AccountingFacts& facts) {
  return judge_accounting(facts, with_crm(), kNow);
}

TEST(AccountingCheck, TheLedger) {
  AccountingFacts facts;
  facts.ledger = {{.platform = "crm", .minute = {}, .accepted = 10, .pending = 1, .delivered = 9},
                  {.platform = "erp", .minute = {}, .accepted = 10, .delivered = 8}};
  auto findings = judged(facts);
  ASSERT_THAT(codes_of(findings), ElementsAre("ledger_mismatch"));
  EXPECT_EQ(findings[0].subject, "erp");
  EXPECT_EQ(findings[0].weight, Weight::kLoss);
  EXPECT_THAT(findings[0].evidence, HasSubstr("10 events accepted in the last 7 days: 2 without a state."));
  facts.ledger = {{.platform = "crm", .minute = {}, .accepted = 10, .delivered = 11}};
  EXPECT_THAT(judged(facts).at(0).evidence, HasSubstr("1 counted twice"));
}

TEST(AccountingCheck, DeadLettersOfAPlatformTogether) {
  AccountingFacts facts;
  facts.dead_letters = {
      {.platform = "crm",
       .error_class = "http_4xx",
       .count = 10,
       .newest_at = kNow - Seconds{7200},
       .example_id = "e-1",
       .example_error = "answered 401"},
      {.platform = "crm", .error_class = "", .count = 2, .newest_at = kNow, .example_id = "e-2", .example_error = ""}};
  const auto findings = judged(facts);
  ASSERT_THAT(codes_of(findings), ElementsAre("dead_letters"));
  EXPECT_EQ(findings[0].evidence, "12 dead letters: 10 http_4xx, 2 by hand. e-1, 2 h ago: answered 401");
  EXPECT_THAT(findings[0].mend, HasSubstr("yizhan replay --platform crm --status dead_letter --preview"));
}

TEST(AccountingCheck, WhatHasNowhereToGo) {
  AccountingFacts facts;
  facts.set_aside = {{.platform = "gone", .reason = "not configured", .count = 3, .example_id = "e-1"},
                     {.platform = "crm", .reason = "no URL", .count = 1, .example_id = "e-2"},
                     {.platform = "push", .reason = "no channel", .count = 1, .example_id = "e-3"}};
  EXPECT_THAT(codes_of(judged(facts)), ElementsAre("platform_unknown", "events_set_aside", "events_set_aside"));
}

TEST(AccountingCheck, WhatWaitsTooLong) {
  AccountingFacts facts;
  const DeliveryPolicy policy;
  const Microseconds allowed = policy.poll_interval + policy.breaker_open_max + policy.timeout + kOverdueMargin;
  facts.backlog = {{.platform = "crm", .endpoint_key = 7, .oldest_due_at = kNow - allowed}};
  EXPECT_THAT(judged(facts), IsEmpty());
  facts.backlog[0].oldest_due_at -= Microseconds{1};
  EXPECT_THAT(codes_of(judged(facts)), ElementsAre("events_overdue"));
  facts.disabled.emplace_back();
  facts.disabled.back().endpoint_key = 7;
  EXPECT_THAT(judged(facts), IsEmpty()) << "those of a disabled endpoint wait because they are to";
}

}  // namespace
}  // namespace yizhan::doctor
