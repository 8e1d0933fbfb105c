// Deliveries as events of the loop: where they go, and what becomes of one that cannot be sent to anybody.
#include "app/push_lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace yizhan::app {
namespace {

using testing::HasSubstr;

/// Keeps what it is asked to send.
class KeepingChannel final : public push::Channel {
 public:
  explicit KeepingChannel(std::vector<push::Message>& sent) : sent_(sent) {}
  void send(push::Message message, Done done) override {
    sent_.push_back(std::move(message));
    done({});
  }
  const std::string& endpoint_url() const override { return url_; }

 private:
  std::vector<push::Message>& sent_;
  std::string url_ = "https://fc.example/push";
};

class PushLaneTest : public testing::Test {
 public:
  store::Event event_with(std::string payload) {
    store::Event event;
    event.id = "0197aabb-ccdd-7eef-8123-456789abcdef";
    event.platform = store::kPushPlatform;
    event.payload = std::move(payload);
    return event;
  }
  AttemptOutcome send(PushLane& lane, std::string payload) {
    store::Event event = event_with(std::move(payload));
    std::optional<AttemptOutcome> outcome;
    lane.send(event, dispatch::Route{}, [&](AttemptOutcome got) { outcome = std::move(got); });
    io.restart();
    io.poll();
    EXPECT_TRUE(outcome.has_value());
    return outcome.value_or(AttemptOutcome{});
  }

  http::asio::io_context io{1};
  std::vector<push::Message> sent;
};

TEST_F(PushLaneTest, HasOneEndpoint) {
  DeliveryPolicy policy;
  policy.max_retries = 3;
  PushLane lane(io, std::make_unique<KeepingChannel>(sent), policy);
  const auto route = lane.route("push", "");
  ASSERT_TRUE(route) << route.error().message;
  EXPECT_EQ((*route)->endpoint_url, "https://fc.example/push");
  EXPECT_EQ((*route)->endpoint_key, dispatch::endpoint_key("push", "https://fc.example/push"));
  EXPECT_EQ((*route)->endpoint_key, lane.endpoint_key());
  EXPECT_EQ((*route)->platform->name, "push");
  EXPECT_EQ((*route)->platform->policy.max_retries, 3);
  EXPECT_EQ(*lane.route("push", ""), *route);
  EXPECT_EQ(lane.route("push", "https://elsewhere.example/").error().code, "callback_target_invalid");
}

TEST_F(PushLaneTest, WithoutAChannelItsEventsWait) {
  PushLane lane(io, nullptr, {});
  const auto route = lane.route("push", "");
  ASSERT_FALSE(route);
  EXPECT_EQ(route.error().code, "platform_disabled");
  EXPECT_THAT(route.error().message, HasSubstr("CLOUD_FUNC_URL"));
  EXPECT_EQ(lane.endpoint_key(), store::kUnrouted);
}

TEST_F(PushLaneTest, SendsTheMessageUnderTheEventsId) {
  PushLane lane(io, std::make_unique<KeepingChannel>(sent), {});
  EXPECT_TRUE(send(lane, R"({"cid":"c","content":"x"})").succeeded());
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].cid(), "c");
  EXPECT_EQ(sent[0].request_id(), "0197aabbccdd7eef8123456789abcdef");
}

TEST_F(PushLaneTest, WhatNobodyCanBeSentIsRefusedForGood) {
  PushLane lane(io, std::make_unique<KeepingChannel>(sent), {});
  for (const auto& [payload, code] : std::vector<std::pair<std::string, std::string>>{
           {R"({"content":"x"})", "cid_missing"}, {R"({"cid":"c"})", "content_empty"}, {"oops", "payload_invalid"}}) {
    const AttemptOutcome outcome = send(lane, payload);
    EXPECT_EQ(outcome.error_class, ErrorClass::kPushRefused);
    EXPECT_TRUE(is_final(outcome.error_class));
    EXPECT_THAT(outcome.error_message, HasSubstr(code));
    EXPECT_GT(outcome.started_at, UtcTime{});
  }
  EXPECT_TRUE(sent.empty());
}

TEST_F(PushLaneTest, ARefusalComesAfterTheCall) {
  PushLane lane(io, std::make_unique<KeepingChannel>(sent), {});
  store::Event event = event_with("oops");
  int called = 0;
  lane.send(event, dispatch::Route{}, [&](const AttemptOutcome&) { ++called; });
  EXPECT_EQ(called, 0);
  io.poll();
  EXPECT_EQ(called, 1);
}

/// Answers when it is told to.
class SlowChannel final : public push::Channel {
 public:
  SlowChannel(std::vector<Done>& waiting, bool& destroyed) : waiting_(waiting), destroyed_(destroyed) {}
  ~SlowChannel() override { destroyed_ = true; }
  void send(push::Message, Done done) override { waiting_.push_back(std::move(done)); }
  const std::string& endpoint_url() const override { return url_; }

 private:
  std::vector<Done>& waiting_;
  bool& destroyed_;
  std::string url_ = "https://old.example/push";
};

TEST_F(PushLaneTest, AChannelThatIsReplacedEndsWhatItHasInFlight) {
  std::vector<push::Channel::Done> waiting;
  bool destroyed = false;
  PushLane lane(io, std::make_unique<SlowChannel>(waiting, destroyed), {});
  const auto before = lane.route("push", "");
  store::Event event = event_with(R"({"cid":"c","content":"x"})");
  int answered = 0;
  for (int i = 0; i < 2; ++i) lane.send(event, **before, [&](const AttemptOutcome&) { ++answered; });
  lane.replace(std::make_unique<KeepingChannel>(sent), {});
  EXPECT_FALSE(destroyed);
  EXPECT_EQ((*lane.route("push", ""))->endpoint_url, "https://fc.example/push");
  EXPECT_TRUE(send(lane, R"({"cid":"c","content":"x"})").succeeded());
  EXPECT_EQ(sent.size(), 1U);
  waiting[0]({});
  io.restart();
  io.poll();
  EXPECT_FALSE(destroyed) << "one is still in flight";
  waiting[1]({});
  EXPECT_FALSE(destroyed) << "it is on its own stack";
  io.restart();
  io.poll();
  EXPECT_TRUE(destroyed);
  EXPECT_EQ(answered, 2);
}

TEST_F(PushLaneTest, AChannelWithNothingInFlightEndsAtOnce) {
  std::vector<push::Channel::Done> waiting;
  bool destroyed = false;
  PushLane lane(io, std::make_unique<SlowChannel>(waiting, destroyed), {});
  lane.replace(nullptr, {});
  EXPECT_TRUE(destroyed);
  EXPECT_EQ(lane.route("push", "").error().code, "platform_disabled");
  EXPECT_EQ(lane.endpoint_key(), store::kUnrouted);
}

}  // namespace
}  // namespace yizhan::app
