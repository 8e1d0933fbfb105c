// The way of an event through the loop: sent, recorded, tried again, claimed, given back.
#include "dispatcher_fixture.h"
#include "domain/lease.h"

namespace yizhan::dispatch {
namespace {

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

/// The lease of an event whose endpoint is not known may be too short for an attempt at that endpoint: it is claimed
/// again, as one of that endpoint.
TEST_F(DispatcherTest, ALeaseThatIsTooShortForTheEndpointIsTakenAnew) {
  DeliveryPolicy patient;
  patient.timeout = 5min;
  ASSERT_LT(options_.longest_timeout + kLeaseMargin, patient.timeout);
  lane_.add("patient", patient);
  start();
  lane_.answer_all(200);
  bool stored = false;
  store::AcceptCall call;
  call.events.push_back(make_event("patient"));
  const std::string id = call.events[0].event.id;
  commits_->accept(std::move(call),
                   [&](const auto& accepted, const store::AcceptCall&) { stored = accepted.has_value(); });
  run_until([&] { return stored; });
  run_until_status(id, EventStatus::kDelivered);
  EXPECT_EQ(lane_.all(), std::vector<std::string>{id});
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
  auto tool = store::open_store({store::StoreUrl::Engine::kSqlite, folder_ / "yizhan.db"}, store::OpenMode::kTool);
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
    commits_->accept(std::move(call),
                     [&](const auto& accepted, const store::AcceptCall&) { stored = accepted.has_value(); });
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

TEST_F(DispatcherTest, Fault47_StoppingGivesBackWhatAClaimInHandStillBrings) {
  start();
  store::AcceptCall call;
  call.events.push_back(make_event("crm"));
  const std::string id = call.events[0].event.id;
  const std::int64_t key = call.events[0].endpoint_key = lane_.route("crm", "").value()->endpoint_key;
  // The dispatcher is not told: a poll finds the event, and with that a claim is on its way to the writer.
  commits_->accept(std::move(call), [](const auto&, const auto&) {});
  run_until([&] { return dispatcher_->endpoints().contains(key); });
  bool stopped = false;
  dispatcher_->stop(10s, [&] { stopped = true; });
  run_until([&] { return stopped; });
  dispatcher_.reset();
  commits_.reset();  // when the process ends, what was handed over is still committed
  EXPECT_EQ(look(id)->lease_expires_at, std::nullopt);
  EXPECT_EQ(look(id)->attempt_count, 0);
  EXPECT_TRUE(lane_.all().empty());
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
  accept_one("crm");
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
