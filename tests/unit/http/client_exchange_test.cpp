// The client against a server that behaves, and one that behaves oddly but within the protocol.
#include <gmock/gmock.h>

#include <boost/asio/ip/udp.hpp>
#include <vector>

#include "client_fixture.h"
#include "hostile_server.h"

namespace yizhan::http::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

using ClientExchange = ClientFixture;

TEST_F(ClientExchange, sends_the_request_byte_for_byte) {
  std::string seen;
  HostileServer server([&](Peer& peer, int) {
    seen = peer.read_request();
    peer.send(response_with("200 OK", "fine"));
  });
  const auto response = fetch(request_to(server.url("/cb?a=1"), "{\"a\": 1}"));
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "fine");
  EXPECT_FALSE(response->body_truncated);
  EXPECT_EQ(seen, "POST /cb?a=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                      "\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{\"a\": 1}");
}

TEST_F(ClientExchange, an_empty_post_says_so_and_a_get_says_nothing_of_length) {
  std::vector<std::string> seen;
  HostileServer server([&](Peer& peer, int) {
    for (int i = 0; i < 2; ++i) {
      seen.push_back(peer.read_request());
      peer.send(response_with("200 OK"));
    }
  });
  ASSERT_TRUE(fetch(request_to(server.url(), "")).has_value());
  Request get = request_to(server.url());
  get.method = "GET";
  get.body = nullptr;
  ASSERT_TRUE(fetch(std::move(get)).has_value());
  EXPECT_THAT(seen[0], HasSubstr("Content-Length: 0\r\n"));
  EXPECT_THAT(seen[1], StartsWith("GET / HTTP/1.1\r\n"));
  EXPECT_THAT(seen[1], ::testing::Not(HasSubstr("Content-Length")));
}

TEST_F(ClientExchange, one_connection_serves_requests_in_turn) {
  HostileServer server(answer_all);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(fetch(request_to(server.url())).has_value());
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(client->counters().connections_opened, 1u);
  EXPECT_EQ(client->counters().connections_reused, 9u);
}

TEST_F(ClientExchange, requests_at_once_get_connections_of_their_own) {
  Signal all_connected;
  HostileServer server([&](Peer& peer, int) {
    peer.read_request();
    all_connected.wait();
    peer.send(response_with("200 OK"));
    answer_all(peer, 0);
  });
  int answered = 0;
  for (int i = 0; i < 8; ++i) {
    client->send(request_to(server.url()), [&](const auto& result) { answered += result.has_value() ? 1 : 100; });
  }
  std::thread waiter([&] {
    server.wait_for_connections(8);
    all_connected.set();
  });
  run_until([&] { return answered >= 8; });
  waiter.join();
  EXPECT_EQ(answered, 8);
  EXPECT_EQ(server.connections(), 8);
  ASSERT_TRUE(fetch(request_to(server.url())).has_value());
  EXPECT_EQ(server.connections(), 8);
}

TEST_F(ClientExchange, a_callback_may_send_the_next_request_on_the_same_connection) {
  HostileServer server(answer_all);
  int answered = 0;
  std::function<void()> next = [&] {
    client->send(request_to(server.url()), [&](const auto& result) {
      ASSERT_TRUE(result.has_value());
      if (++answered < 100) next();
    });
  };
  next();
  run_until([&] { return answered == 100; });
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientExchange, no_more_idle_connections_are_kept_than_wanted) {
  ClientOptions options;
  options.idle_per_origin = 2;
  make_client(options);
  Signal all_connected;
  HostileServer server([&](Peer& peer, int) {
    peer.read_request();
    all_connected.wait();
    peer.send(response_with("200 OK"));
    peer.wait_for_close();
  });
  int answered = 0;
  for (int i = 0; i < 3; ++i) client->send(request_to(server.url()), [&](const auto&) { ++answered; });
  std::thread waiter([&] {
    server.wait_for_connections(3);
    all_connected.set();
  });
  run_until([&] { return answered == 3; });
  waiter.join();
  // Two are left for reuse: the third request opens another.
  for (int i = 0; i < 3; ++i) client->send(request_to(server.url()), [&](const auto&) {});
  EXPECT_EQ(client->counters().connections_reused, 2u);
}

TEST_F(ClientExchange, connection_close_is_honoured) {
  HostileServer server([](Peer& peer, int) {
    peer.read_request();
    peer.send(response_with("200 OK", "x", "Connection: close\r\n"));
    peer.wait_for_close();
  });
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(fetch(request_to(server.url())).has_value());
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(ClientExchange, a_body_may_end_with_the_connection) {
  HostileServer server([](Peer& peer, int) {
    peer.read_request();
    peer.send("HTTP/1.0 200 OK\r\n\r\nall of ");
    peer.send("this");
  });
  const auto response = fetch(request_to(server.url()));
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->body, "all of this");
}

TEST_F(ClientExchange, interim_responses_are_passed_over) {
  HostileServer server([](Peer& peer, int) {
    peer.read_request();
    peer.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
    peer.send(response_with("202 Accepted", "later"));
    answer_all(peer, 0);
  });
  const auto response = fetch(request_to(server.url()));
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->status, 202);
  EXPECT_EQ(response->body, "later");
  ASSERT_TRUE(fetch(request_to(server.url())).has_value());
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientExchange, retry_after_and_date_are_passed_through_raw) {
  HostileServer server([](Peer& peer, int) {
    peer.read_request();
    peer.send(
        response_with("429 Too Many Requests", "",
                      "Retry-After:   Fri, 31 Dec 9999 23:59:59 GMT \r\nDate: Mon, 06 Jul 2026 10:00:00 GMT\r\n"));
    peer.read_request();
    peer.send(response_with("503 Busy", "", "retry-after: " + std::string(300, '9') + "\r\n"));
  });
  auto response = fetch(request_to(server.url()));
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 429);
  EXPECT_EQ(response->retry_after, "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(response->date, "Mon, 06 Jul 2026 10:00:00 GMT");
  response = fetch(request_to(server.url()));
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->retry_after, std::string(128, '9'));
}

TEST_F(ClientExchange, a_large_body_goes_out_whole) {
  std::string body(3'000'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 + i / 251);
  std::string seen;
  HostileServer server([&](Peer& peer, int) {
    seen = peer.read_request();
    peer.send(response_with("200 OK"));
  });
  ASSERT_TRUE(fetch(request_to(server.url(), body)).has_value());
  ASSERT_GT(seen.size(), body.size());
  EXPECT_TRUE(seen.ends_with(body));
}

TEST_F(ClientExchange, an_answer_before_the_request_is_sent_whole_counts_and_ends_the_connection) {
  Signal over;
  HostileServer server([&](Peer& peer, int connection) {
    if (connection > 0) return answer_all(peer, 0);
    peer.send(response_with("413 Content Too Large"));
    over.wait();  // never reads
  });
  const auto response = fetch(request_to(server.url(), std::string(20'000'000, 'x')));
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->status, 413);
  const auto next = fetch(request_to(server.url()));
  over.set();
  EXPECT_TRUE(next.has_value());
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(ClientExchange, proxies_of_the_environment_are_ignored) {
  for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    ::setenv(name, "http://127.0.0.1:1/", 1);
  }
  HostileServer server(answer_all);
  make_client({});
  EXPECT_TRUE(fetch(request_to(server.url())).has_value());
  for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    ::unsetenv(name);
  }
}

TEST_F(ClientExchange, destruction_ends_every_request_and_calls_nobody_afterwards) {
  HostileServer server([](Peer& peer, int) {
    peer.read_request();
    peer.wait_for_close();
  });
  HostileServer deaf({.accepts = false}, answer_all);
  asio::ip::udp::socket silent_name_server(io, {asio::ip::address_v4::loopback(), 0});
  ClientOptions options;
  options.dns_servers = {"127.0.0.1:" + std::to_string(silent_name_server.local_endpoint().port())};
  make_client(options);
  std::vector<Failure> failures;
  for (const std::string& url : {server.url(), deaf.url(), std::string("http://somewhere.example/")}) {
    client->send(request_to(url), [&](const auto& result) { failures.push_back(result.error()); });
  }
  run_ready();
  client.reset();
  ASSERT_EQ(failures.size(), 3u);
  for (const Failure& failure : failures) {
    EXPECT_EQ(failure.error_class, ErrorClass::kConnect);
    EXPECT_EQ(failure.message, "stopping");
  }
  run_ready();
  EXPECT_EQ(failures.size(), 3u);
}

TEST_F(ClientExchange, a_callback_may_destroy_the_client) {
  HostileServer server(answer_all);
  int called = 0;
  for (int i = 0; i < 3; ++i) {
    client->send(request_to(server.url()), [&](const auto&) {
      ++called;
      client.reset();
    });
  }
  run_until([&] { return called == 3; });
  run_ready();
  EXPECT_EQ(called, 3);
}

}  // namespace
}  // namespace yizhan::http::test
