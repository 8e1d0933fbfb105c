// Servers that mean harm, or are broken: faults 20, 21, 22 and 23.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "client_fixture.h"
#include "hostile_server.h"

namespace yizhan::http::test {
namespace {

using ::testing::HasSubstr;

using ClientHostile = ClientFixture;

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * 4096;
}

TEST_F(ClientHostile, a_redirect_into_the_metadata_service_is_not_followed) {
  for (const char* location :
       {"http://169.254.169.254/latest/meta-data/", "/", "http://127.0.0.1:1/", "//169.254.169.254/"}) {
    HostileServer server([&](Peer& peer, int) {
      while (!peer.read_request().empty()) {
        peer.send(response_with("302 Found", "", fmt::format("Location: {}\r\n", location)));
      }
    });
    const auto response = fetch(request_to(server.url()));
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->status, 302);
    EXPECT_EQ(server.connections(), 1);
    EXPECT_EQ(client->counters().connections_reused, 0u);
  }
}

/// Sends `head`, then `block` until a gigabyte is out or the client has gone; says how much the client let through.
std::size_t pour(Peer& peer, std::string_view head, const std::string& block) {
  peer.read_request();
  peer.send(head);
  std::size_t sent = 0;
  while (sent < (std::size_t{1} << 30) && peer.send(block)) sent += block.size();
  return sent;
}

struct Flood {
  const char* name;
  const char* head;
  const char* block_begin;
  const char* block_end;
};

class ClientFlood : public ClientFixture, public ::testing::WithParamInterface<Flood> {};

TEST_P(ClientFlood, reading_stops_at_the_limit_and_memory_stays_flat) {
  const std::string block = GetParam().block_begin + std::string(1 << 20, 'x') + GetParam().block_end;
  std::atomic<std::size_t> sent = 0;
  std::unique_ptr<HostileServer> server =
      std::make_unique<HostileServer>([&](Peer& peer, int) { sent = pour(peer, GetParam().head, block); });
  const std::string url = server->url();
  const std::size_t before = resident_bytes();
  const auto response = fetch(request_to(url));
  const std::size_t after = resident_bytes();
  server.reset();
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_TRUE(response->body_truncated);
  EXPECT_EQ(response->body, std::string(65536, 'x'));
  EXPECT_LT(sent.load(), std::size_t{64} << 20) << "the connection was not closed";
  EXPECT_LT(after, before + (std::size_t{16} << 20));
}

INSTANTIATE_TEST_SUITE_P(
    Framings, ClientFlood,
    ::testing::Values(Flood{"sized", "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", "", ""},
                      Flood{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "100000\r\n", "\r\n"},
                      Flood{"to_the_end", "HTTP/1.1 200 OK\r\n\r\n", "", ""}),
    [](const auto& instance) { return instance.param.name; });

TEST_F(ClientHostile, a_body_of_exactly_the_limit_is_whole) {
  HostileServer server([](Peer& peer, int) {
    while (!peer.read_request().empty()) peer.send(response_with("200 OK", std::string(65536, 'y')));
  });
  for (int i = 0; i < 2; ++i) {
    const auto response = fetch(request_to(server.url()));
    ASSERT_TRUE(response.has_value());
    EXPECT_FALSE(response->body_truncated);
    EXPECT_EQ(response->body.size(), 65536u);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientHostile, compressed_bodies_are_left_as_they_are) {
  const std::string bomb("\x1f\x8b\x08\x00not to be inflated", 22);
  HostileServer server([&](Peer& peer, int) {
    peer.read_request();
    peer.send(response_with("200 OK", bomb, "Content-Encoding: gzip\r\n"));
  });
  const auto response = fetch(request_to(server.url()));
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body, bomb);
}

struct Broken {
  const char* name;
  std::string sent;
  ErrorClass error_class;
  const char* says;
};

class ClientBrokenResponse : public ClientFixture, public ::testing::WithParamInterface<Broken> {};

TEST_P(ClientBrokenResponse, fails_and_its_connection_is_dropped) {
  HostileServer server([&](Peer& peer, int connection) {
    if (connection > 0) return answer_all(peer, connection);
    peer.read_request();
    peer.send(GetParam().sent);
    peer.end_sending();
    peer.wait_for_close();
  });
  const auto response = fetch(request_to(server.url()));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error_class, GetParam().error_class) << response.error().message;
  EXPECT_THAT(response.error().message, HasSubstr(GetParam().says));
  EXPECT_THAT(response.error().message, HasSubstr("127.0.0.1:")) << "names the address";
  EXPECT_TRUE(fetch(request_to(server.url())).has_value());
  EXPECT_EQ(server.connections(), 2);
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, ClientBrokenResponse,
    ::testing::Values(
        Broken{"nothing", "", ErrorClass::kConnect, "before a response began"},
        Broken{"not_http", "SSH-2.0-OpenSSH_9.2\r\n", ErrorClass::kProtocol, "not HTTP/1.x"},
        Broken{"http_2", "HTTP/2 200\r\n\r\n", ErrorClass::kProtocol, "not HTTP/1.x"},
        Broken{"early_close_in_head", "HTTP/1.1 200 OK\r\nContent-Le", ErrorClass::kProtocol, "head"},
        Broken{"early_close_in_body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", ErrorClass::kProtocol,
               "body"},
        Broken{"early_close_in_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n12345",
               ErrorClass::kProtocol, "body"},
        Broken{"chunks_without_end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
               ErrorClass::kProtocol, "body"},
        Broken{"bad_chunk_size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", ErrorClass::kProtocol,
               "chunk size"},
        Broken{"long_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n",
               ErrorClass::kProtocol, "longer than its size"},
        Broken{"both_framings", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
               ErrorClass::kProtocol, "both"},
        Broken{"endless_interim", repeated("HTTP/1.1 102 Processing\r\n\r\n", 100), ErrorClass::kProtocol, "1xx"},
        Broken{"endless_head", "HTTP/1.1 200 OK\r\n" + repeated("X-Filler: 0123456789\r\n", 2000),
               ErrorClass::kResponseTooLarge, "limit"},
        Broken{"endless_line", "HTTP/1.1 200 OK\r\nX-Filler: " + std::string(100000, 'x'),
               ErrorClass::kResponseTooLarge, "limit"}),
    [](const auto& instance) { return instance.param.name; });

TEST_F(ClientHostile, a_reset_inside_the_response_is_a_broken_response) {
  Signal reset_now;
  HostileServer server([&](Peer& peer, int) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
    reset_now.wait();
    peer.reset();
  });
  std::optional<std::expected<Response, Failure>> result;
  client->send(request_to(server.url()), [&](auto outcome) { result = std::move(outcome); });
  run_ready();
  reset_now.set();
  run_until([&] { return result.has_value(); });
  ASSERT_FALSE(result->has_value());
  // Which of the two depends on whether the reset overtook the bytes before it.
  EXPECT_THAT(result->error().error_class, ::testing::AnyOf(ErrorClass::kProtocol, ErrorClass::kConnect));
}

}  // namespace
}  // namespace yizhan::http::test
