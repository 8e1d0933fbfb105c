// Limits of size, of time and of number (faults 31 and 36).
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "server_harness.h"

namespace yizhan::http {
namespace {

using std::chrono::steady_clock;

void expect_problem(RawPeer& peer, int status, std::string_view code) {
  const RawResponse response = peer.receive();
  EXPECT_EQ(response.status, status);
  EXPECT_TRUE(response.has_line("Connection: close"));
  EXPECT_TRUE(response.has_line("Content-Type: application/problem+json"));
  EXPECT_NE(response.body.find("\"code\":\"" + std::string(code) + "\""), std::string::npos) << response.body;
  EXPECT_TRUE(peer.ended());
}

TEST(ServerLimits, OfSize) {
  ServerOptions options;
  options.body_limit = 1000;
  RunningServer running(echo, options);
  const auto refused = [&](const std::string& request, int status, std::string_view code) {
    RawPeer peer(running.port);
    peer.send(request);
    expect_problem(peer, status, code);
  };
  refused("GET /" + std::string(9000, 'a'), 414, "target_too_long");
  refused("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(16384, 'a'), 431, "head_too_large");
  std::string fields;
  for (int i = 0; i < 101; ++i) fields += "X: a\r\n";
  refused("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n", 431, "head_too_large");
  refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n", 413, "body_too_large");
  refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", 413, "body_too_large");
  refused("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", 413, "body_too_large");
  refused("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, "transfer_coding_unsupported");
  refused("POST / HTTP/1.1\r\nHost: h\r\nExpect: something\r\n\r\n", 417, "expectation_unknown");
  refused("GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505, "version_unsupported");
}

TEST(ServerLimits, ThePeerSeesTheRefusalThoughItKeepsSending) {
  ServerOptions options;
  options.body_limit = 1000;
  RunningServer running(echo, options);
  RawPeer peer(running.port);
  peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n");
  peer.send(std::string(3'000'000, 'x'));
  expect_problem(peer, 413, "body_too_large");
  EXPECT_FALSE(peer.was_reset);
}

ServerOptions impatient() {
  ServerOptions options;
  options.head_timeout = options.body_timeout = options.idle_timeout = options.write_timeout = Milliseconds{700};
  return options;
}

TEST(ServerLimits, OfTimeForTheHead) {
  RunningServer running(echo, impatient());
  RawPeer silent(running.port);
  RawPeer half(running.port);
  half.send("GET / HTT");
  expect_problem(half, 408, "request_timeout");
  EXPECT_TRUE(silent.ended());
  EXPECT_EQ(running.counters().timed_out_requests, 1U);
}

TEST(ServerLimits, ADrippingHeadHasTheSameTime) {
  RunningServer running(echo, impatient());
  RawPeer peer(running.port);
  const auto start = steady_clock::now();
  peer.send("GET / HTTP/1.1\r\n");
  // Each byte comes early enough to look alive, the whole does not.
  std::atomic<bool> answered{false};
  std::thread dripping([&] {
    while (!answered && peer.send("X")) std::this_thread::yield();
  });
  const RawResponse response = peer.receive();
  answered = true;
  dripping.join();
  EXPECT_TRUE(response.status == 408 || response.status == 431) << response.status;
  EXPECT_LT(steady_clock::now() - start, Seconds{60});
}

TEST(ServerLimits, OfTimeForTheBody) {
  RunningServer running(echo, impatient());
  RawPeer counted(running.port);
  counted.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  expect_problem(counted, 408, "request_timeout");
  RawPeer chunked(running.port);
  chunked.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nha");
  expect_problem(chunked, 408, "request_timeout");
}

TEST(ServerLimits, OfTimeBetweenRequests) {
  RunningServer running(echo, impatient());
  RawPeer peer(running.port);
  peer.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(peer.receive().status, 200);
  EXPECT_TRUE(peer.ended());
}

TEST(ServerLimits, OfTimeForThePeerToTakeTheAnswer) {
  const std::string large(50'000'000, 'y');
  RunningServer running([&](ServerRequest&, Responder responder) { responder.answer({.body = large}); }, impatient());
  RawPeer stuck(running.port);
  stuck.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto give_up = steady_clock::now() + Seconds{60};
  while (running.counters().requests == 0 || running.counters().connections_open > 0) {
    ASSERT_LT(steady_clock::now(), give_up) << "the connection of a peer that does not read stays open";
  }
  EXPECT_LT(stuck.receive_all().size(), large.size());
}

TEST(ServerLimits, ATimeoutDoesNotTouchARequestThatIsBeingHandled) {
  std::promise<Responder> asked;
  auto waiting = asked.get_future();
  RunningServer running(
      [&](ServerRequest& request, Responder responder) {
        if (request.path == "/slow") return asked.set_value(std::move(responder));
        echo(request, std::move(responder));
      },
      impatient());
  RawPeer slow(running.port);
  slow.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  Responder responder = waiting.get();
  RawPeer idle(running.port);
  EXPECT_TRUE(idle.ended());  // every time-out has passed by now
  running.on_thread([&] { responder.answer({.body = "at last"}); });
  EXPECT_EQ(slow.receive().body, "at last");
}

TEST(ServerLimits, OfConnectionsWithRequestsInHand) {
  std::vector<Responder> held;
  ServerOptions options;
  options.connection_limit = 2;
  RunningServer running([&](ServerRequest&, Responder responder) { held.push_back(std::move(responder)); }, options);
  std::vector<RawPeer> busy;
  for (std::uint64_t i = 1; i <= 2; ++i) {
    busy.emplace_back(running.port).send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    while (running.counters().requests < i) std::this_thread::yield();
  }
  RawPeer third(running.port);
  const RawResponse response = third.receive();
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(response.has_line("Retry-After: 1"));
  EXPECT_EQ(running.counters().connections_refused, 1U);
  running.on_thread([&] {
    for (Responder& responder : held) responder.answer({.body = "done"});
    held.clear();
  });
  for (RawPeer& peer : busy) EXPECT_EQ(peer.receive().body, "done");
}

// Bodies that are announced and never completed would fill the memory, a mebibyte for each connection.
TEST(ServerLimits, OfMemoryForBodies) {
  ServerOptions options;
  options.body_memory_limit = 200'000;
  RunningServer running(echo, options);
  const std::string request = "POST / HTTP/1.1\r\nHost: h\r\n";
  std::vector<RawPeer> hoarders;
  for (std::size_t i = 1; i <= 3; ++i) {
    hoarders.emplace_back(running.port).send(request + "Content-Length: 100000\r\n\r\n" + std::string(60'000, 'x'));
    while (running.counters().body_bytes < i * 60'000) std::this_thread::yield();
  }
  for (const std::string framing : {"Content-Length: 50000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nc350\r\n"}) {
    RawPeer large(running.port);
    large.send(request + framing + std::string(50'000, 'y'));
    const RawResponse response = large.receive();
    EXPECT_EQ(response.status, 503);
    EXPECT_TRUE(response.has_line("Retry-After: 1"));
    EXPECT_NE(response.body.find("\"code\":\"memory_limit\""), std::string::npos) << response.body;
    EXPECT_TRUE(large.ended());
  }
  RawPeer small(running.port);
  small.send(request + "Content-Length: 10000\r\n\r\n" + std::string(10'000, 'z'));
  EXPECT_EQ(small.receive().status, 200) << "callbacks are small, and are taken";
  EXPECT_EQ(running.counters().malformed_requests, 0U);

  hoarders.clear();
  while (running.counters().body_bytes > 0) std::this_thread::yield();
  RawPeer later(running.port);
  later.send(request + "Content-Length: 100000\r\n\r\n" + std::string(100'000, 'y'));
  EXPECT_EQ(later.receive().status, 200);
  EXPECT_EQ(running.counters().body_bytes, 0U);
}

TEST(ServerLimits, OfConnectionsFromOneAddress) {
  ServerOptions options;
  options.connections_per_address = 3;
  RunningServer running(echo, options);
  {
    std::vector<RawPeer> peers;
    for (int i = 0; i < 3; ++i) peers.emplace_back(running.port).send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    for (RawPeer& peer : peers) EXPECT_EQ(peer.receive().status, 200);
    RawPeer fourth(running.port);
    EXPECT_EQ(fourth.receive().status, 503);
  }
  while (running.counters().connections_open > 0) std::this_thread::yield();
  RawPeer later(running.port);
  later.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(later.receive().status, 200);
}

TEST(ServerLimits, HonestClientsAreServedDuringAFloodOfSlowOnes) {
  ServerOptions options;
  options.connection_limit = 200;
  options.head_timeout = Seconds{60};  // the deadline alone would not help within this test
  RunningServer running(echo, options);
  std::vector<RawPeer> slow;
  for (int i = 0; i < 200; ++i) slow.emplace_back(running.port).send("GET / HTTP/1.1\r\nHo");
  while (running.counters().connections_open < 200) std::this_thread::yield();
  const auto start = steady_clock::now();
  int served = 0;
  while (served < 20) {
    ASSERT_LT(steady_clock::now() - start, Seconds{50});
    RawPeer honest(running.port);
    honest.send("GET /honest HTTP/1.1\r\nHost: h\r\n\r\n");
    if (honest.receive().status == 200) ++served;
  }
  EXPECT_LE(running.counters().connections_open, 200U);
  EXPECT_GE(running.counters().connections_evicted, 1U);
}

TEST(ServerLimits, RunningOutOfFileDescriptorsIsSurvived) {
  RunningServer running(echo);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int lowest_free = ::dup(0);
  ::close(lowest_free);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(lowest_free) + 20;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  {
    // Each connection takes two descriptors of this process: in the end one waits that the server cannot accept.
    std::vector<RawPeer> peers;
    do peers.emplace_back(running.port);
    while (peers.back().connected);
    EXPECT_GT(peers.size(), 5U);
    EXPECT_LT(running.counters().connections_accepted, peers.size());
  }
  RawPeer later(running.port);
  later.send("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(later.receive().body, "GET /later ");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace yizhan::http
