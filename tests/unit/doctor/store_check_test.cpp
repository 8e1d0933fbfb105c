#include "doctor/store_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "findings.h"

namespace yizhan::doctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uintmax_t kGibibyte = std::uintmax_t{1} << 30;

StoreFacts with_error(std::string_view code) {
  StoreFacts facts;
  facts.place = "/data/yizhan.db";
  facts.error = Error{code, "what is wrong"};
  return facts;
}

TEST(StoreCheck, NothingToSayOfAHealthyOne) {
  StoreFacts facts;
  facts.place = "/data/yizhan.db";
  facts.space = {.available = 50 * kGibibyte, .capacity = 100 * kGibibyte};
  facts.sync = Milliseconds{2};
  EXPECT_THAT(judge_store(facts), IsEmpty());
}

TEST(StoreCheck, WhyItCannotBeOpened) {
  for (const std::string_view code : {"store_missing", "store_corrupt", "store_newer", "schema_outdated"}) {
    EXPECT_THAT(codes_of(judge_store(with_error(code))), ElementsAre(std::string(code)));
  }
  EXPECT_THAT(codes_of(judge_store(with_error("store_unavailable"))), ElementsAre("store_unavailable"));
  EXPECT_THAT(codes_of(judge_store(with_error("sql_error"))), ElementsAre("store_unavailable"));
  EXPECT_EQ(judge_store(with_error("schema_outdated")).at(0).mend, "yizhan migrate");
  EXPECT_EQ(judge_store(with_error("store_corrupt")).at(0).evidence, "what is wrong");
}

TEST(StoreCheck, Fault8Room) {
  StoreFacts facts;
  facts.place = "/data/yizhan.db";
  const auto codes = [&](std::uintmax_t available, std::uintmax_t capacity) {
    facts.space = {.available = available, .capacity = capacity};
    return codes_of(judge_store(facts));
  };
  EXPECT_THAT(codes(kNoRoom - 1, 100 * kGibibyte), ElementsAre("disk_full"));
  EXPECT_THAT(codes(kNoRoom, 100 * kGibibyte), ElementsAre("disk_low"));
  EXPECT_THAT(codes(kLittleRoom - 1, 100 * kGibibyte), ElementsAre("disk_low"));
  EXPECT_THAT(codes(kLittleRoom, 100 * kGibibyte), IsEmpty()) << "a gibibyte is enough";
  EXPECT_THAT(codes(kGibibyte / 2, kGibibyte), IsEmpty()) << "half of a small one is enough";
  facts.space = {.available = 1 << 20, .capacity = kGibibyte};
  EXPECT_THAT(judge_store(facts).at(0).mend, HasSubstr("df -h /data"));
}

TEST(StoreCheck, TheQuotaFromWhereTheLogWarns) {
  StoreFacts facts;
  facts.place = "/data/yizhan.db";
  facts.disk_quota = 1000;
  const auto codes = [&](std::int64_t used) {
    facts.taken = {.used_bytes = used, .quota_bytes = 1000};
    return codes_of(judge_store(facts));
  };
  const auto warning = static_cast<std::int64_t>(kSpaceWarning * 1000);
  EXPECT_THAT(codes(warning - 1), IsEmpty());
  EXPECT_THAT(codes(warning), ElementsAre("quota_low"));
  EXPECT_THAT(codes(1000), ElementsAre("quota_low")) << "all of it is not more than it";
  EXPECT_THAT(codes(1001), ElementsAre("quota_exceeded"));
  const Finding exceeded = judge_store(facts).at(0);
  EXPECT_EQ(exceeded.subject, "retention.disk_quota");
  EXPECT_EQ(exceeded.weight, Weight::kTrouble);
  EXPECT_EQ(exceeded.evidence, "The store takes 1001 B of 1000 B (100 %).");
  EXPECT_THAT(exceeded.mend, HasSubstr("raise retention.disk_quota"));
  facts.taken = {.used_bytes = 1 << 30};
  EXPECT_THAT(judge_store(facts), IsEmpty()) << "nobody knows how much there is";
}

TEST(StoreCheck, WithoutAQuotaTheFileSystemIsSpokenOfOnce) {
  StoreFacts facts;
  facts.place = "/data/yizhan.db";
  facts.space = {.available = kGibibyte, .capacity = 100 * kGibibyte};
  facts.taken = {.used_bytes = 99, .quota_bytes = 100, .days_left = 2.5};
  ASSERT_THAT(codes_of(judge_store(facts)), ElementsAre("quota_low"));
  EXPECT_EQ(judge_store(facts).at(0).subject, "/data/yizhan.db");
  EXPECT_THAT(judge_store(facts).at(0).mend, HasSubstr("make the file system larger"));
  EXPECT_THAT(judge_store(facts).at(0).evidence, HasSubstr("full in 2.5 days"));
  facts.space->available = kNoRoom;
  EXPECT_THAT(codes_of(judge_store(facts)), ElementsAre("disk_low"));
  facts.disk_quota = 100;
  EXPECT_THAT(codes_of(judge_store(facts)), ElementsAre("quota_low", "disk_low"));
}

TEST(StoreCheck, SlowSyncs) {
  StoreFacts facts;
  facts.sync = kSlowSync;
  EXPECT_THAT(judge_store(facts), IsEmpty());
  facts.sync = kSlowSync + Microseconds{1};
  EXPECT_THAT(codes_of(judge_store(facts)), ElementsAre("sync_slow"));
}

TEST(StoreCheck, ALogThatSomebodyKeeps) {
  StoreFacts facts;
  facts.place = "/data/yizhan.db";
  facts.log = kLongLog;
  EXPECT_THAT(judge_store(facts), IsEmpty());
  facts.log = kLongLog + 1;
  ASSERT_THAT(codes_of(judge_store(facts)), ElementsAre("log_held"));
  EXPECT_EQ(judge_store(facts).at(0).subject, "/data/yizhan.db-wal");
}

TEST(StoreCheck, SettingsOfTheServer) {
  StoreFacts facts;
  facts.warnings = {"PostgreSQL runs with fsync = off: a crash of its machine can lose or damage accepted events.",
                    "PostgreSQL runs with autovacuum = off: the schedule grows and slows down with every event.",
                    "The standby follows asynchronously (synchronous_standby_names is empty): a failover can lose."};
  const auto findings = judge_store(facts);
  ASSERT_THAT(codes_of(findings), ElementsAre("durability_off", "store_setting_doubtful", "failover_can_lose"));
  EXPECT_EQ(findings[0].subject, "fsync");
  EXPECT_THAT(findings[0].mend, HasSubstr("ALTER SYSTEM SET fsync = on;"));
  EXPECT_EQ(findings[0].weight, Weight::kLoss);
}

TEST(StoreCheck, SyncsAreMeasured) {
  const auto taken = measure_sync(std::filesystem::temp_directory_path().string());
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_LT(*taken, Seconds{30});
  const auto refused = measure_sync("/no/such/directory");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "file_unwritable");
}

}  // namespace
}  // namespace yizhan::doctor
