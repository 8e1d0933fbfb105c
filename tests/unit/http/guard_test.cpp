// Fault 46: every target that leads inside is refused, in every spelling and every disguise; what is global is not.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "http/address_guard.h"
#include "http/client.h"

namespace yizhan::http {
namespace {

struct Inside4 {
  const char* address;
  const char* reason;
};

/// First, last and inner addresses of every IPv4 block that is not global, and every metadata service.
constexpr std::array kInside4{
    Inside4{"0.0.0.0", "\"this network\""},
    Inside4{"0.0.0.1", "\"this network\""},
    Inside4{"0.255.255.255", "\"this network\""},
    Inside4{"10.0.0.0", "private network"},
    Inside4{"10.1.2.3", "private network"},
    Inside4{"10.255.255.255", "private network"},
    Inside4{"100.64.0.0", "carrier-grade NAT network"},
    Inside4{"100.100.1.1", "carrier-grade NAT network"},
    Inside4{"100.127.255.255", "carrier-grade NAT network"},
    Inside4{"127.0.0.0", "loopback"},
    Inside4{"127.0.0.1", "loopback"},
    Inside4{"127.1.2.3", "loopback"},
    Inside4{"127.255.255.255", "loopback"},
    Inside4{"169.254.0.0", "link-local"},
    Inside4{"169.254.1.1", "link-local"},
    Inside4{"169.254.255.255", "link-local"},
    Inside4{"172.16.0.0", "private network"},
    Inside4{"172.17.0.1", "private network"},
    Inside4{"172.31.255.255", "private network"},
    Inside4{"192.0.0.0", "IETF protocol assignments"},
    Inside4{"192.0.0.9", "IETF protocol assignments"},
    Inside4{"192.0.0.170", "IETF protocol assignments"},
    Inside4{"192.0.0.255", "IETF protocol assignments"},
    Inside4{"192.0.2.0", "documentation network"},
    Inside4{"192.0.2.255", "documentation network"},
    Inside4{"192.88.99.1", "6to4 relay anycast"},
    Inside4{"192.168.0.0", "private network"},
    Inside4{"192.168.1.1", "private network"},
    Inside4{"192.168.255.255", "private network"},
    Inside4{"198.18.0.0", "benchmarking network"},
    Inside4{"198.19.255.255", "benchmarking network"},
    Inside4{"198.51.100.7", "documentation network"},
    Inside4{"203.0.113.255", "documentation network"},
    Inside4{"224.0.0.1", "multicast"},
    Inside4{"239.255.255.250", "multicast"},
    Inside4{"240.0.0.0", "reserved"},
    Inside4{"250.1.2.3", "reserved"},
    Inside4{"255.255.255.255", "reserved"},
    Inside4{"169.254.169.254", "cloud metadata service"},
    Inside4{"169.254.170.2", "cloud metadata service"},
    Inside4{"169.254.170.23", "cloud metadata service"},
    Inside4{"169.254.0.23", "cloud metadata service"},
    Inside4{"169.254.42.42", "cloud metadata service"},
    Inside4{"100.100.100.200", "cloud metadata service"},
    Inside4{"100.96.0.96", "cloud metadata service"},
    Inside4{"192.0.0.192", "cloud metadata service"},
    Inside4{"168.63.129.16", "cloud metadata service"},
};

/// The addresses next to the blocks, and some well-known ones.
constexpr std::array kGlobal4{
    "1.0.0.0",        "1.1.1.1",         "8.8.8.8",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",
    "100.128.0.0",    "126.255.255.255", "128.0.0.0",       "168.63.129.15",   "169.253.255.255", "169.255.0.0",
    "172.15.255.255", "172.32.0.0",      "191.255.255.255", "192.0.1.0",       "192.0.3.0",       "192.88.98.255",
    "192.88.100.0",   "192.167.255.255", "192.169.0.0",     "198.17.255.255",  "198.20.0.0",      "198.51.99.255",
    "198.51.101.0",   "203.0.112.255",   "203.0.114.0",     "223.255.255.255",
};

struct Inside6 {
  const char* address;
  const char* reason;
};

constexpr std::array kInside6{
    Inside6{"::", "unspecified address"},
    Inside6{"::1", "loopback"},
    Inside6{"::2", "IPv4-compatible address"},
    Inside6{"::8.8.8.8", "IPv4-compatible address"},
    Inside6{"::1:0:0", "not a global unicast address"},
    Inside6{"::ffff:0:8.8.8.8", "not a global unicast address"},  // SIIT, RFC 2765
    Inside6{"64:ff9a::8.8.8.8", "not a global unicast address"},
    Inside6{"64:ff9b:0:1::8.8.8.8", "not a global unicast address"},
    Inside6{"64:ff9b:1::", "local-use NAT64"},
    Inside6{"64:ff9b:1::8.8.8.8", "local-use NAT64"},
    Inside6{"64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "local-use NAT64"},
    Inside6{"100::", "discard-only"},
    Inside6{"100::ffff", "discard-only"},
    Inside6{"100:0:0:1::1", "dummy prefix"},
    Inside6{"200::1", "not a global unicast address"},
    Inside6{"1fff:ffff::1", "not a global unicast address"},
    Inside6{"2001::", "Teredo"},
    Inside6{"2001:0:808:808::f7f7:f7f7", "Teredo"},
    Inside6{"2001:1::1", "IETF protocol assignments"},
    Inside6{"2001:2::1", "IETF protocol assignments"},
    Inside6{"2001:10::1", "IETF protocol assignments"},
    Inside6{"2001:20::1", "IETF protocol assignments"},
    Inside6{"2001:1ff:ffff::1", "IETF protocol assignments"},
    Inside6{"2001:db8::", "documentation network"},
    Inside6{"2001:db8:ffff:ffff::1", "documentation network"},
    Inside6{"3fff::1", "documentation network"},
    Inside6{"3fff:fff:ffff::1", "documentation network"},
    Inside6{"4000::1", "not a global unicast address"},
    Inside6{"5f00::1", "segment routing"},
    Inside6{"8000::1", "not a global unicast address"},
    Inside6{"e000::1", "not a global unicast address"},
    Inside6{"fc00::", "unique local (private) network"},
    Inside6{"fc00::1", "unique local (private) network"},
    Inside6{"fd12:3456:789a::1", "unique local (private) network"},
    Inside6{"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "unique local (private) network"},
    Inside6{"fe00::1", "not a global unicast address"},
    Inside6{"fe80::", "link-local"},
    Inside6{"fe80::1", "link-local"},
    Inside6{"febf:ffff::1", "link-local"},
    Inside6{"fec0::1", "site-local"},
    Inside6{"feff:ffff::1", "site-local"},
    Inside6{"ff02::1", "multicast"},
    Inside6{"ff0e::1", "multicast"},
    Inside6{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast"},
    Inside6{"fd00:ec2::254", "cloud metadata service"},
    Inside6{"fd00:ec2::23", "cloud metadata service"},
    Inside6{"fd20:ce::254", "cloud metadata service"},
    Inside6{"fd00:42::42", "cloud metadata service"},
    Inside6{"fe80::a9fe:a9fe", "cloud metadata service"},
};

constexpr std::array kGlobal6{
    "2000::1",        "2001:200::1",     "2001:db7:ffff::1",   "2001:db9::1",
    "2003::1",        "2400:3200::1",    "2606:4700::1111",    "2620:4f:8000::1",
    "2a00:1450::1",   "3ffe:ffff::1",    "3fff:1000::1",       "64:ff9b::8.8.8.8",
    "::ffff:8.8.8.8", "2002:808:808::1", "2a00::5efe:808:808", "2a00::200:5efe:808:808",
};

std::array<unsigned, 4> parts_of(const std::string& address) {
  const auto bytes = asio::ip::make_address_v4(address).to_bytes();
  return {bytes[0], bytes[1], bytes[2], bytes[3]};
}

/// The same IPv4 address as resolvers also take it.
std::vector<std::string> spellings_of(const std::string& address) {
  const auto [a, b, c, d] = parts_of(address);
  const std::uint32_t all = asio::ip::make_address_v4(address).to_uint();
  return {
      address,
      address + ".",
      fmt::format("{}", all),
      fmt::format("0x{:x}", all),
      fmt::format("0X{:08X}", all),
      fmt::format("0{:o}", all),
      fmt::format("0{:o}.0{:o}.0{:o}.0{:o}", a, b, c, d),
      fmt::format("0x{:x}.0x{:x}.0x{:x}.0x{:x}", a, b, c, d),
      fmt::format("000{:03o}.{}.0x{:02x}.{}", a, b, c, d),
      fmt::format("{}.{}", a, all & 0xffffff),
      fmt::format("{}.{}.{}", a, b, all & 0xffff),
      fmt::format("0x{:x}.0{:o}", a, all & 0xffffff),
  };
}

/// IPv6 addresses that lead to that IPv4 address, or carry it.
std::vector<std::string> disguises_of(const std::string& address) {
  const auto [a, b, c, d] = parts_of(address);
  const std::string high = fmt::format("{:x}", a << 8 | b);
  const std::string low = fmt::format("{:x}", c << 8 | d);
  return {
      fmt::format("::ffff:{}", address),
      fmt::format("::ffff:{}:{}", high, low),
      fmt::format("0:0:0:0:0:ffff:{}", address),
      fmt::format("::{}", address),
      fmt::format("64:ff9b::{}", address),
      fmt::format("64:ff9b:1::{}", address),
      fmt::format("2002:{}:{}::1", high, low),
      fmt::format("2002:{}:{}::", high, low),
      fmt::format("2001:0:{}:{}::1", high, low),
      fmt::format("2001:0:808:808:0:0:{:x}:{:x}", (a << 8 | b) ^ 0xffff, (c << 8 | d) ^ 0xffff),
      fmt::format("2a00:1450::5efe:{}", address),
      fmt::format("2a00:1450::200:5efe:{}:{}", high, low),
      fmt::format("fe80::5efe:{}", address),
  };
}

std::string_view refusal(const std::string& host, const AddressGuard& guard = AddressGuard()) {
  const auto address = parse_address_literal(host);
  if (!address) return "(no address)";
  return guard.refusal(*address);
}

TEST(AddressGuard, refuses_every_inside_target_in_every_spelling) {
  int targets = 0;
  for (const auto& [address, reason] : kInside4) {
    for (const std::string& host : spellings_of(address)) {
      EXPECT_EQ(refusal(host), reason) << host;
      ++targets;
    }
    for (const std::string& host : disguises_of(address)) {
      const auto why = refusal(host);
      EXPECT_FALSE(why.empty()) << host;
      EXPECT_NE(why, "(no address)") << host;
      ++targets;
    }
  }
  for (const auto& [address, reason] : kInside6) {
    EXPECT_EQ(refusal(address), reason) << address;
    ++targets;
  }
  EXPECT_GE(targets, 500);
}

TEST(AddressGuard, urls_of_inside_targets_end_in_refused_addresses) {
  for (const auto& [address, reason] : kInside4) {
    for (const std::string& host : spellings_of(address)) {
      const auto url = parse_url("http://" + host + "/");
      ASSERT_TRUE(url.has_value()) << host;
      EXPECT_EQ(url->host, address) << "what is shown is what is connected to";
      EXPECT_EQ(refusal(url->host), reason);
    }
    for (const std::string& host : disguises_of(address)) {
      const auto url = parse_url("http://[" + host + "]/");
      ASSERT_TRUE(url.has_value()) << host;
      EXPECT_FALSE(refusal(url->host).empty()) << host;
    }
  }
}

TEST(AddressGuard, lets_global_addresses_through) {
  for (const char* address : kGlobal4) {
    for (const std::string& host : spellings_of(address)) EXPECT_EQ(refusal(host), "") << host;
    EXPECT_EQ(refusal(fmt::format("::ffff:{}", address)), "");
    EXPECT_EQ(refusal(fmt::format("64:ff9b::{}", address)), "");
  }
  for (const char* address : kGlobal6) EXPECT_EQ(refusal(address), "") << address;
}

TEST(AddressGuard, a_listed_network_is_let_through_and_nothing_beside_it) {
  const AddressGuard guard(parse_networks("10.1.0.0/16, fd00:1::/32, 127.0.0.1").value());
  EXPECT_EQ(refusal("10.1.2.3", guard), "");
  EXPECT_EQ(refusal("::ffff:10.1.2.3", guard), "");
  EXPECT_EQ(refusal("10.2.0.0", guard), "private network");
  EXPECT_EQ(refusal("127.0.0.1", guard), "");
  EXPECT_EQ(refusal("127.0.0.2", guard), "loopback");
  EXPECT_EQ(refusal("fd00:1::5", guard), "");
  EXPECT_EQ(refusal("fd00:2::5", guard), "unique local (private) network");
  // The other disguises lead somewhere else than the listed network: through a relay that we know nothing of.
  EXPECT_EQ(refusal("64:ff9b::10.1.2.3", guard), "private network");
  EXPECT_EQ(refusal("2002:a01:203::1", guard), "private network");
}

TEST(AddressGuard, extra_networks_count_for_one_question_only) {
  const AddressGuard guard;
  const auto extra = parse_networks("192.168.0.0/16").value();
  const auto address = *parse_address_literal("192.168.1.1");
  EXPECT_EQ(guard.refusal(address, &extra), "");
  EXPECT_EQ(guard.refusal(address), "private network");
}

TEST(AddressGuard, metadata_services_are_refused_even_when_listed) {
  const AddressGuard guard(parse_networks("0.0.0.0/0, ::/0").value());
  const auto extra = parse_networks("169.254.169.254, fd00:ec2::254, 100.100.100.200").value();
  EXPECT_EQ(refusal("10.0.0.1", guard), "");
  EXPECT_EQ(refusal("fd00::1", guard), "");
  for (const auto& [address, reason] : kInside4) {
    if (std::string_view(reason) != "cloud metadata service") continue;
    EXPECT_EQ(guard.refusal(*parse_address_literal(address), &extra), "cloud metadata service") << address;
    for (const std::string& host : disguises_of(address)) {
      EXPECT_EQ(guard.refusal(*parse_address_literal(host), &extra), "cloud metadata service") << host;
    }
  }
  for (const auto& [address, reason] : kInside6) {
    if (std::string_view(reason) != "cloud metadata service") continue;
    EXPECT_EQ(guard.refusal(*parse_address_literal(address), &extra), "cloud metadata service") << address;
  }
}

TEST(AddressLiteral, what_resolvers_do_not_take_for_an_address_is_none) {
  for (const char* host :
       {"",          ".",          "..",           "1..2",         "1.2.3.4.5",   "256.0.0.1",    "1.256.1.1",
        "1.2.3.256", "1.2.65536",  "1.16777216",   "4294967296",   "0x100000000", "08",           "0x1g",
        "1.2.3.a",   "-1",         "+1",           " 1.2.3.4",     "1.2.3.4 ",    "1.2.3.4..",    "a.b.c.d",
        "example",   "1.2.3.4/32", "1e3",          ":::",          "::1%lo",      "fe80::1%eth0", "1:2:3",
        "::12345",   "[::1]",      "::ffff:1.2.3", "::ffff:0x7f.1"}) {
    EXPECT_FALSE(parse_address_literal(host).has_value()) << host;
  }
  EXPECT_EQ(parse_address_literal("0x")->to_string(), "0.0.0.0") << "as the URL standard has it";
}

TEST(Networks, are_read_and_refused) {
  const auto networks = parse_networks(" 10.0.0.0/8,, fd00::/8 ,192.168.1.7, ");
  ASSERT_TRUE(networks.has_value());
  ASSERT_EQ(networks->size(), 3u);
  EXPECT_EQ((*networks)[0].prefix_length, 8u);
  EXPECT_EQ((*networks)[2].prefix_length, 32u);
  EXPECT_TRUE(parse_networks("")->empty());
  for (const char* bad : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "fd00::/129", "example.com",
                          "10.0.0", "fe80::%eth0/10", "10.0.0.0/8 10.0.0.0/8"}) {
    const auto result = parse_networks(bad);
    ASSERT_FALSE(result.has_value()) << bad;
    EXPECT_EQ(result.error().code, "network_invalid");
  }
}

TEST(Networks, contain_what_shares_their_prefix) {
  const auto network = [](const char* text) { return parse_network(text).value(); };
  const auto address = [](const char* text) { return asio::ip::make_address(text); };
  EXPECT_TRUE(network("0.0.0.0/0").contains(address("255.1.2.3")));
  EXPECT_FALSE(network("0.0.0.0/0").contains(address("::1")));
  EXPECT_TRUE(network("172.16.0.0/12").contains(address("172.31.255.255")));
  EXPECT_FALSE(network("172.16.0.0/12").contains(address("172.32.0.0")));
  EXPECT_TRUE(network("fd00::/9").contains(address("fd7f::1")));
  EXPECT_FALSE(network("fd00::/9").contains(address("fd80::1")));
  EXPECT_TRUE(network("::1").contains(address("::1")));
  EXPECT_FALSE(network("::1").contains(address("::2")));
}

}  // namespace
}  // namespace yizhan::http
