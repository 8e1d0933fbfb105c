#include "store/postgres/claim_marks.h"

#include <gtest/gtest.h>

namespace yizhan::store::postgres {
namespace {

constexpr std::int64_t kEndpoint = 7;
constexpr UtcTime kNoon = UtcTime{Seconds{1'800'000'000}};
constexpr SteadyTime kStart = SteadyTime{Seconds{1000}};

ClaimRequest claim_of(int limit) {
  return {.endpoint_key = kEndpoint, .limit = limit, .lease_token = "t", .lease = Milliseconds{1000}};
}

ClaimReply reply_with(std::initializer_list<UtcTime> due) {
  ClaimReply reply;
  for (const UtcTime time : due) reply.events.emplace_back().next_attempt_at = time;
  return reply;
}

TEST(ClaimMarks, AFullClaimIsFollowedByOneFromItsLastEvent) {
  ClaimMarks marks;
  EXPECT_EQ(marks.mark(kEndpoint, kStart), std::nullopt);
  EXPECT_TRUE(marks.claimed(claim_of(2), reply_with({kNoon, kNoon + Seconds{1}}), std::nullopt, kStart));
  EXPECT_EQ(marks.mark(kEndpoint, kStart), kNoon + Seconds{1});
  EXPECT_EQ(marks.mark(kEndpoint + 1, kStart), std::nullopt);
}

TEST(ClaimMarks, AShortClaimIsFollowedByOneFromTheFront) {
  ClaimMarks marks;
  marks.claimed(claim_of(1), reply_with({kNoon}), std::nullopt, kStart);
  EXPECT_TRUE(marks.claimed(claim_of(2), reply_with({kNoon}), kNoon, kStart)) << "it did not look at all there is";
  EXPECT_EQ(marks.mark(kEndpoint, kStart), std::nullopt);
  EXPECT_FALSE(marks.claimed(claim_of(2), reply_with({kNoon}), std::nullopt, kStart)) << "there is no more";
}

TEST(ClaimMarks, ClaimsFromTheFrontNeverStayAwayForLong) {
  ClaimMarks marks;
  SteadyTime now = kStart;
  SteadyTime last_from_the_front = now;
  for (int i = 0; i < 1000; ++i, now += Milliseconds{3}) {
    const auto mark = marks.mark(kEndpoint, now);
    if (!mark) last_from_the_front = now;
    ASSERT_LT(now - last_from_the_front, ClaimMarks::kLongest);
    marks.claimed(claim_of(1), reply_with({kNoon + Seconds{i}}), mark, now);
  }
}

}  // namespace
}  // namespace yizhan::store::postgres
