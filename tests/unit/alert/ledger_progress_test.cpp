#include "alert/ledger_progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yizhan::alert {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr UtcTime kStart = UtcTime{std::chrono::days{20'000}};

LedgerLine line(std::string platform, UtcTime minute) {
  return {.platform = std::move(platform), .minute = minute, .accepted = 3, .delivered = 2};
}

TEST(LedgerProgress, EachMinuteIsCountedOnceAfterItHasEnded) {
  LedgerProgress progress(kStart);
  EXPECT_THAT(progress.due(kStart + Seconds{59}), IsEmpty());
  EXPECT_THAT(progress.due(kStart + Seconds{61}), ElementsAre(Span{kStart - minutes{1}, kStart}));
  progress.counted({}, kStart + Seconds{61});
  EXPECT_THAT(progress.due(kStart + Seconds{119}), IsEmpty());
  EXPECT_THAT(progress.due(kStart + minutes{4}), ElementsAre(Span{kStart, kStart + minutes{3}}));
}

TEST(LedgerProgress, WhatDidNotBalanceIsCountedAgainUntilItDoes) {
  LedgerProgress progress(kStart);
  progress.counted({line("erp", kStart + minutes{1}), line("crm", kStart), line("erp", kStart)}, kStart + minutes{3});
  EXPECT_EQ(progress.mismatches().at(0).platform, "crm");
  EXPECT_THAT(progress.due(kStart + minutes{3}),
              ElementsAre(Span{kStart, kStart + minutes{1}}, Span{kStart + minutes{1}, kStart + minutes{2}}));
  progress.counted({line("erp", kStart)}, kStart + minutes{3});
  EXPECT_THAT(progress.due(kStart + minutes{3}), ElementsAre(Span{kStart, kStart + minutes{1}}));
  progress.counted({}, kStart + minutes{3});
  EXPECT_THAT(progress.due(kStart + minutes{3}), IsEmpty());
}

TEST(LedgerProgress, WhoFallsBehindSkipsMinutes) {
  LedgerProgress progress(kStart);
  EXPECT_THAT(progress.due(kStart + minutes{61}), ElementsAre(Span{kStart + minutes{50}, kStart + minutes{60}}));
}

TEST(LedgerProgress, AClockThatIsSetBackCountsNothingTwice) {
  LedgerProgress progress(kStart);
  progress.counted({}, kStart + minutes{10});
  progress.counted({}, kStart);
  EXPECT_THAT(progress.due(kStart + minutes{10}), IsEmpty());
}

}  // namespace
}  // namespace yizhan::alert
