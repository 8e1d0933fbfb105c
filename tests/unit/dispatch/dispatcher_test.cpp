// The loop on a real SQLite store, with a lane whose outcomes the test decides.
#include "dispatch/dispatcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/random.h"

namespace yizhan::dispatch {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

/// Sends nothing: keeps what was asked for until the test answers it.
class ScriptedLane final : public Lane {
 public:
  struct Sent {
    std::string id;
    std::string payload;
    std::string endpoint_url;
    Done done;
  };

  explicit ScriptedLane(http::asio::io_context& io) : io_(io) {
    for (const char* name : {"crm", "shop"}) add(name, DeliveryPolicy{});
  }

  Platform& add(const std::string& name, DeliveryPolicy policy) {
    policy.jitter = 0;
    auto platform = std::make_shared<Platform>();
    platform->name = name;
    platform->base_url = "http://" + name + ".example/";
    platform->policy = policy;
    platforms_[name] = platform;
    return *platform;
  }

  Result<std::shared_ptr<const Route>> route(std::string_view platform, std::string_view callback_target) override {
    const auto found = platforms_.find(std::string(platform));
    if (found == platforms_.end()) return fail("unknown_platform", "no such platform");
    if (!found->second->enabled) return fail("platform_disabled", "disabled");
    auto route = std::make_shared<Route>();
    route->platform = found->second;
    route->endpoint_url = found->second->base_url + std::string(callback_target);
    route->endpoint_key = endpoint_key(platform, route->endpoint_url);
    return route;
  }

  void send(store::Event& event, const Route& route, Done done) override {
    all_.push_back(event.id);
    Sent sent{event.id, event.payload, route.endpoint_url, std::move(done)};
    if (!automatic_) {
      waiting.push_back(std::move(sent));
      return;
    }
    http::asio::post(io_, [this, sent = std::move(sent)]() mutable { sent.done(outcome(automatic_status_)); });
  }

  static AttemptOutcome outcome(int status) {
    AttemptOutcome outcome;
    outcome.started_at = utc_now();
    outcome.response_status = status;
    outcome.error_class = class_of_status(status);
    if (!outcome.succeeded()) outcome.error_message = "status " + std::to_string(status);
    return outcome;
  }

  /// Answers everything that is sent from now on, and all that waits, with this status.
  void answer_all(int status) {
    automatic_ = true;
    automatic_status_ = status;
    for (Sent& sent : std::exchange(waiting, {})) sent.done(outcome(status));
  }
  void answer_first(int status) {
    Sent sent = std::move(waiting.front());
    waiting.erase(waiting.begin());
    sent.done(outcome(status));
  }

  std::vector<Sent> waiting;
  const std::vector<std::string>& all() const { return all_; }

 private:
  http::asio::io_context& io_;
  std::map<std::string, std::shared_ptr<Platform>> platforms_;
  std::vector<std::string> all_;
  bool automatic_ = false;
  int automatic_status_ = 200;
};

class DispatcherTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("yizhan-dispatch-" + random_hex(8));
    std::filesystem::create_directories(directory_);
    auto opened =
        store::open_store({store::StoreUrl::Engine::kSqlite, directory_ / "yizhan.db"}, store::OpenMode::kServe);
    ASSERT_TRUE(opened) << opened.error().message;
    factory_ = std::move(*opened);
    ASSERT_TRUE(factory_->migrate());
    options_.poll_interval = 50ms;
  }

  void TearDown() override {
    dispatcher_.reset();
    reads_.reset();
    commits_.reset();
    factory_.reset();
    std::filesystem::remove_all(directory_);
  }

  void start() {
    auto writer = factory_->open_writer();
    ASSERT_TRUE(writer) << writer.error().message;
    auto reader = factory_->open_reader();
    ASSERT_TRUE(reader) << reader.error().message;
    commits_ = std::make_unique<store::GroupCommit>(
        std::move(*writer), [this](auto task) { http::asio::post(io_, std::move(task)); },
        store::GroupCommit::Options{});
    reads_ = std::make_unique<store::ReadThread>(std::move(*reader));
    dispatcher_ = std::make_unique<Dispatcher>(io_, lane_, *commits_, *reads_, options_);
    dispatcher_->start();
  }

  store::NewEvent make_event(const std::string& platform, const std::string& target = "") {
    store::NewEvent event;
    event.event.created_at = utc_now();
    event.event.id = ids_.make(event.event.created_at);
    event.event.platform = platform;
    event.event.event_type = "test.event";
    event.event.callback_target = target;
    event.event.payload = "{}";
    event.first_attempt_at = event.event.created_at;
    return event;
  }

  /// Hands events over as the API does; done when they are durable.
  std::vector<std::string> accept(std::vector<store::NewEvent> events) {
    std::vector<std::string> ids;
    for (store::NewEvent& event : events) {
      const auto prepared = dispatcher_->prepare(event);
      EXPECT_TRUE(prepared) << prepared.error().message;
      ids.push_back(event.event.id);
    }
    bool done = false;
    commits_->accept({std::move(events)}, [&](auto accepted, store::AcceptCall call) {
      EXPECT_TRUE(accepted) << accepted.error().message;
      dispatcher_->accepted(*accepted, std::move(call));
      done = true;
    });
    run_until([&] { return done; });
    return ids;
  }
  std::string accept_one(const std::string& platform, const std::string& target = "") {
    std::vector<store::NewEvent> events;
    events.push_back(make_event(platform, target));
    return accept(std::move(events)).front();
  }

  void run_until(const std::function<bool()>& condition, std::chrono::milliseconds limit = 20s) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the condition never came true";
      io_.restart();
      io_.run_one_for(20ms);
    }
  }

  std::optional<store::EventView> look(const std::string& id) {
    std::optional<store::EventView> view;
    bool done = false;
    reads_->run([&](store::Store& store) {
      auto found = store.find_event(id, false);
      EXPECT_TRUE(found);
      http::asio::post(io_, [&, found = std::move(found)]() mutable {
        view = std::move(*found);
        done = true;
      });
    });
    run_until([&] { return done; });
    return view;
  }
  void run_until_status(const std::string& id, EventStatus status) {
    run_until([&] { return look(id)->status == status; });
  }

  std::filesystem::path directory_;
  std::unique_ptr<store::StoreFactory> factory_;
  http::asio::io_context io_{1};
  ScriptedLane lane_{io_};
  DispatcherOptions options_;
  std::unique_ptr<store::GroupCommit> commits_;
  std::unique_ptr<store::ReadThread> reads_;
  std::unique_ptr<Dispatcher> dispatcher_;
  IdMaker ids_;
};

TEST_F(DispatcherTest, AFreshEventIsSentFromMemoryAndDelivered) {
  start();
  const std::string id = accept_one("crm");
  run_until([&] { return lane_.waiting.size() == 1; });
  EXPECT_EQ(commits_->counters().events_claimed, 0U) << "a fresh event needs no claim";
  EXPECT_EQ(look(id)->status, EventStatus::kPending) << "a claim never changes the status";
  EXPECT_TRUE(look(id)->lease_expires_at.has_value());
  lane_.answer_first(200);
  run_until_status(id, EventStatus::kDelivered);
  EXPECT_EQ(dispatcher_->counters().at("crm").delivered, 1U);
}

TEST_F(DispatcherTest, AnEventForLaterLeavesWhenItIsDue) {
  start();
  lane_.answer_all(200);
  std::vector<store::NewEvent> events;
  events.push_back(make_event("crm"));
  const UtcTime due = events[0].event.created_at + 300ms;
  events[0].first_attempt_at = due;
  const std::string id = accept(std::move(events)).front();
  EXPECT_TRUE(lane_.all().empty());
  run_until_status(id, EventStatus::kDelivered);
  EXPECT_GE(utc_now(), due);
}

TEST_F(DispatcherTest, EveryTryOfTheScheduleIsMadeAndThenItIsADeadLetter) {
  lane_.add("crm", {.max_retries = 2, .retry_schedule = {0s, 0s}, .breaker_threshold = 0});
  start();
  lane_.answer_all(404);
  const std::string id = accept_one("crm");
  run_until_status(id, EventStatus::kDeadLetter);
  EXPECT_EQ(lane_.all().size(), 3U);
  EXPECT_EQ(look(id)->attempt_count, 3);
}

TEST_F(DispatcherTest, NoMoreAreInFlightThanTheEndpointMayHave) {
  lane_.add("crm", {.in_flight_cap = 3});
  start();
  for (int i = 0; i < 10; ++i) accept_one("crm");
  EXPECT_EQ(lane_.waiting.size(), 3U);
  lane_.answer_first(200);
  run_until([&] { return lane_.waiting.size() == 3U; });
  EXPECT_EQ(lane_.all().size(), 4U);
}

TEST_F(DispatcherTest, AnEndpointThatHangsHoldsUpNoOther) {
  start();
  for (int i = 0; i < 200; ++i) accept_one("crm", "hang");
  const std::size_t hanging = lane_.waiting.size();
  const std::string other_path = accept_one("crm", "ok");
  const std::string other_platform = accept_one("shop");
  run_until([&] { return lane_.waiting.size() == hanging + 2; });
  lane_.waiting[hanging].done(ScriptedLane::outcome(200));
  lane_.waiting[hanging + 1].done(ScriptedLane::outcome(200));
  run_until_status(other_path, EventStatus::kDelivered);
  run_until_status(other_platform, EventStatus::kDelivered);
}

TEST_F(DispatcherTest, WhatMemoryHasNoRoomForIsClaimedLaterAndNothingIsSentTwice) {
  options_.queued_events_per_endpoint = 8;
  lane_.add("crm", {.in_flight_cap = 4});
  start();
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(accept_one("crm"));
  EXPECT_LE(lane_.waiting.size(), 4U);
  lane_.answer_all(200);
  for (const std::string& id : ids) run_until_status(id, EventStatus::kDelivered);
  auto sent = lane_.all();
  std::ranges::sort(sent);
  EXPECT_TRUE(std::ranges::adjacent_find(sent) == sent.end()) << "an event was sent twice";
  EXPECT_EQ(sent.size(), ids.size());
  EXPECT_GT(commits_->counters().events_claimed, 0U);
}

TEST_F(DispatcherTest, ABacklogInTheStoreIsFoundAtTheStart) {
  {
    auto writer = factory_->open_writer();
    ASSERT_TRUE(writer);
    store::WriteBatch batch;
    batch.now = utc_now();
    store::AcceptCall call;
    for (int i = 0; i < 500; ++i) {
      auto event = make_event("crm");
      // Half of them as an INSERT by hand leaves them: without an endpoint.
      if (i % 2 == 0) event.endpoint_key = (*lane_.route("crm", ""))->endpoint_key;
      call.events.push_back(std::move(event));
    }
    batch.accepts.push_back(std::move(call));
    ASSERT_TRUE((*writer)->write(batch));
  }
  lane_.answer_all(200);
  start();
  run_until([&] { return lane_.all().size() == 500; });
  run_until([&] { return commits_->counters().results_recorded == 500; });
}

TEST_F(DispatcherTest, NewcomersDoNotOvertakeABacklog) {
  options_.queued_events_per_endpoint = 4;
  lane_.add("crm", {.in_flight_cap = 1});
  start();
  std::vector<std::string> ids;
  for (int i = 0; i < 30; ++i) ids.push_back(accept_one("crm"));
  while (lane_.all().size() < 30) {
    run_until([&] { return !lane_.waiting.empty(); });
    lane_.answer_first(200);
  }
  EXPECT_EQ(lane_.all(), ids);
}

TEST_F(DispatcherTest, EventsOfOneKeyGoOutInOrder) {
  start();
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    std::vector<store::NewEvent> events;
    events.push_back(make_event("crm"));
    events[0].event.order_key = "order-1";
    ids.push_back(accept(std::move(events)).front());
  }
  const std::string free = accept_one("crm");
  run_until([&] { return lane_.waiting.size() == 2; });
  EXPECT_EQ(lane_.waiting[0].id, ids[0]);
  EXPECT_EQ(lane_.waiting[1].id, free);
  lane_.answer_all(200);
  run_until_status(ids[2], EventStatus::kDelivered);
  EXPECT_EQ(lane_.all(), (std::vector{ids[0], free, ids[1], ids[2]}));
}

TEST_F(DispatcherTest, Fault25_GoneDisablesTheEndpointAndItsEventsWaitUntilItIsEnabled) {
  start();
  const std::string first = accept_one("crm");
  run_until([&] { return lane_.waiting.size() == 1; });
  lane_.answer_first(410);
  const std::string second = accept_one("crm");
  run_until([&] { return !dispatcher_->endpoints().begin()->second->disabling; });
  run_until_status(first, EventStatus::kRetrying);
  EXPECT_EQ(look(second)->status, EventStatus::kPending);
  EXPECT_EQ(lane_.all().size(), 1U);
  lane_.answer_all(200);
  const std::int64_t key = (*lane_.route("crm", ""))->endpoint_key;
  bool enabled = false;
  commits_->run([&](store::Store& store) {
    const auto done = store.enable_endpoint(key);
    EXPECT_TRUE(done && *done);
    http::asio::post(io_, [&] {
      dispatcher_->endpoint_enabled(key);
      enabled = true;
    });
  });
  run_until([&] { return enabled; });
  run_until_status(second, EventStatus::kDelivered);
}

TEST_F(DispatcherTest, AnEditByHandIsNoticedAtThePoll) {
  start();
  lane_.answer_all(200);
  const std::string id = accept_one("crm");
  run_until_status(id, EventStatus::kDelivered);
  reads_.reset();
  dispatcher_.reset();
  auto tool = store::open_store({store::StoreUrl::Engine::kSqlite, directory_ / "yizhan.db"}, store::OpenMode::kTool);
  ASSERT_TRUE(tool);
  auto edit = (*tool)->open_reader();
  ASSERT_TRUE(edit);
  auto reader = factory_->open_reader();
  ASSERT_TRUE(reader);
  reads_ = std::make_unique<store::ReadThread>(std::move(*reader));
  dispatcher_ = std::make_unique<Dispatcher>(io_, lane_, *commits_, *reads_, options_);
  dispatcher_->start();
  run_until([&] { return dispatcher_->in_flight() == 0; });
  const auto done = (*edit)->sql(
      "UPDATE cs_platform_event_outbox SET status = 'pending', next_attempt_at = NOW(), "
      "last_error = NULL, updated_at = NOW() WHERE id = '" +
      id + "'");
  ASSERT_TRUE(done) << done.error().message;
  run_until([&] { return lane_.all().size() == 2; });
  run_until_status(id, EventStatus::kDelivered);
}

TEST_F(DispatcherTest, AnUnknownPlatformSetsTheEventAsideWithTheReason) {
  start();
  bool stored = false;
  const std::string id = [&] {
    store::AcceptCall call;
    call.events.push_back(make_event("nobody"));
    std::string made = call.events[0].event.id;
    commits_->accept(std::move(call), [&](auto accepted, store::AcceptCall) { stored = accepted.has_value(); });
    return made;
  }();
  run_until([&] { return stored; });
  run_until([&] { return !look(id)->last_error.empty(); });
  EXPECT_EQ(look(id)->status, EventStatus::kPending);
  EXPECT_EQ(look(id)->attempt_count, 0);
  EXPECT_TRUE(lane_.all().empty());
}

TEST_F(DispatcherTest, Fault47_StoppingWaitsForWhatIsInFlightAndGivesTheRestBack) {
  lane_.add("crm", {.in_flight_cap = 1});
  start();
  const std::string flying = accept_one("crm");
  const std::string queued = accept_one("crm");
  run_until([&] { return lane_.waiting.size() == 1; });
  bool stopped = false;
  dispatcher_->stop(10s, [&] { stopped = true; });
  run_until([&] { return !look(queued)->lease_expires_at.has_value(); });
  EXPECT_FALSE(stopped);
  lane_.answer_first(200);
  run_until([&] { return stopped; });
  EXPECT_EQ(look(flying)->status, EventStatus::kDelivered);
  EXPECT_EQ(look(queued)->status, EventStatus::kPending);
  EXPECT_EQ(lane_.all().size(), 1U);
}

TEST_F(DispatcherTest, TheGraceTimeEndsAStopThatAnAttemptWouldHoldUp) {
  start();
  accept_one("crm");
  run_until([&] { return lane_.waiting.size() == 1; });
  bool stopped = false;
  dispatcher_->stop(50ms, [&] { stopped = true; });
  run_until([&] { return stopped; });
}

TEST_F(DispatcherTest, ABreakerThatIsOpenHoldsEventsWithoutUsingUpTheirAttempts) {
  lane_.add("crm", {.max_retries = 0, .breaker_threshold = 2, .breaker_open = 200ms, .breaker_open_max = 200ms});
  start();
  const std::string first = accept_one("crm");
  const std::string second = accept_one("crm");
  run_until([&] { return lane_.waiting.size() == 2; });
  lane_.answer_first(500);
  lane_.answer_first(500);
  run_until_status(second, EventStatus::kDeadLetter);
  const std::string third = accept_one("crm");
  EXPECT_EQ(look(third)->status, EventStatus::kPending);
  EXPECT_EQ(lane_.all().size(), 2U);
  lane_.answer_all(200);
  run_until_status(third, EventStatus::kDelivered);
}

}  // namespace
}  // namespace yizhan::dispatch
