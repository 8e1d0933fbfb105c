// The way of a callback from the socket to the store and back.
#include "receive/receiver.h"

#include <gtest/gtest.h>

#include "base/json_scan.h"
#include "base/log.h"
#include "receiver_harness.h"

namespace yizhan::receive {
namespace {

using store::EffectResult;
using store::Verdict;

Route route_to(std::string platform, std::string source = "*", std::string event_type = "",
               std::vector<FieldCondition> conditions = {}) {
  return {std::move(source), std::move(event_type), std::move(conditions), std::move(platform), ""};
}

TEST(Receiver, PutsAnAcceptedCallbackOnRecord) {
  RunningReceiver running;
  const std::string body("{\"a\":\0\xff}", 8);
  EXPECT_EQ(running
                .send("Sign: good\r\nType: test.event\r\nId: 1\r\nX-Secret: canary\r\nOdd: odd_thing\r\n", body,
                      "/in/test?token=canary&x=1")
                .body,
            "OK");
  const auto callbacks = running.callbacks();
  ASSERT_EQ(callbacks.size(), 1U);
  const store::CallbackView& view = callbacks[0];
  EXPECT_EQ(view.verdict, Verdict::kAccepted);
  EXPECT_EQ(view.callback.source, "test");
  EXPECT_EQ(view.callback.event_type, "test.event");
  EXPECT_EQ(view.callback.idempotency_key, "1");
  EXPECT_EQ(view.callback.peer, "127.0.0.1");
  EXPECT_EQ(view.callback.target, "/in/test?token=[redacted]&x=1");
  EXPECT_EQ(view.callback.headers,
            "Host: h\nSign: good\nType: test.event\nId: 1\nX-Secret: [redacted]\nOdd: odd_thing\nContent-Length: 8\n");
  EXPECT_EQ(view.callback.body, body) << "raw bytes (fault 38)";
  EXPECT_EQ(view.callback.body_size, 8);
  EXPECT_EQ(view.callback.reason, "odd_thing");
  EXPECT_EQ(view.answer_status, 200);
  ASSERT_EQ(view.keys.size(), 1U) << "empty keys are none";
  EXPECT_EQ(view.keys[0].name, "message_id");
  EXPECT_LT(std::chrono::abs(view.callback.received_at - utc_now()), Seconds{60});
  EXPECT_EQ(running.counters().accepted, 1U);
}

// Invariant 1: nothing is acknowledged before it is durable.
TEST(Receiver, AnswersNothingBeforeItIsDurable) {
  RunningReceiver running;
  http::RawPeer peer(running.server().port);
  {
    const HeldWriter held(running.commits());
    peer.send(RunningReceiver::request("Sign: good\r\nId: 1\r\n"));
    ASSERT_TRUE(eventually([&] { return running.server().counters().requests == 1; }));
    // Whoever comes later is answered, so this one would have been.
    EXPECT_EQ(running.ask("GET /health HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
    EXPECT_FALSE(peer.has_received());
  }
  EXPECT_EQ(peer.receive().status, 200);
  EXPECT_EQ(running.callbacks().size(), 1U);
}

// Invariant 2, fault 32: once, however often it arrives, and every repetition hears success.
TEST(Receiver, RepetitionsHaveNoSecondEffect) {
  ReceiverSetup setup;
  setup.routes = {route_to("desk")};
  RunningReceiver running(std::move(setup));
  std::vector<http::RawPeer> peers;
  for (int i = 0; i < 64; ++i) peers.emplace_back(running.server().port);
  const std::string request =
      RunningReceiver::request("Sign: good\r\nType: t\r\nId: 1\r\nCaused: message.received\r\n");
  for (int round = 0; round < 4; ++round) {
    for (http::RawPeer& peer : peers) peer.send(request);
  }
  for (int round = 0; round < 4; ++round) {
    for (http::RawPeer& peer : peers) {
      const auto answer = peer.receive();
      ASSERT_EQ(answer.status, 200);
      ASSERT_EQ(answer.body, "OK");
    }
  }
  EXPECT_EQ(running.events().size(), 2U);
  EXPECT_EQ(running.with_intake([](const RecordingIntake& intake) { return intake.handed_over.size(); }), 2U);
  EXPECT_EQ(running.counters().accepted, 1U);
  EXPECT_EQ(running.counters().duplicates, 255U);
  const auto callbacks = running.callbacks();
  EXPECT_EQ(std::ranges::count(callbacks, Verdict::kAccepted, &store::CallbackView::verdict), 1);
  EXPECT_EQ(callbacks.front().duplicate_count, 255);
}

TEST(Receiver, MakesTheEventsThatRoutesAndTheSourceAskFor) {
  ReceiverSetup setup;
  setup.routes = {route_to("desk", "test", "test.*"), route_to("shop", "test", "", {*parse_condition("paid = true")}),
                  route_to("desk", "other")};
  RunningReceiver running(std::move(setup));
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  running.notify("1", "Caused: message.received\r\nTraceparent: " + trace + "\r\n", "{\"paid\":true}");
  const auto events = running.events();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].event.platform, "shop");
  EXPECT_EQ(events[0].event.event_type, "message.received");
  EXPECT_EQ(events[0].event.payload, "caused by 1");
  EXPECT_EQ(events[1].event.platform, "desk");
  EXPECT_EQ(events[1].event.event_type, "test.test.event");
  EXPECT_EQ(events[1].event.payload, "{\"paid\":true}");
  EXPECT_EQ(events[2].event.platform, "shop");
  for (const store::EventView& view : events) {
    EXPECT_EQ(view.event.correlation, "1");
    EXPECT_EQ(view.event.traceparent, trace);
    EXPECT_EQ(view.idempotency_key, "");
  }
  std::vector<std::string> stored, handed_over;
  for (const store::EventView& view : events) stored.push_back(view.event.id);
  running.with_intake([&](const RecordingIntake& intake) {
    for (const store::Event& event : intake.handed_over) handed_over.push_back(event.id);
    return 0;
  });
  EXPECT_EQ(handed_over, stored);
  EXPECT_EQ(running.callbacks().front().event_ids, stored);
}

TEST(Receiver, PassesOnTheClearBodyAndKeepsTheRawOne) {
  ReceiverSetup setup;
  setup.routes = {route_to("desk", "test", "", {*parse_condition("order = 7")}), route_to("shop")};
  RunningReceiver running(std::move(setup));
  running.notify("1", "Clear: {\"order\":\"7\"}\r\n", "encrypted");
  const auto events = running.events();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].event.payload, "{\"order\":\"7\"}");
  EXPECT_EQ(events[1].event.payload, "{\"order\":\"7\"}");
  EXPECT_EQ(running.callbacks().front().callback.body, "encrypted");
}

TEST(Receiver, ASourceWithoutAPlatformCausesNothingOfItsOwn) {
  ReceiverSetup setup;
  setup.sources = {header_source()};
  setup.sources[0].options.platform.clear();
  RunningReceiver running(std::move(setup));
  EXPECT_EQ(running.notify("1", "Caused: message.received\r\n").status, 200);
  EXPECT_TRUE(running.events().empty());
}

// Invariant 3: the effect and its event come together, once, and the routes' events with the callback.
TEST(Receiver, APaymentAndItsEventComeTogether) {
  ReceiverSetup setup;
  setup.routes = {route_to("desk")};
  RunningReceiver running(std::move(setup));
  running.create_order("order-1", 100);
  const std::string pays = "Order: order-1\r\nFee: 100\r\nCaused: payment.succeeded\r\n";
  EXPECT_EQ(running.notify("1", pays).body, "OK");
  EXPECT_EQ(running.order_status("order-1"), 1);
  EXPECT_EQ(running.events().size(), 2U);
  EXPECT_EQ(running.callbacks()[0].effect, EffectResult::kApplied);
  EXPECT_EQ(running.events()[0].event.correlation, "order-1") << "the first key";
  // The same notice again: nothing.
  EXPECT_EQ(running.notify("1", pays).body, "OK");
  EXPECT_EQ(running.events().size(), 2U);
}

TEST(Receiver, AnUnfitEffectIsRejectedToBeSentAgain) {
  RunningReceiver running;
  CapturedLog log;
  const std::string pays = "Order: order-1\r\nFee: 100\r\nCaused: payment.succeeded\r\n";
  const auto answer = running.notify("1", pays);
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.body, "FAIL order_unknown");
  EXPECT_TRUE(running.events().empty());
  const auto callbacks = running.callbacks();
  ASSERT_EQ(callbacks.size(), 1U);
  EXPECT_EQ(callbacks[0].verdict, Verdict::kRejected);
  EXPECT_EQ(callbacks[0].effect, EffectResult::kOrderUnknown);
  EXPECT_EQ(callbacks[0].callback.reason, "order_unknown");
  EXPECT_EQ(callbacks[0].answer_status, 401);
  EXPECT_EQ(running.counters().unfit, 1U);
  EXPECT_EQ(running.counters().rejected, 1U);
  const std::string lines = log.take();
  EXPECT_NE(lines.find("\"level\":\"warning\",\"event\":\"callback_unfit\",\"source\":\"test\""), std::string::npos);
  EXPECT_NE(lines.find("\"outTradeNo\":\"order-1\""), std::string::npos);
  // When the order has come, the repetition pays it.
  running.create_order("order-1", 100);
  EXPECT_EQ(running.notify("1", pays).body, "OK");
  EXPECT_EQ(running.order_status("order-1"), 1);
  EXPECT_EQ(running.events().size(), 1U);
}

TEST(Receiver, AnUnfitEffectMayBeAcceptedByConfiguration) {
  ReceiverSetup setup;
  setup.sources = {header_source()};
  setup.sources[0].options.reject_unfit = false;
  setup.routes = {route_to("desk")};
  RunningReceiver running(std::move(setup));
  running.create_order("order-1", 100);
  EXPECT_EQ(running.notify("1", "Order: order-1\r\nFee: 99\r\nCaused: payment.succeeded\r\n").body, "OK");
  EXPECT_EQ(running.order_status("order-1"), 0);
  const auto callbacks = running.callbacks();
  EXPECT_EQ(callbacks[0].verdict, Verdict::kAccepted);
  EXPECT_EQ(callbacks[0].callback.reason, "amount_differs");
  EXPECT_EQ(running.counters().unfit, 1U);
  EXPECT_EQ(running.counters().accepted, 1U);
  const auto events = running.events();
  ASSERT_EQ(events.size(), 1U) << "what routes pass on, and no payment";
  EXPECT_EQ(events[0].event.platform, "desk");
}

TEST(Receiver, WhoeverTellsIsWokenByAParcelThatMoved) {
  RunningReceiver running;
  const auto woken = [&] {
    return running.with_intake([](RecordingIntake& intake) { return intake.express_callbacks; });
  };
  CapturedLog log;
  const auto answer = running.notify("1", "Parcel: A\r\n");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.body, "FAIL waybill_unknown");
  EXPECT_EQ(running.callbacks()[0].answer_status, 404) << "on record as it was answered";
  EXPECT_NE(log.take().find("\"effect\":\"waybill_unknown\""), std::string::npos);
  EXPECT_EQ(woken(), 0);

  running.sql("INSERT INTO platform_express_waybills (tracking_no) VALUES ('A')");
  EXPECT_EQ(running.notify("1", "Parcel: A\r\n").body, "OK");
  EXPECT_EQ(running.callbacks()[1].effect, EffectResult::kApplied);
  EXPECT_EQ(woken(), 1);
  EXPECT_EQ(running.notify("1", "Parcel: A\r\n").body, "OK");
  running.create_order("order-1", 100);
  EXPECT_EQ(running.notify("2", "Order: order-1\r\nFee: 100\r\n").body, "OK");
  EXPECT_EQ(woken(), 1) << "neither by a repetition nor by a payment";
}

TEST(Receiver, RejectsAtOnceAndRecordsAfterwards) {
  RunningReceiver running;
  const std::string body(store::kKeptRejectedBody + 5000, 'x');
  {
    const HeldWriter held(running.commits());
    const auto answer = running.send("Sign: bad\r\nId: 1\r\nAuthorization: Bearer canary\r\n", body);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.body, "FAIL signature_mismatch");
  }
  const auto callbacks = running.callbacks(1);
  ASSERT_EQ(callbacks.size(), 1U);
  EXPECT_EQ(callbacks[0].verdict, Verdict::kRejected);
  EXPECT_EQ(callbacks[0].callback.reason, "signature_mismatch");
  EXPECT_EQ(callbacks[0].callback.idempotency_key, "");
  EXPECT_EQ(callbacks[0].callback.body, body.substr(0, store::kKeptRejectedBody));
  EXPECT_EQ(callbacks[0].callback.body_size, static_cast<std::int64_t>(body.size()));
  EXPECT_EQ(callbacks[0].answer_status, 401);
  EXPECT_EQ(callbacks[0].callback.headers.find("canary"), std::string::npos);
  EXPECT_EQ(running.counters().rejected, 1U);
}

TEST(Receiver, ChallengesAreAnsweredAndLeaveNoTrace) {
  RunningReceiver running;
  EXPECT_EQ(running.send("Challenge: 3eZbrw1aB\r\n").body, "3eZbrw1aB");
  EXPECT_TRUE(running.callbacks().empty());
  EXPECT_EQ(running.counters().rejected, 0U);
}

TEST(Receiver, WhatReachesNoSourceIsAProblem) {
  RunningReceiver running;
  const auto unknown = running.send("", "{}", "/in/unknown");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_TRUE(unknown.has_line("Content-Type: application/problem+json"));
  const auto method = running.ask(RunningReceiver::request("", "{}", "/in/test", "DELETE"));
  EXPECT_EQ(method.status, 405);
  EXPECT_TRUE(method.has_line("Allow: POST, GET, HEAD, OPTIONS"));
  const auto health = running.ask("GET /health HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(health.status, 200);
  EXPECT_TRUE(json::read_document(health.body)) << health.body;
  EXPECT_TRUE(running.callbacks().empty());
}

TEST(Receiver, BelievesTrustedProxies) {
  ReceiverSetup setup;
  setup.options.trusted_proxies = {"127.0.0.0/8"};
  RunningReceiver running(std::move(setup));
  running.notify("1", "X-Forwarded-For: 1.2.3.4, 203.0.113.9\r\n");
  EXPECT_EQ(running.callbacks().front().callback.peer, "203.0.113.9");
}

TEST(Receiver, PutsEachSenderOnRecord) {
  ReceiverSetup setup;
  setup.options.trusted_proxies = {"127.0.0.0/8"};
  RunningReceiver running(std::move(setup));
  const std::vector<std::string> senders{"203.0.113.9", "203.0.113.9", "2001:db8::7", "203.0.113.10", "203.0.113.9"};
  for (std::size_t i = 0; i < senders.size(); ++i) {
    running.notify(std::to_string(i), "X-Forwarded-For: " + senders[i] + "\r\n");
  }
  std::vector<std::string> recorded;
  for (const store::CallbackView& view : running.callbacks()) recorded.push_back(view.callback.peer);
  EXPECT_EQ(recorded, senders);
}

TEST(Receiver, LogsALineForEachCallback) {
  RunningReceiver running;
  running.create_order("order-1", 100);
  CapturedLog log;
  running.notify("1", "Order: order-1\r\nFee: 100\r\n");
  running.notify("1", "Order: order-1\r\nFee: 100\r\n");
  running.send("Sign: bad\r\n");
  running.callbacks(3);
  running.with_intake([](const RecordingIntake&) { return 0; });  // the completion has run
  const std::string lines = log.take();
  std::vector<std::map<std::string, std::string>> read;
  for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1) {
    json::ObjectReader reader(std::string_view(lines).substr(at, lines.find('\n', at) - at));
    auto& members = read.emplace_back();
    for (auto member = reader.next(); member && *member; member = reader.next()) {
      members[std::string((*member)->key)] = (*member)->value.text;
    }
  }
  ASSERT_EQ(read.size(), 3U) << lines;
  EXPECT_EQ(read[0]["event"], "\"callback\"");
  EXPECT_EQ(read[0]["level"], "\"info\"");
  EXPECT_EQ(read[0]["source"], "\"test\"");
  EXPECT_EQ(read[0]["eventType"], "\"test.event\"");
  EXPECT_EQ(read[0]["transactionId"], "\"T1\"");
  EXPECT_EQ(read[0]["outTradeNo"], "\"order-1\"");
  EXPECT_EQ(read[0]["messageId"], "\"1\"");
  EXPECT_FALSE(read[0].contains("trackingNo"));
  EXPECT_EQ(read[0]["resultCode"], "\"SUCCESS\"");
  EXPECT_EQ(read[0]["status"], "\"accepted\"");
  EXPECT_EQ(read[0]["effect"], "\"applied\"");
  EXPECT_EQ(read[0]["callbackId"], "1");
  EXPECT_EQ(read[0]["peer"], "\"127.0.0.1\"");
  EXPECT_EQ(read[0]["bodyBytes"], "2");
  EXPECT_TRUE(read[0].contains("durationMs"));
  EXPECT_TRUE(read[0].contains("timestamp"));
  EXPECT_EQ(read[1]["status"], "\"duplicate\"");
  EXPECT_EQ(read[2]["status"], "\"rejected\"");
  EXPECT_EQ(read[2]["reason"], "\"signature_mismatch\"");
  EXPECT_EQ(read[2]["callbackId"], "3");
}

TEST(Receiver, RefusesAConfigurationThatCannotWork) {
  RunningReceiver running;
  const auto made = [&](std::vector<ConfiguredSource> sources, std::vector<Route> routes,
                        const ReceiverOptions& options) {
    return running.server().on_thread([&] {
      auto receiver = Receiver::make(running.server().io, running.commits(), running.intake, std::move(sources),
                                     Routes(std::move(routes)), options);
      return receiver ? std::string() : std::string(receiver.error().code);
    });
  };
  EXPECT_EQ(made({header_source()}, {route_to("shop")}, {}), "");
  EXPECT_EQ(made({header_source("/a"), header_source("/b"), header_source("/a")}, {}, {}), "path_taken");
  EXPECT_EQ(made({header_source("/in/{a}"), header_source("/in/{b}")}, {}, {}), "path_taken");
  EXPECT_EQ(made({header_source("/health")}, {}, {}), "path_taken");
  EXPECT_EQ(made({}, {}, {.trusted_proxies = {"nonsense"}}), "network_invalid");
  EXPECT_EQ(made({header_source()}, {route_to("nobody")}, {}), "unknown_platform");
  auto source = header_source();
  source.options.platform = "nobody";
  EXPECT_EQ(made({source}, {}, {}), "unknown_platform");
}

}  // namespace
}  // namespace yizhan::receive
