#include "store/postgres/writer_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yizhan::store::postgres {
namespace {

using testing::ElementsAre;
using testing::Optional;

constexpr SteadyTime kStart = SteadyTime{Seconds{1000}};

TEST(CallbackIds, GoOutInTheOrderInWhichTheyCame) {
  CallbackIds ids;
  for (const std::int64_t id : {5, 6, 7, 8}) ids.add(id, kStart);
  EXPECT_THAT(ids.take(3, kStart), Optional(ElementsAre(5, 6, 7)));
  EXPECT_EQ(ids.take(2, kStart), std::nullopt);
  EXPECT_THAT(ids.take(1, kStart), Optional(ElementsAre(8)));
}

TEST(CallbackIds, NoneAreNeededForNone) {
  CallbackIds ids;
  EXPECT_THAT(ids.take(0, kStart), Optional(ElementsAre()));
  EXPECT_EQ(ids.wanted(0), 0u);
}

TEST(CallbackIds, GrowOld) {
  CallbackIds ids;
  ids.add(5, kStart);
  ids.add(6, kStart);
  EXPECT_THAT(ids.take(1, kStart + CallbackIds::kFresh), Optional(ElementsAre(5)));
  EXPECT_EQ(ids.take(1, kStart + CallbackIds::kFresh + Microseconds{1}), std::nullopt);
  EXPECT_EQ(ids.wanted(4), 8u) << "the old one is gone";
}

TEST(CallbackIds, AreTakenInAdvanceWhereManyCome) {
  CallbackIds ids;
  EXPECT_EQ(ids.wanted(CallbackIds::kBusy - 1), 0u);
  EXPECT_EQ(ids.wanted(CallbackIds::kBusy), 2 * CallbackIds::kBusy);
  ids.add(1, kStart);
  EXPECT_EQ(ids.wanted(CallbackIds::kBusy), 2 * CallbackIds::kBusy - 1);
  EXPECT_EQ(ids.wanted(1'000'000), CallbackIds::kMost - 1);
}

TEST(KeyPresumption, IsCarefulForAWhileAfterAKnownKey) {
  KeyPresumption keys;
  EXPECT_TRUE(keys.holds());
  keys.asked(true);
  for (int i = 0; i < KeyPresumption::kCautious; ++i) {
    EXPECT_FALSE(keys.holds());
    keys.asked(false);
  }
  EXPECT_TRUE(keys.holds());
}

}  // namespace
}  // namespace yizhan::store::postgres
