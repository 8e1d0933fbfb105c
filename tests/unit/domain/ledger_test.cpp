// The ledger's arithmetic: a line that does not sum up shows, and no line can cover for another.
#include "domain/ledger.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace yizhan {
namespace {

LedgerLine line(std::string platform, std::int64_t accepted, std::int64_t pending, std::int64_t retrying,
                std::int64_t delivered, std::int64_t dead_letter, std::int64_t discarded) {
  LedgerLine made;
  made.platform = std::move(platform);
  made.accepted = accepted;
  made.pending = pending;
  made.retrying = retrying;
  made.delivered = delivered;
  made.dead_letter = dead_letter;
  made.discarded = discarded;
  return made;
}

TEST(Ledger, BalancesWhenEveryLineSumsUp) {
  const Ledger ledger{{line("newapi", 15, 1, 2, 3, 4, 5), line("sub2api", 5, 5, 0, 0, 0, 0)}};
  EXPECT_TRUE(ledger.balanced());
  EXPECT_EQ(ledger.total().accepted, 20);
  EXPECT_EQ(ledger.total().mismatch(), 0);
  EXPECT_TRUE(Ledger{}.balanced());
}

TEST(Ledger, JoinsTheLinesOfTheSamePlatformAndMinute) {
  const auto of = [](const char* platform, std::optional<int> minute, std::int64_t pending) {
    LedgerLine made = line(platform, 10, pending, 0, 0, 0, 0);
    if (minute) made.minute = UtcTime{std::chrono::minutes{*minute}};
    return made;
  };
  Ledger ledger{
      {of("sub2api", 2, 1), of("newapi", 2, 2), of("sub2api", 1, 3), of("sub2api", 2, 4), of("newapi", {}, 5)}};
  ledger.join_lines();
  std::vector<std::pair<std::string, std::int64_t>> found;
  for (const LedgerLine& each : ledger.lines) found.emplace_back(each.platform, each.pending);
  EXPECT_EQ(found, (decltype(found){{"newapi", 5}, {"newapi", 2}, {"sub2api", 3}, {"sub2api", 5}}));
  EXPECT_EQ(ledger.lines.back().accepted, 20);
}

TEST(Ledger, CountsTheMissingUpAndTheDoubledDown) {
  EXPECT_EQ(line("newapi", 10, 9, 0, 0, 0, 0).mismatch(), 1);
  EXPECT_EQ(line("newapi", 10, 0, 0, 11, 0, 0).mismatch(), -1);
}

TEST(Ledger, OneLinesSurplusDoesNotCoverAnothersLoss) {
  const Ledger ledger{{line("newapi", 10, 9, 0, 0, 0, 0), line("sub2api", 10, 11, 0, 0, 0, 0)}};
  EXPECT_EQ(ledger.total().mismatch(), 0);
  EXPECT_FALSE(ledger.balanced());
}

RC_GTEST_PROP(Ledger, EveryStateCounts, ()) {
  const auto count = rc::gen::inRange<std::int64_t>(0, 1'000'000'000);
  std::array<std::int64_t, 5> states{};
  std::int64_t accepted = 0;
  for (std::int64_t& state : states) accepted += state = *count;
  Ledger ledger{{line("a", accepted, states[0], states[1], states[2], states[3], states[4])}};
  RC_ASSERT(ledger.balanced());
  RC_ASSERT(ledger.total().mismatch() == 0);

  LedgerLine& broken = ledger.lines.front();
  const std::array counters{&broken.pending, &broken.retrying, &broken.delivered, &broken.dead_letter,
                            &broken.discarded};
  ++*counters.at(*rc::gen::inRange<std::size_t>(0, counters.size()));
  RC_ASSERT(!ledger.balanced());
  RC_ASSERT(ledger.total().mismatch() == -1);
}

}  // namespace
}  // namespace yizhan
