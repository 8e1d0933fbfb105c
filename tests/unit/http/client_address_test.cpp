// Where the client connects to: names resolved by a name server of our own, every address vetted, the vetted one used
// (faults 19 and 46).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "client_fixture.h"
#include "dns_server.h"
#include "hostile_server.h"

namespace yizhan::http::test {
namespace {

using ::testing::HasSubstr;

class ClientAddress : public ClientFixture {
 public:
  void resolve_with(DnsServer::Rule rule, std::string_view allowed = "127.0.0.0/8", ClientOptions options = {}) {
    names = std::make_unique<DnsServer>(std::move(rule));
    options.dns_servers = {names->address()};
    make_client(std::move(options), allowed);
  }
  /// Every name has these addresses.
  void resolve_to(std::vector<std::string> addresses, std::string_view allowed = "127.0.0.0/8") {
    resolve_with([addresses = std::move(addresses)](const std::string&, bool, int) { return DnsReply{addresses}; },
                 allowed);
  }
  static std::string url_of(const std::string& host, std::uint16_t port) {
    return fmt::format("http://{}:{}/", host, port);
  }
  void expect_blocked(const std::string& url, std::string_view address, std::string_view reason) {
    const auto response = fetch(request_to(url));
    ASSERT_FALSE(response.has_value()) << url;
    EXPECT_EQ(response.error().error_class, ErrorClass::kBlockedAddress) << response.error().message;
    EXPECT_THAT(response.error().message, HasSubstr(fmt::format("{} ({})", address, reason)));
    EXPECT_THAT(response.error().message, HasSubstr("YIZHAN_OUTBOUND_ALLOW"));
  }

  std::unique_ptr<DnsServer> names;
};

TEST_F(ClientAddress, a_name_is_resolved_and_kept_for_its_time) {
  resolve_to({"127.0.0.1"});
  HostileServer server([](Peer& peer, int) {
    peer.read_request();
    peer.send(response_with("200 OK", "", "Connection: close\r\n"));
  });
  for (int i = 0; i < 5; ++i) {
    const auto response = fetch(request_to(url_of("hooks.example.com", server.port())));
    ASSERT_TRUE(response.has_value()) << response.error().message;
  }
  EXPECT_EQ(server.connections(), 5);
  EXPECT_EQ(names->questions("hooks.example.com"), 1);
}

TEST_F(ClientAddress, the_host_header_is_the_name) {
  resolve_to({"127.0.0.1"});
  std::string seen;
  HostileServer server([&](Peer& peer, int) {
    seen = peer.read_request();
    peer.send(response_with("200 OK"));
  });
  ASSERT_TRUE(fetch(request_to(url_of("Hooks.Example.COM", server.port()))).has_value());
  EXPECT_THAT(seen, HasSubstr(fmt::format("\r\nHost: hooks.example.com:{}\r\n", server.port())));
}

TEST_F(ClientAddress, requests_at_once_share_one_look_up) {
  resolve_to({"127.0.0.1"});
  HostileServer server(answer_all);
  int answered = 0;
  for (int i = 0; i < 20; ++i) {
    client->send(request_to(url_of("hooks.example.com", server.port())),
                 [&](const auto& result) { answered += result.has_value() ? 1 : 100; });
  }
  run_until([&] { return answered >= 20; });
  EXPECT_EQ(answered, 20);
  EXPECT_EQ(names->questions("hooks.example.com"), 1);
  EXPECT_EQ(names->questions("hooks.example.com", true), 1);
}

TEST_F(ClientAddress, literals_in_every_spelling_are_recognised) {
  make_client({}, "");
  for (const char* host :
       {"127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.0.0x1", "127.0.0.1."}) {
    expect_blocked(fmt::format("http://{}/", host), "127.0.0.1", "loopback");
  }
  expect_blocked("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1", "loopback");
  expect_blocked("http://[::1]/", "::1", "loopback");
  expect_blocked("http://[64:ff9b::10.0.0.1]/", "64:ff9b::a00:1", "private network");
}

TEST_F(ClientAddress, names_that_resolve_inside_are_refused) {
  struct Case {
    const char* address;
    const char* reason;
  };
  for (const Case& inside : {Case{"127.0.0.1", "loopback"}, Case{"10.1.2.3", "private network"},
                             Case{"169.254.169.254", "cloud metadata service"}, Case{"192.168.1.1", "private network"},
                             Case{"0.0.0.0", "\"this network\""}, Case{"fd00::1", "unique local (private) network"},
                             Case{"::1", "loopback"}, Case{"::ffff:10.0.0.1", "private network"},
                             Case{"fd00:ec2::254", "cloud metadata service"}, Case{"fe80::1", "link-local"}}) {
    resolve_to({inside.address}, "");
    expect_blocked("http://hooks.example.com/", inside.address, inside.reason);
  }
}

TEST_F(ClientAddress, localhost_and_its_kin_are_refused) {
  resolve_to({}, "");
  for (const char* host : {"localhost", "LOCALHOST", "localhost.", "x.localhost"}) {
    const auto response = fetch(request_to(fmt::format("http://{}/", host)));
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().error_class, ErrorClass::kBlockedAddress) << response.error().message;
  }
  EXPECT_EQ(names->questions("localhost"), 0);
}

TEST_F(ClientAddress, metadata_services_stay_refused_whatever_is_allowed) {
  resolve_to({"169.254.169.254"}, "0.0.0.0/0, ::/0");
  expect_blocked("http://hooks.example.com/", "169.254.169.254", "cloud metadata service");
  expect_blocked("http://169.254.169.254/", "169.254.169.254", "cloud metadata service");
}

TEST_F(ClientAddress, of_several_addresses_only_the_allowed_are_used) {
  resolve_to({"10.0.0.1", "169.254.169.254", "127.0.0.1", "192.168.0.1"});
  HostileServer server(answer_all);
  const auto response = fetch(request_to(url_of("hooks.example.com", server.port())));
  EXPECT_TRUE(response.has_value()) << response.error().message;
}

TEST_F(ClientAddress, the_next_address_is_tried_when_one_refuses) {
  resolve_to({"127.0.0.2", "127.0.0.3", "127.0.0.1"});
  HostileServer server([](Peer& peer, int) {
    peer.read_request();
    peer.send(response_with("200 OK", "", "Connection: close\r\n"));
  });
  for (int i = 0; i < 2; ++i) {
    const auto response = fetch(request_to(url_of("hooks.example.com", server.port())));
    EXPECT_TRUE(response.has_value()) << response.error().message;
  }
}

TEST_F(ClientAddress, when_no_address_connects_the_last_is_named) {
  resolve_to({"127.0.0.2", "127.0.0.3"});
  std::uint16_t port = 0;
  {
    port = HostileServer(answer_all).port();
  }
  const auto response = fetch(request_to(url_of("hooks.example.com", port)));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error_class, ErrorClass::kConnect);
  EXPECT_THAT(response.error().message, HasSubstr("Connection refused"));
}

TEST_F(ClientAddress, an_address_that_swallows_packets_gets_its_share_of_time_only) {
  HostileServer server([](Peer& peer, int) {
    peer.read_request();
    peer.send(response_with("200 OK", "", "Connection: close\r\n"));
  });
  FullListener full("127.0.0.2", server.port());
  ClientOptions options;
  options.connect_timeout = Seconds(6);  // half of it for each
  resolve_with([](const std::string&, bool, int) { return DnsReply{{"127.0.0.2", "127.0.0.1"}}; }, "127.0.0.0/8",
               options);
  auto begin = std::chrono::steady_clock::now();
  const auto response = fetch(request_to(url_of("hooks.example.com", server.port())));
  EXPECT_TRUE(response.has_value()) << response.error().message;
  EXPECT_GE(std::chrono::steady_clock::now() - begin, Seconds(3));
  // Now that it is known, the other one is tried first.
  begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(fetch(request_to(url_of("hooks.example.com", server.port()))).has_value());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, Milliseconds(2900));
}

TEST_F(ClientAddress, a_name_that_rebinds_is_vetted_anew) {
  resolve_with(
      [](const std::string&, bool, int question) { return DnsReply{{question == 0 ? "127.0.0.1" : "10.0.0.1"}, 0}; });
  HostileServer server([](Peer& peer, int) {
    peer.read_request();
    peer.send(response_with("200 OK", "", "Connection: close\r\n"));
  });
  const std::string url = url_of("rebind.example.com", server.port());
  ASSERT_TRUE(fetch(request_to(url)).has_value());
  // Within its time (no less than a second, however short the answer's own) the vetted address is the one used.
  ASSERT_TRUE(fetch(request_to(url)).has_value());
  EXPECT_EQ(names->questions("rebind.example.com"), 1);
  Timer expiry(io.get_executor(), Milliseconds(1010));
  bool expired = false;
  expiry.async_wait([&](ErrorCode) { expired = true; });
  run_until([&] { return expired; });
  expect_blocked(url, "10.0.0.1", "private network");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(ClientAddress, a_connection_into_a_private_network_serves_only_those_who_may) {
  make_client({}, "");
  HostileServer server(answer_all);
  Request allowed = request_to(server.url());
  allowed.extra_networks = std::make_shared<const std::vector<Network>>(parse_networks("127.0.0.0/8").value());
  ASSERT_TRUE(fetch(Request(allowed)).has_value());
  // The connection is idle now; whoever may not go there must not go over it.
  expect_blocked(server.url(), "127.0.0.1", "loopback");
  Request elsewhere = request_to(server.url());
  elsewhere.extra_networks = std::make_shared<const std::vector<Network>>(parse_networks("10.0.0.0/8").value());
  EXPECT_FALSE(fetch(std::move(elsewhere)).has_value());
  ASSERT_TRUE(fetch(std::move(allowed)).has_value());
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientAddress, a_name_that_does_not_exist) {
  resolve_with([](const std::string&, bool, int) { return DnsReply{{}, 0, 3}; });
  const auto response = fetch(request_to("http://nowhere.example.com/"));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error_class, ErrorClass::kDns);
  EXPECT_THAT(response.error().message, HasSubstr("'nowhere.example.com' does not exist"));
}

TEST_F(ClientAddress, a_silent_name_server_is_given_up) {
  ClientOptions options;
  options.dns_timeout = Milliseconds(120);
  resolve_with([](const std::string&, bool, int) { return DnsReply{.silent = true}; }, "127.0.0.0/8", options);
  const auto begin = std::chrono::steady_clock::now();
  const auto response = fetch(request_to("http://slow.example.com/"));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error_class, ErrorClass::kDns);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, Milliseconds(110));
}

TEST_F(ClientAddress, the_attempts_deadline_covers_the_look_up) {
  resolve_with([](const std::string&, bool, int) { return DnsReply{.silent = true}; });
  const auto response = fetch(request_to("http://slow.example.com/", "{}", Milliseconds(50)));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error_class, ErrorClass::kTimeout);
  EXPECT_THAT(response.error().message, HasSubstr("looking up slow.example.com"));
}

TEST_F(ClientAddress, name_servers_that_make_no_sense_are_named) {
  ClientOptions options;
  options.dns_servers = {"not an address"};
  make_client(options);
  const auto response = fetch(request_to("http://hooks.example.com/"));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error_class, ErrorClass::kDns);
  EXPECT_THAT(response.error().message, HasSubstr("'not an address'"));
}

}  // namespace
}  // namespace yizhan::http::test
