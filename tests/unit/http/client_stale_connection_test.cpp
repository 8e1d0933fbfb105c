// A pooled connection may be closed by its server at any moment. These tests hold the line between "the server cannot
// have seen the request: send it again" and "it may have acted on it: let the schedule decide" (client_connection.cpp).
#include <gtest/gtest.h>

#include <future>
#include <vector>

#include "client_fixture.h"
#include "hostile_server.h"
#include "test_certificates.h"

namespace yizhan::http::test {
namespace {

/// The server's connection 0 answers one request and does `then`; later connections answer everything.
class ClientStaleConnection : public ClientFixture {
 protected:
  std::unique_ptr<HostileServer> server_that(std::function<void(Peer&)> then) {
    return std::make_unique<HostileServer>([this, then = std::move(then)](Peer& peer, int connection) {
      if (connection > 0) return answer_all(peer, connection);
      peer.read_request();
      peer.send(response_with("200 OK", "first"));
      then(peer);
      acted_.set();
    });
  }

  Signal acted_;
};

TEST_F(ClientStaleConnection, a_close_seen_while_idle_costs_nothing) {
  const auto server = server_that([](Peer& peer) { peer.close(); });
  ASSERT_TRUE(fetch(request_to(server->url())).has_value());
  acted_.wait();
  run_ready();
  ASSERT_TRUE(fetch(request_to(server->url())).has_value());
  EXPECT_EQ(server->connections(), 2);
  EXPECT_EQ(client->counters().connections_reused, 0u);
}

TEST_F(ClientStaleConnection, closed_before_the_request_was_written_it_is_sent_again) {
  const auto server = server_that([](Peer& peer) { peer.close(); });
  ASSERT_TRUE(fetch(request_to(server->url())).has_value());
  acted_.wait();
  // The loop has not run since: the client writes into the closed connection.
  const auto response = fetch(request_to(server->url(), "again"));
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(server->connections(), 2);
  EXPECT_EQ(client->counters().connections_reused, 1u) << "the request did go out on the old connection first";
}

TEST_F(ClientStaleConnection, reset_before_the_request_was_written_it_is_sent_again) {
  const auto server = server_that([](Peer& peer) { peer.reset(); });
  ASSERT_TRUE(fetch(request_to(server->url())).has_value());
  acted_.wait();
  const auto response = fetch(request_to(server->url(), "again"));
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(server->connections(), 2);
}

TEST_F(ClientStaleConnection, a_request_that_was_read_is_not_sent_again_after_a_close) {
  std::promise<std::string> second;
  const auto server = server_that([&](Peer& peer) {
    second.set_value(peer.read_request());
    peer.close();
  });
  ASSERT_TRUE(fetch(request_to(server->url())).has_value());
  const auto response = fetch(request_to(server->url(), "charge the card"));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error_class, ErrorClass::kConnect);
  EXPECT_TRUE(second.get_future().get().ends_with("charge the card"));
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(ClientStaleConnection, a_request_that_was_read_is_not_sent_again_after_a_reset) {
  std::promise<std::string> second;
  const auto server = server_that([&](Peer& peer) {
    second.set_value(peer.read_request());
    peer.reset();
  });
  ASSERT_TRUE(fetch(request_to(server->url())).has_value());
  const auto response = fetch(request_to(server->url(), "charge the card"));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error_class, ErrorClass::kConnect);
  EXPECT_TRUE(second.get_future().get().ends_with("charge the card"));
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(ClientStaleConnection, a_request_left_unread_is_not_sent_again_either) {
  // In the server's kernel, unread, when the server closes (which resets): it might as well have been read.
  Signal close_now;
  const auto server = server_that([&](Peer& peer) {
    close_now.wait();
    peer.close();
  });
  ASSERT_TRUE(fetch(request_to(server->url())).has_value());
  std::optional<std::expected<Response, Failure>> result;
  client->send(request_to(server->url(), "charge the card"), [&](auto outcome) { result = std::move(outcome); });
  close_now.set();
  run_until([&] { return result.has_value(); });
  ASSERT_FALSE(result->has_value());
  EXPECT_EQ(result->error().error_class, ErrorClass::kConnect);
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(ClientStaleConnection, half_an_answer_is_not_asked_for_again) {
  const auto server = server_that([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 2");
    peer.close();
  });
  ASSERT_TRUE(fetch(request_to(server->url())).has_value());
  const auto response = fetch(request_to(server->url()));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error_class, ErrorClass::kProtocol);
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(ClientStaleConnection, a_fresh_connection_that_is_closed_is_not_tried_again) {
  HostileServer server([](Peer& peer, int) { peer.close(); });
  const auto response = fetch(request_to(server.url()));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error_class, ErrorClass::kConnect);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientStaleConnection, unasked_for_bytes_end_an_idle_connection) {
  Signal first_answer_read;
  const auto server = server_that([&](Peer& peer) {
    first_answer_read.wait();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer.wait_for_close();
  });
  ASSERT_TRUE(fetch(request_to(server->url())).has_value());
  first_answer_read.set();
  run_until_set(acted_);  // the script ends when the client has closed
  ASSERT_TRUE(fetch(request_to(server->url())).has_value());
  EXPECT_EQ(server->connections(), 2);
}

TEST_F(ClientStaleConnection, bytes_behind_a_response_are_not_taken_for_the_next) {
  HostileServer server([](Peer& peer, int) {
    while (!peer.read_request().empty()) {
      peer.send(response_with("200 OK", "right") + response_with("500 No", "wrong"));
    }
  });
  for (int i = 0; i < 3; ++i) {
    const auto response = fetch(request_to(server.url()));
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->body, "right");
  }
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(ClientStaleConnection, an_idle_connection_is_closed_after_its_time) {
  ClientOptions options;
  options.idle_timeout = Milliseconds(50);
  make_client(options);
  const auto server = server_that([](Peer& peer) { peer.wait_for_close(); });
  ASSERT_TRUE(fetch(request_to(server->url())).has_value());
  run_until_set(acted_);
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(ClientStaleConnection, a_server_that_names_its_idle_time_is_left_before_it_ends) {
  // timeout=0: not to be kept at all, though the connection is not marked as closing.
  HostileServer server([](Peer& peer, int) {
    peer.read_request();
    peer.send(response_with("200 OK", "", "Keep-Alive: timeout=0, max=5\r\n"));
    peer.wait_for_close();
  });
  ASSERT_TRUE(fetch(request_to(server.url())).has_value());
  Timer clock(io.get_executor());
  bool later = false;
  clock.expires_after(Milliseconds(600));
  clock.async_wait([&](ErrorCode) { later = true; });
  run_until([&] { return later; });
  ASSERT_TRUE(fetch(request_to(server.url())).has_value());
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(ClientStaleConnection, an_old_connection_is_not_used_again) {
  ClientOptions options;
  options.connection_max_age = Seconds(0);
  make_client(options);
  HostileServer server(answer_all);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(fetch(request_to(server.url())).has_value());
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(ClientStaleConnection, the_same_holds_under_tls) {
  CertificateAuthority authority;
  const CertificateFiles files = authority.issue({"server", "IP:127.0.0.1"});
  ServerIdentity identity{files.certificate, files.key, "", 0};
  Signal closed;
  HostileServer server({.tls = &identity}, [&](Peer& peer, int connection) {
    peer.read_request();
    peer.send(response_with("200 OK"));
    if (connection == 0) {
      peer.close();  // unseen by the client when it writes
      closed.set();
    } else {
      peer.read_request();
      peer.close();  // with the request in hand
    }
  });
  const auto credentials = load_tls_credentials({authority.file(), "", ""}).value();
  const auto fetch_tls = [&] {
    Request request = request_to(server.url());
    request.tls = credentials;
    return fetch(std::move(request));
  };
  ASSERT_TRUE(fetch_tls().has_value());
  closed.wait();
  const auto second = fetch_tls();
  ASSERT_TRUE(second.has_value()) << second.error().message;
  EXPECT_EQ(server.connections(), 2);
  const auto third = fetch_tls();
  ASSERT_FALSE(third.has_value());
  EXPECT_EQ(third.error().error_class, ErrorClass::kConnect);
  EXPECT_EQ(server.connections(), 2);
}

}  // namespace
}  // namespace yizhan::http::test
