// One deadline for a whole attempt, wherever it is spent (fault 22), and the limit for connecting inside it.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "client_fixture.h"
#include "hostile_server.h"
#include "test_certificates.h"

namespace yizhan::http::test {
namespace {

using ::testing::HasSubstr;

class ClientDeadline : public ClientFixture {
 protected:
  /// Fetches and checks that it failed in that class, not before `limit` and not long after it.
  Failure expect_failure_after(Milliseconds limit, Request request) {
    const auto begin = std::chrono::steady_clock::now();
    const auto response = fetch(std::move(request));
    const auto took = std::chrono::steady_clock::now() - begin;
    if (response.has_value()) {
      ADD_FAILURE() << "answered with " << response->status;
      return {};
    }
    EXPECT_GE(took, limit);
    EXPECT_LT(took, limit + Seconds(30)) << "generous: the machine may be busy";
    return response.error();
  }
};

TEST_F(ClientDeadline, a_server_that_never_answers) {
  HostileServer server([](Peer& peer, int) {
    peer.read_request();
    peer.wait_for_close();
  });
  const Failure failure = expect_failure_after(Milliseconds(60), request_to(server.url(), "{}", Milliseconds(60)));
  EXPECT_EQ(failure.error_class, ErrorClass::kTimeout);
  EXPECT_THAT(failure.message, HasSubstr("within 60 ms"));
  EXPECT_THAT(failure.message, HasSubstr("waiting for the response of 127.0.0.1"));
}

TEST_F(ClientDeadline, a_server_that_accepts_nothing) {
  HostileServer server({.accepts = false}, answer_all);
  const Failure failure = expect_failure_after(Milliseconds(60), request_to(server.url(), "{}", Milliseconds(60)));
  EXPECT_EQ(failure.error_class, ErrorClass::kTimeout);
}

TEST_F(ClientDeadline, a_slow_drip_does_not_move_it) {
  // A byte for every tick of the client's own clock: each read makes progress, the attempt does not.
  std::mutex mutex;
  std::condition_variable ticked;
  int ticks = 0;
  bool over = false;
  HostileServer server([&](Peer& peer, int) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nX-Drip: ");
    std::unique_lock lock(mutex);
    for (int sent = 0; !over;) {
      ticked.wait(lock, [&] { return ticks > sent || over; });
      if (!peer.send("x")) return;
      ++sent;
    }
  });
  Timer clock(io.get_executor());
  std::function<void()> tick = [&] {
    clock.expires_after(Milliseconds(5));
    clock.async_wait([&](ErrorCode error) {
      if (error) return;
      const std::lock_guard lock(mutex);
      ++ticks;
      ticked.notify_all();
      tick();
    });
  };
  tick();
  const Failure failure = expect_failure_after(Milliseconds(150), request_to(server.url(), "{}", Milliseconds(150)));
  EXPECT_EQ(failure.error_class, ErrorClass::kTimeout);
  EXPECT_THAT(failure.message, HasSubstr("reading the response"));
  const std::lock_guard lock(mutex);
  EXPECT_GE(ticks, 5);
  over = true;
  ticked.notify_all();
}

TEST_F(ClientDeadline, a_server_that_reads_nothing) {
  Signal over;
  HostileServer server([&](Peer&, int) { over.wait(); });
  const Failure failure =
      expect_failure_after(Milliseconds(80), request_to(server.url(), std::string(20'000'000, 'x'), Milliseconds(80)));
  over.set();
  EXPECT_EQ(failure.error_class, ErrorClass::kTimeout);
  EXPECT_THAT(failure.message, HasSubstr("sending the request"));
}

TEST_F(ClientDeadline, a_tls_handshake_that_does_not_end) {
  HostileServer plain([](Peer& peer, int) {
    while (!peer.wait_for_close()) peer.discard();
  });
  const std::string url = "https" + plain.url().substr(4);
  const Failure failure = expect_failure_after(Milliseconds(60), request_to(url, "{}", Milliseconds(60)));
  EXPECT_EQ(failure.error_class, ErrorClass::kTimeout);
  EXPECT_THAT(failure.message, HasSubstr("TLS handshake"));
}

TEST_F(ClientDeadline, connecting_is_limited_by_its_own_limit) {
  ClientOptions options;
  options.connect_timeout = Milliseconds(60);
  make_client(options);
  FullListener listener;
  const Failure failure = expect_failure_after(Milliseconds(60), request_to(listener.url(), "{}", Seconds(20)));
  EXPECT_EQ(failure.error_class, ErrorClass::kConnect);
  EXPECT_THAT(failure.message, HasSubstr("no connection to 127.0.0.1"));
}

TEST_F(ClientDeadline, connecting_is_limited_by_the_attempt_too) {
  FullListener listener;
  const Failure failure = expect_failure_after(Milliseconds(60), request_to(listener.url(), "{}", Milliseconds(60)));
  EXPECT_EQ(failure.error_class, ErrorClass::kTimeout);
  EXPECT_THAT(failure.message, HasSubstr("connecting to 127.0.0.1"));
}

TEST_F(ClientDeadline, a_refused_connection_fails_at_once) {
  std::uint16_t port = 0;
  {
    port = HostileServer(answer_all).port();
  }
  const auto response = fetch(request_to(fmt::format("http://127.0.0.1:{}/", port)));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error_class, ErrorClass::kConnect);
  EXPECT_THAT(response.error().message, HasSubstr(fmt::format("127.0.0.1:{}: Connection refused", port)));
}

TEST_F(ClientDeadline, a_timed_out_connection_is_not_used_again) {
  HostileServer server([](Peer& peer, int connection) {
    if (connection > 0) return answer_all(peer, connection);
    peer.read_request();
    peer.wait_for_close();
  });
  EXPECT_FALSE(fetch(request_to(server.url(), "{}", Milliseconds(30))).has_value());
  EXPECT_TRUE(fetch(request_to(server.url())).has_value());
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(ClientDeadline, many_deadlines_each_hold) {
  HostileServer server([](Peer& peer, int) {
    peer.read_request();
    peer.wait_for_close();
  });
  const auto begin = std::chrono::steady_clock::now();
  int ended = 0;
  for (int i = 0; i < 40; ++i) {
    const Milliseconds limit(20 + (i * 37) % 200);
    client->send(request_to(server.url(), "{}", limit), [&, limit](const auto& result) {
      ++ended;
      EXPECT_FALSE(result.has_value());
      EXPECT_GE(std::chrono::steady_clock::now() - begin, limit);
    });
  }
  run_until([&] { return ended == 40; });
}

}  // namespace
}  // namespace yizhan::http::test
