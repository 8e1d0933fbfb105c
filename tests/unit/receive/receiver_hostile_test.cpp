// Hostile input to the receiver, on real sockets: faults 31, 33 and 35 to 40. (The server's own limits are tested in
// tests/unit/http, signatures in tests/unit/verify.)
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <fstream>
#include <iterator>

#include "base/json_scan.h"
#include "receive/platform_ingress.h"
#include "receiver_harness.h"
#include "verify/signing.h"

namespace yizhan::receive {
namespace {

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Fault 31.
TEST(ReceiverHostile, HonestSourcesAreServedDuringAFloodOfSlowOnes) {
  ReceiverSetup setup;
  setup.server.connection_limit = 300;
  setup.server.head_timeout = Seconds{60};  // the deadline alone would not help within this test
  RunningReceiver running(std::move(setup));
  std::vector<http::RawPeer> slow;
  for (int i = 0; i < 300; ++i) slow.emplace_back(running.server().port).send("POST /in/test HTTP/1.1\r\nHo");
  ASSERT_TRUE(eventually([&] { return running.server().counters().connections_open == 300; }));
  int accepted = 0;
  EXPECT_TRUE(eventually([&] {
    accepted += running.notify(std::to_string(accepted)).status == 200 ? 1 : 0;
    return accepted == 20;
  }));
  EXPECT_EQ(running.callbacks().size(), 20U);
}

// Fault 33, through a source as it is configured: a proper callback that somebody recorded is worth nothing later, nor
// is one from a clock far ahead.
TEST(ReceiverHostile, ATimestampFarFromNowIsRefused) {
  ReceiverSetup setup;
  setup.sources = {
      {.options = {.name = "platform-shop", .platform = "shop"},
       .source = make_platform_ingress_source({.platform = "shop", .secrets = {"canary-ingress"}}).value()}};
  RunningReceiver running(std::move(setup));
  const auto signer = verify::make_signer({.scheme = SigningScheme::kXCs, .secrets = {"canary-ingress"}}).value();
  const std::string body = R"({"message_id":"m-1","channel":"web","open_id":"o-1","content":"hello"})";
  const auto sent_at = [&](std::int64_t seconds_from_now) {
    std::string header_lines;
    signer->append_header_lines(header_lines,
                                {.timestamp_seconds = to_unix_seconds(utc_now()) + seconds_from_now, .body = body});
    return running.send(header_lines, body, "/api/v1/customer-service/platforms/shop/webhook").status;
  };
  EXPECT_EQ(sent_at(-320), 401);
  EXPECT_EQ(sent_at(320), 401);
  EXPECT_TRUE(running.events().empty());
  EXPECT_EQ(sent_at(-250), 200);
  EXPECT_EQ(running.events().size(), 1U);
  const auto callbacks = running.callbacks(3);
  ASSERT_EQ(callbacks.size(), 3U);
  for (const store::CallbackView& view : callbacks) {
    const bool refused = view.verdict == store::Verdict::kRejected;
    EXPECT_EQ(view.callback.reason, refused ? "timestamp_out_of_tolerance" : "");
    EXPECT_EQ(view.answer_status, refused ? 401 : 200);
  }
}

// Fault 35: what hides behind a request that can be read in two ways never reaches a source.
TEST(ReceiverHostile, ASmuggledCallbackIsNotReceived) {
  RunningReceiver running;
  const std::string hidden = RunningReceiver::request("Sign: good\r\nId: hidden\r\n");
  const std::string front = "POST /in/test HTTP/1.1\r\nHost: h\r\nSign: good\r\nId: front\r\n";
  for (const std::string& attack :
       {front + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        front + "Content-Length: 0\r\nContent-Length: " + std::to_string(hidden.size()) + "\r\n\r\n",
        front + "X: a\nContent-Length: 0\r\n\r\n"}) {
    http::RawPeer peer(running.server().port);
    peer.send(attack + hidden);
    EXPECT_EQ(peer.receive().status, 400);
    peer.finish_sending();
    EXPECT_TRUE(peer.ended());
  }
  EXPECT_TRUE(running.callbacks().empty());
}

// Fault 36.
TEST(ReceiverHostile, WhatIsTooLargeIsRefusedBeforeItReachesASource) {
  ReceiverSetup setup;
  setup.server.body_limit = 1000;
  RunningReceiver running(std::move(setup));
  EXPECT_EQ(running.notify("1", "", std::string(1001, 'x')).status, 413);
  EXPECT_EQ(running.notify("1", "X: " + std::string(16384, 'x') + "\r\n").status, 431);
  EXPECT_EQ(running.send("", "", "/in/test?" + std::string(9000, 'x')).status, 414);
  EXPECT_TRUE(running.callbacks().empty());
  EXPECT_EQ(running.notify("1", "", std::string(1000, 'x')).status, 200);
}

// Fault 37: a route that asks for a field reads no deeper than is good for it, and nothing is inflated.
TEST(ReceiverHostile, BombsAreStoredAndNotSetOff) {
  ReceiverSetup setup;
  setup.routes = {{"*", "", {*parse_condition("a.b = 1")}, "desk", ""}};
  RunningReceiver running(std::move(setup));
  const std::string deep = std::string(500'000, '[');
  const std::string zipped("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03", 10);
  EXPECT_EQ(running.notify("1", "", deep).status, 200);
  EXPECT_EQ(running.notify("2", "Content-Encoding: gzip\r\n", zipped).status, 200);
  const auto callbacks = running.callbacks();
  ASSERT_EQ(callbacks.size(), 2U);
  EXPECT_EQ(callbacks[0].callback.body, deep);
  EXPECT_EQ(callbacks[1].callback.body, zipped);
  EXPECT_TRUE(running.events().empty());
}

// Fault 38: any bytes come out as they came in, on record and in the event.
TEST(ReceiverHostile, AnyBodyComesOutByteForByte) {
  ReceiverSetup setup;
  setup.routes = {{"*", "", {}, "desk", ""}};
  RunningReceiver running(std::move(setup));
  int sent = 0;
  std::vector<std::string> bodies{std::string("\0", 1), "", "\xff\xfe\xc0\x80", "\r\n0\r\n\r\n"};
  EXPECT_TRUE(rc::check([&](const std::string& body) {
    bodies.push_back(body + std::string("\0\xff", 2));
    RC_ASSERT(bodies.size() < 1000U);
  }));
  for (const std::string& body : bodies) ASSERT_EQ(running.notify(std::to_string(++sent), "", body).status, 200);
  const auto callbacks = running.callbacks();
  const auto events = running.events();
  ASSERT_EQ(callbacks.size(), bodies.size());
  ASSERT_EQ(events.size(), bodies.size());
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    EXPECT_EQ(callbacks[i].callback.body, bodies[i]);
    EXPECT_EQ(events[i].event.payload, bodies[i]);
  }
}

// Fault 39: what a stranger writes is stored and logged as text.
TEST(ReceiverHostile, NothingThatIsReceivedForgesALogLineOrAStatement) {
  ReceiverSetup setup;
  setup.options.trusted_proxies = {"127.0.0.1"};
  setup.routes = {{"*", "", {}, "desk", ""}};
  RunningReceiver running(std::move(setup));
  const std::vector<std::string> corpus{"\",\"event\":\"forged\",\"x\":\"",
                                        "'); DROP TABLE inbound_callbacks; --",
                                        "' OR '1'='1",
                                        "%s%n{}{0}",
                                        "\x1b]0;title",
                                        "\xe2\x80\xa8 line separator",
                                        "\xff\xfe",
                                        "${jndi:ldap://x}",
                                        "\\u000a{\"event\":\"forged\"}",
                                        "a\tb"};
  CapturedLog log;
  int id = 0;
  for (const std::string& attack : corpus) {
    const std::string number = std::to_string(++id);
    const auto answer = running.send("Sign: good\r\nId: " + number + "\r\nType: " + attack + "\r\nOrder: " + attack +
                                     "\r\nFee: 1\r\nUser-Agent: " + attack + "\r\nX-Forwarded-For: " + attack + "\r\n");
    // The escape character is refused by the server, everything else is text.
    EXPECT_TRUE(answer.status == 401 || answer.status == 400) << attack;
    running.send("Sign: " + attack + "\r\n");
  }
  const auto callbacks = running.callbacks(2 * corpus.size() - 2);
  EXPECT_EQ(callbacks.size(), 2 * corpus.size() - 2);
  running.with_intake([](auto&) { return 0; });
  const std::string lines = log.take();
  for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1) {
    const std::string line = lines.substr(at, lines.find('\n', at) - at);
    ASSERT_TRUE(json::read_document(line)) << line;
    json::ObjectReader reader(line);
    int events = 0;
    for (auto member = reader.next(); member && *member; member = reader.next()) {
      if ((*member)->key != "event") continue;
      ++events;
      EXPECT_NE((*member)->value.text, "\"forged\"") << line;
    }
    EXPECT_EQ(events, 1) << line;
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
  }
}

// Fault 40.
TEST(ReceiverHostile, SecretsOfTheRequestAreNowhere) {
  RunningReceiver running;
  CapturedLog log;
  std::string answers;
  for (const std::string sign : {"good", "bad"}) {
    const auto answer = running.send("Sign: " + sign +
                                         "\r\nId: 1\r\nAuthorization: Bearer canary-1\r\nCookie: a=canary-2\r\n"
                                         "X-Secret: canary-3\r\nX-Api-Key: canary-4\r\n",
                                     "{}", "/in/test?access_token=canary-5&%6Bey=canary-6");
    answers += answer.head + answer.body;
  }
  ASSERT_EQ(running.callbacks(2).size(), 2U);
  running.with_intake([](auto&) { return 0; });
  const std::string lines = log.take();
  EXPECT_EQ(std::ranges::count(lines, '\n'), 2) << lines;
  EXPECT_EQ((answers + lines).find("canary"), std::string::npos) << answers << lines;
  const std::string on_disk = bytes_of(running.database()) + bytes_of(running.database().string() + "-wal");
  EXPECT_NE(on_disk.find("access_token=[redacted]"), std::string::npos) << "looked in the right place";
  EXPECT_EQ(on_disk.find("canary"), std::string::npos);
}

}  // namespace
}  // namespace yizhan::receive
