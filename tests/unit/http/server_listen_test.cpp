#include <gtest/gtest.h>

#include <fmt/format.h>

#include "server_harness.h"

namespace yizhan::http {
namespace {

TEST(ListenAddress, ReadsEveryForm) {
  const auto text = [](std::string_view given) {
    const auto address = parse_listen_address(given);
    return address ? address->to_string() : std::string(address.error().code);
  };
  EXPECT_EQ(text("127.0.0.1:7401"), "127.0.0.1:7401");
  EXPECT_EQ(text(":7401"), "0.0.0.0:7401");
  EXPECT_EQ(text("localhost:0"), "127.0.0.1:0");
  EXPECT_EQ(text("[::1]:7401"), "[::1]:7401");
  EXPECT_EQ(text("[0:0::0]:1"), "[::]:1");
  for (const std::string_view bad :
       {"", "7401", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "example.com:80", "::1:80",
        "[127.0.0.1]:80", "[]:80", "1.2.3:80", "127.0.0.1:80 ", "[::1:80"}) {
    EXPECT_EQ(text(bad), "listen_address_invalid") << bad;
  }
}

TEST(ListenAddress, KnowsLoopback) {
  for (const std::string_view loopback :
       {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "localhost:1"}) {
    EXPECT_TRUE(parse_listen_address(loopback)->loopback_only()) << loopback;
  }
  for (const std::string_view open : {":1", "0.0.0.0:1", "[::]:1", "192.168.1.1:1", "[::ffff:10.0.0.1]:1"}) {
    EXPECT_FALSE(parse_listen_address(open)->loopback_only()) << open;
  }
}

TEST(ServerListen, NamesTheProcessThatHasThePort) {
  RunningServer running(echo);
  asio::io_context io;
  const auto second = Server::listen(io, {"127.0.0.1", running.port}, {}, echo);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, "address_in_use");
  EXPECT_NE(second.error().message.find(fmt::format("(pid {})", ::getpid())), std::string::npos)
      << second.error().message;
  EXPECT_NE(second.error().message.find(std::to_string(running.port)), std::string::npos);
  // The first is undisturbed.
  RawPeer peer(running.port);
  peer.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(peer.receive().status, 200);
}

TEST(ServerListen, SaysWhyItCannot) {
  asio::io_context io;
  const auto nowhere = Server::listen(io, {"192.0.2.1", 0}, {}, echo);
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_EQ(nowhere.error().code, "listen_failed");
  ServerOptions options;
  options.certificate_file = "/does/not/exist.pem";
  options.key_file = "/does/not/exist.key";
  const auto without_files = Server::listen(io, {"127.0.0.1", 0}, options, echo);
  ASSERT_FALSE(without_files.has_value());
  EXPECT_EQ(without_files.error().code, "tls_files_invalid");
  EXPECT_NE(without_files.error().message.find("/does/not/exist.pem"), std::string::npos);
}

TEST(ServerListen, NobodyOwnsAFreePort) {
  std::uint16_t port = 0;
  {
    RunningServer running(echo);
    port = running.port;
  }
  EXPECT_EQ(owner_of_port(port), "");
}

}  // namespace
}  // namespace yizhan::http
