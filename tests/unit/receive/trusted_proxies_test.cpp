#include "receive/trusted_proxies.h"

#include <gtest/gtest.h>

namespace yizhan::receive {
namespace {

std::string sender(const std::vector<std::string>& trusted, const char* peer,
                   const std::vector<std::string_view>& forwarded) {
  http::ServerRequest request;
  request.peer = http::asio::ip::make_address(peer);
  request.headers.emplace_back("Host", "h");
  for (const std::string_view value : forwarded) request.headers.emplace_back("x-forwarded-FOR", value);
  return TrustedProxies::parse(trusted).value().sender(request).to_string();
}

TEST(TrustedProxies, NobodyIsBelievedUnlessListed) {
  EXPECT_EQ(sender({}, "203.0.113.1", {"198.51.100.9"}), "203.0.113.1");
  EXPECT_EQ(sender({"10.0.0.0/8"}, "203.0.113.1", {"198.51.100.9"}), "203.0.113.1");
  EXPECT_EQ(sender({"10.0.0.0/8"}, "10.1.2.3", {}), "10.1.2.3");
}

TEST(TrustedProxies, AreBelievedAsFarAsTheyKnow) {
  const std::vector<std::string> trusted{"10.0.0.0/8", "2001:db8::/32"};
  EXPECT_EQ(sender(trusted, "10.1.2.3", {"198.51.100.9"}), "198.51.100.9");
  EXPECT_EQ(sender(trusted, "10.1.2.3", {"1.1.1.1, 198.51.100.9"}), "198.51.100.9") << "the first is a claim";
  EXPECT_EQ(sender(trusted, "10.1.2.3", {"198.51.100.9, 10.0.0.7"}), "198.51.100.9");
  EXPECT_EQ(sender(trusted, "10.1.2.3", {"198.51.100.9", "10.0.0.7"}), "198.51.100.9") << "two fields are one list";
  EXPECT_EQ(sender(trusted, "10.1.2.3", {"198.51.100.9", "192.0.2.4"}), "192.0.2.4");
  EXPECT_EQ(sender(trusted, "10.1.2.3", {"10.0.0.8, 10.0.0.7"}), "10.0.0.8") << "all of them are ours";
  EXPECT_EQ(sender(trusted, "2001:db8::1", {"2a00::5"}), "2a00::5");
}

TEST(TrustedProxies, WriteAddressesInSeveralForms) {
  const std::vector<std::string> trusted{"10.0.0.0/8"};
  EXPECT_EQ(sender(trusted, "10.0.0.1", {"198.51.100.9:4711"}), "198.51.100.9");
  EXPECT_EQ(sender(trusted, "10.0.0.1", {"[2a00::5]:4711"}), "2a00::5");
  EXPECT_EQ(sender(trusted, "10.0.0.1", {"[2a00::5]"}), "2a00::5");
  EXPECT_EQ(sender(trusted, "10.0.0.1", {"::ffff:198.51.100.9"}), "198.51.100.9");
  EXPECT_EQ(sender(trusted, "10.0.0.1", {"198.51.100.9, ::ffff:10.0.0.2"}), "198.51.100.9");
}

TEST(TrustedProxies, NonsenseEndsTheSearch) {
  const std::vector<std::string> trusted{"10.0.0.0/8"};
  for (const std::string_view nonsense : {"", "unknown", "_hidden", "198.51.100.9, nonsense", "1.2.3", "[2a00::5", "a,",
                                          "fe80::1%eth0", "198.51.100.9,,", "\"\r\n"}) {
    EXPECT_EQ(sender(trusted, "10.0.0.1", {nonsense}), "10.0.0.1") << nonsense;
    EXPECT_EQ(sender(trusted, "10.0.0.1", {nonsense, "10.0.0.9"}), "10.0.0.9") << nonsense;
  }
}

TEST(TrustedProxies, AreListedAsNetworks) {
  EXPECT_EQ(TrustedProxies::parse({"10.0.0.0/8", "proxy.example"}).error().code, "network_invalid");
}

}  // namespace
}  // namespace yizhan::receive
