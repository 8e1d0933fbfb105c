// Another configuration while events are under way.
#include "dispatcher_fixture.h"

namespace yizhan::dispatch {
namespace {

TEST_F(DispatcherTest, EventsOfOneEndpointGoOutWithTheirOwnQueries) {
  start();
  std::vector<store::NewEvent> events;
  for (const char* target : {"hook?n=1", "hook?n=2", "hook?n=3"}) events.push_back(make_event("crm", target));
  accept(std::move(events));
  run_until([&] { return lane_.waiting.size() == 3; });
  std::vector<std::string> targets;
  for (const auto& sent : lane_.waiting) targets.push_back(sent.target);
  EXPECT_EQ(targets, (std::vector<std::string>{"/hook?n=1", "/hook?n=2", "/hook?n=3"}));
}

TEST_F(DispatcherTest, WhatWaitsGoesTheNewWayAndWhatIsInFlightEndsAsItBegan) {
  DeliveryPolicy one_at_once;
  one_at_once.in_flight_cap = 1;
  const auto* before = &lane_.add("crm", one_at_once);
  start();
  std::vector<store::NewEvent> events;
  for (int i = 0; i < 3; ++i) events.push_back(make_event("crm"));
  const auto ids = accept(std::move(events));
  run_until([&] { return lane_.waiting.size() == 1; });
  const auto kept = lane_.waiting.front().platform;
  EXPECT_EQ(kept.get(), before);

  const auto* after = &lane_.add("crm", DeliveryPolicy{});
  dispatcher_->routes_changed(options_);
  run_until([&] { return lane_.waiting.size() == 3; });
  EXPECT_EQ(lane_.waiting[0].platform.get(), before);
  EXPECT_EQ(lane_.waiting[1].platform.get(), after);
  EXPECT_EQ(lane_.waiting[2].platform.get(), after);
  lane_.answer_all(200);
  for (const std::string& id : ids) run_until_status(id, EventStatus::kDelivered);
  EXPECT_EQ(lane_.all().size(), 3U) << "nothing was sent twice";
}

TEST_F(DispatcherTest, EventsOfAPlatformThatMovedGoToItsNewPlace) {
  DeliveryPolicy one_at_once;
  one_at_once.in_flight_cap = 1;
  lane_.add("crm", one_at_once);
  start();
  std::vector<store::NewEvent> events;
  for (int i = 0; i < 3; ++i) events.push_back(make_event("crm"));
  const auto ids = accept(std::move(events));
  run_until([&] { return lane_.waiting.size() == 1; });
  lane_.add("crm", DeliveryPolicy{}).base_url = "http://moved.example/";
  dispatcher_->routes_changed(options_);
  run_until([&] { return lane_.waiting.size() == 3; });
  EXPECT_EQ(lane_.waiting[0].endpoint_url, "http://crm.example/");
  EXPECT_EQ(lane_.waiting[1].endpoint_url, "http://moved.example/");
  EXPECT_EQ(lane_.waiting[2].endpoint_url, "http://moved.example/");
  lane_.answer_all(200);
  for (const std::string& id : ids) run_until_status(id, EventStatus::kDelivered);
  EXPECT_EQ(lane_.all().size(), 3U);
}

TEST_F(DispatcherTest, EventsOfAPlatformThatIsGoneWait) {
  DeliveryPolicy one_at_once;
  one_at_once.in_flight_cap = 1;
  lane_.add("crm", one_at_once);
  start();
  std::vector<store::NewEvent> events;
  for (int i = 0; i < 2; ++i) events.push_back(make_event("crm"));
  const auto ids = accept(std::move(events));
  run_until([&] { return lane_.waiting.size() == 1; });
  lane_.remove("crm");
  dispatcher_->routes_changed(options_);
  lane_.answer_all(503);
  run_until_status(ids[0], EventStatus::kRetrying);
  run_until([&] { return look(ids[1])->last_error.contains("no such platform"); });
  EXPECT_EQ(look(ids[1])->status, EventStatus::kPending);
  EXPECT_EQ(lane_.all().size(), 1U);
}

TEST_F(DispatcherTest, AnEventThatWasBeingStoredGoesTheNewWay) {
  start();
  store::NewEvent event = make_event("crm");
  const std::string id = event.event.id;
  ASSERT_TRUE(dispatcher_->prepare(event));
  EXPECT_FALSE(event.lease_token.empty());
  lane_.add("crm", DeliveryPolicy{}).base_url = "http://moved.example/";
  dispatcher_->routes_changed(options_);
  std::vector<store::NewEvent> events;
  events.push_back(std::move(event));
  commits_->accept({std::move(events)}, [&](auto accepted, store::AcceptCall call) {
    ASSERT_TRUE(accepted);
    dispatcher_->accepted(*accepted, std::move(call));
  });
  run_until([&] { return lane_.waiting.size() == 1; });
  EXPECT_EQ(lane_.waiting[0].endpoint_url, "http://moved.example/");
  lane_.answer_all(200);
  run_until_status(id, EventStatus::kDelivered);
}

TEST_F(DispatcherTest, AnEndpointKeepsWhatIsKnownOfIt) {
  DeliveryPolicy policy;
  policy.breaker_threshold = 2;
  policy.breaker_open = std::chrono::minutes(5);
  policy.breaker_open_max = std::chrono::minutes(5);
  lane_.add("crm", policy);
  start();
  lane_.answer_all(500);
  accept_one("crm");
  accept_one("crm");
  const auto state = [&] {
    const auto& endpoints = dispatcher_->endpoints();
    const auto found = endpoints.find(endpoint_key("crm", "http://crm.example/"));
    return found == endpoints.end() ? Breaker::State::kClosed
                                    : found->second->breaker.state(std::chrono::steady_clock::now());
  };
  run_until([&] { return state() == Breaker::State::kOpen; });
  policy.in_flight_cap = 7;
  lane_.add("crm", policy);
  dispatcher_->routes_changed(options_);
  accept_one("crm");
  EXPECT_EQ(state(), Breaker::State::kOpen);
}

}  // namespace
}  // namespace yizhan::dispatch
