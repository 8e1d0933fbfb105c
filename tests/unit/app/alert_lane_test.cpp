// Alerts as events of the loop: where they go, what waits, and what becomes of channels that a reload takes away.
#include "app/alert_lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "domain/decide.h"
#include "domain/rate_limit.h"

namespace yizhan::app {
namespace {

using testing::HasSubstr;

constexpr std::string_view kAlert =
    R"({"id":"e-1","cause":"dead_letter:crm","rule":"dead_letter","subject":"crm","state":"raised","title":"x"})";

/// Keeps what it is asked to send, and who asked.
struct Kept {
  std::vector<alert::Message> messages;
  std::vector<alert::Channel::Done> waiting;
  int destroyed = 0;
};

class KeepingChannel final : public alert::Channel {
 public:
  explicit KeepingChannel(Kept& kept) : kept_(kept) {}
  ~KeepingChannel() override { ++kept_.destroyed; }
  void send(alert::Message message, Done done) override {
    kept_.messages.push_back(std::move(message));
    kept_.waiting.push_back(std::move(done));
  }
  const std::string& endpoint_url() const override { return url_; }

 private:
  Kept& kept_;
  std::string url_ = "https://robot.example";
};

class AlertLaneTest : public testing::Test {
 public:
  std::vector<AlertChannel> channels(const DeliveryPolicy& policy = {}) {
    std::vector<AlertChannel> all;
    all.push_back({.name = "ops", .channel = std::make_unique<KeepingChannel>(kept), .policy = policy});
    all.push_back({.name = "off", .channel = nullptr, .policy = policy});
    return all;
  }
  void send(AlertLane& lane, std::string platform, std::string_view payload) {
    store::Event event;
    event.id = "0197aabb-ccdd-7eef-8123-456789abcdef";
    event.platform = std::move(platform);
    event.payload = payload;
    lane.send(event, dispatch::Route{}, [this](AttemptOutcome got) { outcome = std::move(got); });
    EXPECT_FALSE(outcome.has_value()) << "send() must not call back before it returns";
    io.restart();
    io.poll();
  }

  http::asio::io_context io{1};
  Kept kept;
  std::optional<AttemptOutcome> outcome;
};

TEST_F(AlertLaneTest, EachChannelIsAnEndpoint) {
  AlertLane lane(io, channels({.rate_per_second = 0.3}));
  const auto route = lane.route("alert:ops", "");
  ASSERT_TRUE(route) << route.error().message;
  EXPECT_EQ((*route)->endpoint_url, "https://robot.example");
  EXPECT_EQ((*route)->endpoint_key, dispatch::endpoint_key("alert:ops", "https://robot.example"));
  EXPECT_EQ((*route)->platform->name, "alert:ops");
  EXPECT_EQ((*route)->platform->policy.rate_per_second, 0.3);
  EXPECT_EQ(lane.route("alert:ops", "https://elsewhere.example/").error().code, "callback_target_invalid");
}

TEST_F(AlertLaneTest, AlertsForAChannelThatIsNotThereWait) {
  AlertLane lane(io, channels());
  EXPECT_EQ(lane.route("alert:off", "").error().code, "platform_disabled");
  const auto unknown = lane.route("alert:nobody", "");
  EXPECT_EQ(unknown.error().code, "platform_disabled");
  EXPECT_THAT(unknown.error().message, HasSubstr("[alert_channels.nobody]"));
}

TEST_F(AlertLaneTest, SendsTheAlertUnderTheEventsId) {
  AlertLane lane(io, channels());
  send(lane, "alert:ops", kAlert);
  ASSERT_EQ(kept.messages.size(), 1U);
  EXPECT_EQ(kept.messages[0].event_id, "0197aabb-ccdd-7eef-8123-456789abcdef");
  EXPECT_EQ(kept.messages[0].payload, kAlert);
  EXPECT_EQ(kept.messages[0].alert.subject, "crm");
  kept.waiting[0]({});
  EXPECT_TRUE(outcome->succeeded());
}

TEST_F(AlertLaneTest, WhatIsNoAlertIsRefusedForGood) {
  AlertLane lane(io, channels());
  for (const char* payload : {"oops", "{}", R"({"rule":"nonsense"})"}) {
    outcome.reset();
    send(lane, "alert:ops", payload);
    ASSERT_TRUE(outcome.has_value());
    EXPECT_EQ(outcome->error_class, ErrorClass::kAlertRefused) << payload;
    EXPECT_THAT(outcome->error_message, HasSubstr("payload_invalid")) << payload;
  }
  EXPECT_TRUE(kept.messages.empty());
}

TEST_F(AlertLaneTest, AChannelThatIsReplacedEndsWhatItHasInFlight) {
  AlertLane lane(io, channels());
  send(lane, "alert:ops", kAlert);
  lane.replace({});
  EXPECT_EQ(kept.destroyed, 0);
  EXPECT_EQ(lane.route("alert:ops", "").error().code, "platform_disabled");
  kept.waiting[0]({});
  EXPECT_TRUE(outcome->succeeded());
  lane.replace(channels());
  EXPECT_EQ(kept.destroyed, 1);
  EXPECT_TRUE(lane.route("alert:ops", ""));
  outcome.reset();
  lane.replace({});
  send(lane, "alert:ops", kAlert);  // it was routed before
  EXPECT_EQ(outcome->error_class, ErrorClass::kAlertFailed) << "tried again, and then it waits";
}

TEST_F(AlertLaneTest, AnOutcomeMayComeAfterTheLane) {
  auto lane = std::make_unique<AlertLane>(io, channels());
  send(*lane, "alert:ops", kAlert);
  lane.reset();  // as when the service is taken down, and the client ends its calls after that
  kept.waiting[0]({});
  EXPECT_TRUE(outcome->succeeded());
}

/// A robot that mutes who sends more than `limit` in any minute; a hundred alerts that came at once.
TEST(AlertRate, ABurstOfAHundredNeverGoesOverTwentyAMinute) {
  constexpr int kLimit = 20;
  RateLimit rate(18.0 / 60);  // config/alert_channel_kinds.cpp
  std::vector<SteadyTime> sent;
  SteadyTime now{std::chrono::hours{1}};
  while (sent.size() < 100) {
    if (rate.available(now, 1) > 0) {
      rate.take(now, 1);
      sent.push_back(now);
    } else {
      now = *rate.next_token(now);
    }
    const auto in_last_minute =
        std::ranges::count_if(sent, [now](SteadyTime at) { return at > now - std::chrono::minutes{1}; });
    ASSERT_LE(in_last_minute, kLimit) << sent.size();
  }
  EXPECT_LT(now - sent.front(), std::chrono::minutes{6}) << "and it is no slower than it has to be";
}

}  // namespace
}  // namespace yizhan::app
