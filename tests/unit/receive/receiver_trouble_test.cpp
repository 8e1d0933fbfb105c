// What a source hears when its callback cannot be stored, or not now: a failure that makes it send again, in time; and
// what becomes of the callback and its events.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "receiver_harness.h"

namespace yizhan::receive {
namespace {

using store::Verdict;

constexpr std::string_view kCausesEvents = "Caused: message.received\r\n";

ReceiverSetup passing_on_to_desk(Milliseconds limit = Milliseconds{9000}) {
  ReceiverSetup setup;
  setup.sources = {header_source("/in/test", limit)};
  setup.routes = {{"*", "", {}, "desk", ""}};
  return setup;
}

TEST(ReceiverTrouble, AnAnswerThatWouldComeTooLateIsAFailure) {
  RunningReceiver running(passing_on_to_desk(Milliseconds{100}));
  CapturedLog log;
  {
    const HeldWriter held(running.commits());
    const auto answer = running.notify("1", std::string(kCausesEvents));
    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(answer.body.starts_with("FAIL answer_late")) << answer.body;
    EXPECT_TRUE(answer.has_line("Retry-After: 5"));
  }
  // What was handed over is stored all the same, and its events go out; the source's repetition is a duplicate.
  EXPECT_EQ(running.callbacks(1).size(), 1U);
  ASSERT_TRUE(
      eventually([&] { return running.with_intake([](auto& intake) { return intake.handed_over.size(); }) == 2; }));
  EXPECT_EQ(running.notify("1", std::string(kCausesEvents)).status, 200);
  EXPECT_EQ(running.events().size(), 2U);
  EXPECT_EQ(running.counters().unavailable, 1U);
  EXPECT_EQ(running.counters().accepted, 0U);
  EXPECT_EQ(running.counters().duplicates, 1U);
  const std::string lines = log.take();
  EXPECT_NE(lines.find("\"status\":\"unavailable\",\"reason\":\"answer_late\""), std::string::npos) << lines;
  EXPECT_NE(lines.find("\"event\":\"callback_stored_late\",\"source\":\"test\",\"callbackId\":1"), std::string::npos);
}

TEST(ReceiverTrouble, ACallbackThatTheStoreRefusesIsAskedForAgain) {
  RunningReceiver running(passing_on_to_desk());
  running.sql("ALTER TABLE inbound_callbacks RENAME TO hidden_callbacks");
  const auto answer = running.notify("1", std::string(kCausesEvents));
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.has_line("Retry-After: 5"));
  EXPECT_EQ(answer.body.find("inbound_callbacks"), std::string::npos) << "the store's insides are for the log";
  EXPECT_EQ(running.with_intake([](auto& intake) { return intake.settled.size(); }), 2U)
      << "their places are given back";
  EXPECT_EQ(running.counters().unavailable, 1U);
  running.sql("ALTER TABLE hidden_callbacks RENAME TO inbound_callbacks");
  EXPECT_TRUE(eventually([&] { return running.notify("1", std::string(kCausesEvents)).status == 200; }));
  EXPECT_EQ(running.events().size(), 2U);
}

/// Somebody else's transaction, which keeps the writer out of the file.
class ForeignTransaction {
 public:
  explicit ForeignTransaction(const std::filesystem::path& file) {
    if (sqlite3_open(file.c_str(), &connection_) != SQLITE_OK ||
        sqlite3_exec(connection_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK) {
      ADD_FAILURE() << sqlite3_errmsg(connection_);
    }
  }
  ~ForeignTransaction() { sqlite3_close(connection_); }

 private:
  sqlite3* connection_ = nullptr;
};

// Faults 8, 10 and 14 as the source sees them.
TEST(ReceiverTrouble, WhileTheStoreIsAwaySourcesHearItAtOnceAndAfterwardsItGoesOn) {
  RunningReceiver running(passing_on_to_desk());
  {
    const ForeignTransaction transaction(running.database());
    EXPECT_EQ(running.notify("1", std::string(kCausesEvents)).status, 503);
    ASSERT_FALSE(running.commits().healthy());
    // From now on nobody waits for the store, and nothing is kept in memory for it.
    const auto answer = running.notify("2");
    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(answer.body.starts_with("FAIL store_unavailable the callback cannot be stored at the moment"))
        << answer.body;
    EXPECT_TRUE(answer.has_line("Retry-After: 5"));
  }
  EXPECT_TRUE(eventually([&] { return running.notify("1", std::string(kCausesEvents)).status == 200; }));
  EXPECT_EQ(running.events().size(), 2U);
}

TEST(ReceiverTrouble, WhatCannotBePassedOnIsNotDropped) {
  RunningReceiver running(passing_on_to_desk());
  CapturedLog log;
  running.with_intake([](RecordingIntake& intake) { return std::erase(intake.platforms, "desk"); });
  const auto answer = running.notify("1", std::string(kCausesEvents), "the body");
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.body.starts_with("FAIL unknown_platform")) << answer.body;
  EXPECT_EQ(running.with_intake([](auto& intake) { return intake.settled.size(); }), 1U) << "the source's own event";
  const auto callbacks = running.callbacks(1);
  ASSERT_EQ(callbacks.size(), 1U);
  EXPECT_EQ(callbacks[0].verdict, Verdict::kRejected);
  EXPECT_EQ(callbacks[0].callback.reason, "unknown_platform");
  EXPECT_EQ(callbacks[0].callback.body, "the body");
  EXPECT_EQ(callbacks[0].answer_status, 503);
  EXPECT_TRUE(running.events().empty());
  EXPECT_NE(log.take().find("\"level\":\"error\",\"event\":\"callback_unroutable\",\"source\":\"test\""),
            std::string::npos);
  running.with_intake([](RecordingIntake& intake) {
    intake.platforms.emplace_back("desk");
    return 0;
  });
  EXPECT_EQ(running.notify("1", std::string(kCausesEvents), "the body").status, 200);
  EXPECT_EQ(running.events().size(), 2U);
}

TEST(ReceiverTrouble, ASourceAboveItsRateIsPutOff) {
  ReceiverSetup setup;
  setup.sources = {header_source(), header_source("/in/other")};
  setup.sources[1].options.name = "other";
  setup.sources[0].options.rate = 0.001;
  setup.sources[0].options.burst = 2;
  RunningReceiver running(std::move(setup));
  for (const char* id : {"1", "2", "3"}) EXPECT_EQ(running.notify(id).status, 200);
  for (const char* id : {"4", "1"}) {
    const auto answer = running.notify(id);
    EXPECT_EQ(answer.status, 429);
    EXPECT_TRUE(answer.body.starts_with("FAIL rate_exceeded")) << answer.body;
    EXPECT_TRUE(answer.has_line("Retry-After: 1"));
  }
  EXPECT_EQ(running.send("Sign: good\r\nId: 1\r\n", "{}", "/in/other").status, 200) << "its rate is its own";
  EXPECT_EQ(running.counters().over_rate, 2U);
  EXPECT_EQ(running.callbacks().size(), 4U);
}

// Fault 31: a flood of forged callbacks fills neither the disk nor the log.
TEST(ReceiverTrouble, AFloodOfRejectedOnesIsCountedAndNotRecorded) {
  ReceiverSetup setup;
  setup.options.rejections_per_second = 0.001;
  RunningReceiver running(std::move(setup));
  CapturedLog log;
  for (int i = 0; i < 30; ++i) EXPECT_EQ(running.send("Sign: bad\r\n").status, 401);
  EXPECT_EQ(running.notify("1").status, 200) << "honest ones go on";
  EXPECT_EQ(running.callbacks(2).size(), 2U);
  EXPECT_EQ(running.counters().rejected, 30U);
  EXPECT_EQ(running.counters().not_recorded, 29U);
  running.with_intake([](auto&) { return 0; });
  const std::string lines = log.take();
  EXPECT_NE(lines.find("\"event\":\"callbacks_not_recorded\",\"count\":1"), std::string::npos) << lines;
  EXPECT_LE(std::ranges::count(lines, '\n'), 2 + 20) << "one a second at most, and one for each on record";
}

TEST(ReceiverTrouble, AKeyThatCouldMeanTwoThingsIsRejected) {
  RunningReceiver running;
  EXPECT_EQ(running.notify(std::string(255, 'x')).status, 200);
  for (const std::string& id : {std::string(256, 'x'), std::string(), std::string("a\xff"), std::string("a\tb")}) {
    EXPECT_EQ(running.notify(id).body, "FAIL field_invalid") << id;
  }
}

}  // namespace
}  // namespace yizhan::receive
