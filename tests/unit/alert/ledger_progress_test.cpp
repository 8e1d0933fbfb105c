#include "alert/ledger_progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yizhan::alert {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr UtcTime kMinute = UtcTime{std::chrono::days{20'000}};
constexpr SteadyTime kStart{};

Ledger ledger(std::vector<LedgerLine> lines) {
  return {.lines = std::move(lines)};
}

LedgerLine line(std::string platform, UtcTime minute, std::int64_t missing = 1) {
  return {.platform = std::move(platform), .minute = minute, .accepted = 2 + missing, .delivered = 2};
}

TEST(LedgerProgress, WhatIsStoredFromTheStartOnIsCountedOnceItIsOldEnough) {
  LedgerProgress progress;
  EXPECT_TRUE(progress.should_look(kStart));
  progress.saw(100, kStart);
  EXPECT_FALSE(progress.should_look(kStart + Seconds{59}));
  EXPECT_EQ(progress.due(), std::nullopt);
  progress.saw(150, kStart + minutes{1});
  EXPECT_EQ(progress.due(), std::nullopt) << "nothing had come at the first look";
  progress.saw(170, kStart + minutes{2});
  EXPECT_EQ(progress.due(), (Stretch{100, 150}));
  progress.counted(120, {});
  EXPECT_EQ(progress.due(), (Stretch{120, 150}));
  progress.saw(180, kStart + minutes{3});
  EXPECT_EQ(progress.due(), (Stretch{120, 170}));
  progress.counted(170, {});
  EXPECT_EQ(progress.due(), std::nullopt);
}

TEST(LedgerProgress, WhatWasSeenAMomentAgoMayStillBeGettingNumbersBelow) {
  LedgerProgress progress;
  progress.saw(100, kStart);
  progress.saw(150, kStart + minutes{1});
  progress.saw(170, kStart + minutes{1} + LedgerProgress::kFinished - Seconds{1});
  EXPECT_EQ(progress.due(), std::nullopt);
  progress.saw(170, kStart + minutes{1} + LedgerProgress::kFinished);
  EXPECT_EQ(progress.due(), (Stretch{100, 150}));
}

TEST(LedgerProgress, WhatDidNotBalanceIsCountedAgainUntilItDoes) {
  LedgerProgress progress;
  progress.counted(10, ledger({line("crm", kMinute), line("erp", kMinute, 0), line("erp", kMinute + minutes{1})}));
  progress.counted(20, ledger({line("crm", kMinute)}));
  ASSERT_THAT(progress.mismatches(), SizeIs(2));
  EXPECT_EQ(progress.mismatches().at(0).mismatch(), 2) << "of both parts of the minute";
  EXPECT_THAT(progress.again(), ElementsAre(kMinute, kMinute + minutes{1}));
  progress.counted_again(kMinute, ledger({line("crm", kMinute, 0)}));
  EXPECT_THAT(progress.again(), ElementsAre(kMinute + minutes{1}));
  progress.counted_again(kMinute + minutes{1}, ledger({line("erp", kMinute + minutes{1})}));
  EXPECT_THAT(progress.mismatches(), SizeIs(1));
  progress.counted_again(kMinute + minutes{1}, {});
  EXPECT_THAT(progress.mismatches(), IsEmpty());
}

TEST(LedgerProgress, OfManyMinutesTheFirstAreCountedAgain) {
  LedgerProgress progress;
  for (int i = 0; i < 20; ++i) progress.counted(i, ledger({line("crm", kMinute + minutes{i})}));
  EXPECT_THAT(progress.again(), SizeIs(LedgerProgress::kRemembered));
}

TEST(LedgerProgress, WhoFallsBehindSkipsEvents) {
  LedgerProgress progress;
  for (std::int64_t i = 0; i <= 11; ++i) progress.saw(100 * i, kStart + minutes{i});
  EXPECT_EQ(progress.due(), (Stretch{0, 1000})) << "due for nine minutes";
  progress.saw(1200, kStart + minutes{12});
  EXPECT_EQ(progress.due(), (Stretch{1000, 1100}));
}

}  // namespace
}  // namespace yizhan::alert
