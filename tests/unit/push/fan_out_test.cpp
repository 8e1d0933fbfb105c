// A pass of the fan-out on a real SQLite store: from notifications to events of the loop.
#include "push/fan_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <optional>

#include "harness/temporary_folder.h"
#include "push/channel.h"

namespace yizhan::push {
namespace {

class FanOutTest : public testing::Test {
 protected:
  static constexpr std::int64_t kEndpointKey = 77;

  void SetUp() override {
    auto opened = store::open_store({store::StoreUrl::Engine::kSqlite, folder_ / "yizhan.db"}, store::OpenMode::kServe);
    ASSERT_TRUE(opened) << opened.error().message;
    factory_ = std::move(*opened);
    ASSERT_TRUE(factory_->migrate());
    auto writer = factory_->open_writer();
    ASSERT_TRUE(writer) << writer.error().message;
    commits_ = std::make_unique<store::GroupCommit>(
        std::move(*writer), [this](auto task) { http::asio::post(io_, std::move(task)); },
        store::GroupCommit::Options{});
    store::FanOutOptions options;
    options.notifications = 2;
    options.endpoint_key = kEndpointKey;
    fan_out_ = std::make_unique<FanOut>(io_, *commits_, options, TextLimits{}, [this] { ++told_; });
  }
  void TearDown() override {
    fan_out_.reset();
    commits_.reset();
    factory_.reset();
  }

  /// Runs `task` on the writer's thread and answers what it returns.
  template <class Task>
  auto on_store(Task task) {
    std::optional<decltype(task(std::declval<store::Store&>()))> result;
    bool done = false;
    commits_->run([&](store::Store& store) {
      result.emplace(task(store));
      http::asio::post(io_, [&done] { done = true; });
    });
    run_until([&] { return done; });
    return std::move(*result);
  }
  void add_notification(const std::string& message_id, const std::string& user_id) {
    store::NewNotification notification;
    notification.message_id = message_id;
    notification.recipient_id = user_id;
    notification.title = "标题";
    notification.body = "内容 " + message_id;
    const auto added = on_store([&](store::Store& store) { return store.add_notification(notification, utc_now()); });
    ASSERT_TRUE(added) << added.error().message;
  }
  void register_device(const std::string& cid, const std::string& user_id) {
    store::DeviceRegistration registration;
    registration.cid = cid;
    registration.user_id = user_id;
    const auto registered =
        on_store([&](store::Store& store) { return store.register_device(registration, utc_now()); });
    ASSERT_TRUE(registered) << registered.error().message;
  }
  StepResult pass() {
    std::optional<StepResult> result;
    fan_out_->run([&](StepResult got) { result = got; });
    EXPECT_FALSE(result.has_value()) << "run() must not call back before it returns";
    run_until([&] { return result.has_value(); });
    return *result;
  }
  std::vector<store::ClaimedEvent> claim() {
    std::optional<Result<store::ClaimReply>> reply;
    commits_->claim({.endpoint_key = kEndpointKey, .limit = 100, .lease_token = "t", .lease = Seconds(60)},
                    [&](Result<store::ClaimReply> got) { reply = std::move(got); });
    run_until([&] { return reply.has_value(); });
    EXPECT_TRUE(*reply);
    return (*reply)->events;
  }
  void run_until(const std::function<bool()>& condition) {
    io_.restart();
    const auto waiting = http::asio::make_work_guard(io_);
    while (!condition()) ASSERT_GT(io_.run_one_for(Seconds(60)), 0U) << "nothing happened for a minute";
  }

  TemporaryFolder folder_;
  std::unique_ptr<store::StoreFactory> factory_;
  http::asio::io_context io_{1};
  std::unique_ptr<store::GroupCommit> commits_;
  std::unique_ptr<FanOut> fan_out_;
  int told_ = 0;
};

TEST_F(FanOutTest, MakesAnEventForEachDevice) {
  register_device("cid-1", "u1");
  register_device("cid-2", "u1");
  add_notification("m1", "u1");
  const StepResult result = pass();
  EXPECT_FALSE(result.more);
  EXPECT_EQ(told_, 1);

  std::vector<std::string> cids;
  for (const store::ClaimedEvent& claimed : claim()) {
    EXPECT_EQ(claimed.event.platform, store::kPushPlatform);
    const auto message = Message::read(claimed.event.id, claimed.event.payload);
    ASSERT_TRUE(message) << message.error().message;
    EXPECT_EQ(message->title(), "标题");
    EXPECT_EQ(message->content(), "内容 m1");
    cids.push_back(message->cid());
  }
  EXPECT_THAT(cids, testing::UnorderedElementsAre("cid-1", "cid-2"));
}

TEST_F(FanOutTest, GoesOnWhileThereIsMore) {
  register_device("cid-1", "u1");
  for (int i = 0; i < 5; ++i) add_notification("m" + std::to_string(i), "u1");
  int passes = 1;
  while (pass().more) ++passes;
  EXPECT_GE(passes, 3) << "two at a time";
  EXPECT_EQ(claim().size(), 5U);
}

TEST_F(FanOutTest, TellsNobodyWhereNothingWasMade) {
  EXPECT_FALSE(pass().more);
  add_notification("m1", "nobody");
  pass();
  EXPECT_EQ(told_, 0);
  EXPECT_TRUE(claim().empty());
}

TEST_F(FanOutTest, WhatFailsIsTriedAgainLaterAndLater) {
  register_device("cid-1", "u1");
  add_notification("m1", "u1");
  ASSERT_TRUE(on_store([](store::Store& store) {
    return store.sql("CREATE TRIGGER broken BEFORE INSERT ON push_deliveries BEGIN SELECT RAISE(ABORT, 'broken'); END");
  }));
  Microseconds last{0};
  for (int i = 0; i < 3; ++i) {
    const UtcTime before = utc_now();
    const StepResult result = pass();
    EXPECT_FALSE(result.more);
    ASSERT_TRUE(result.next_at.has_value());
    EXPECT_GT(*result.next_at - before, last);
    last = *result.next_at - utc_now() + Milliseconds(500);
  }
  EXPECT_EQ(told_, 0);
  ASSERT_TRUE(on_store([](store::Store& store) { return store.sql("DROP TRIGGER broken"); }));
  pass();
  EXPECT_EQ(told_, 1);
}

TEST_F(FanOutTest, APassInHandIsNotCompletedWhenItIsDestroyed) {
  register_device("cid-1", "u1");
  add_notification("m1", "u1");
  bool completed = false;
  fan_out_->run([&](StepResult) { completed = true; });
  fan_out_.reset();
  EXPECT_EQ(claim().size(), 1U) << "the transaction is";
  EXPECT_FALSE(completed);
  EXPECT_EQ(told_, 0);
}

}  // namespace
}  // namespace yizhan::push
