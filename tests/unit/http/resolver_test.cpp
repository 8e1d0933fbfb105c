#include "http/resolver.h"

#include <gmock/gmock.h>
#include <cstdlib>

#include <fstream>
#include <optional>

#include "dns_server.h"
#include "harness/temporary_folder.h"

namespace yizhan::http::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ResolverTest : public ::testing::Test {
 public:
  void serve(DnsServer::Rule rule, ResolverOptions options = {}) {
    server = std::make_unique<DnsServer>(std::move(rule));
    options.servers = {server->address()};
    resolver = std::make_unique<Resolver>(io, options);
  }

  Resolver::Outcome look_up(const std::string& name) {
    std::optional<Resolver::Outcome> result;
    resolver->look_up(name, [&](const Resolver::Outcome& outcome) { result = outcome; });
    EXPECT_FALSE(result.has_value()) << "not before the call returns";
    io.restart();
    while (!result) io.run_one();
    return *result;
  }

  std::vector<std::string> addresses_of(const std::string& name) {
    std::vector<std::string> texts;
    const auto outcome = look_up(name);
    if (!outcome) return {outcome.error()};
    for (const auto& address : **outcome) texts.push_back(address.to_string());
    return texts;
  }

  bool knows(const std::string& name, Milliseconds in = Milliseconds(0)) {
    return resolver->known(name, std::chrono::steady_clock::now() + in) != nullptr;
  }

  asio::io_context io{1};
  std::unique_ptr<DnsServer> server;
  std::unique_ptr<Resolver> resolver;
};

TEST_F(ResolverTest, gives_every_address_ipv4_first) {
  serve([](const std::string&, bool, int) { return DnsReply{{"2001:db8::1", "192.0.2.1", "192.0.2.2"}}; });
  EXPECT_THAT(addresses_of("a.example.com"), ElementsAre("192.0.2.1", "192.0.2.2", "2001:db8::1"));
}

TEST_F(ResolverTest, keeps_an_answer_for_its_time_within_bounds) {
  serve(
      [](const std::string& name, bool, int) {
        return DnsReply{{"192.0.2.1"}, name == "short.example.com" ? 0u : name == "long.example.com" ? 86400u : 5u};
      },
      {.ttl_max = Seconds(10)});
  for (const char* name : {"short.example.com", "five.example.com", "long.example.com"}) {
    static_cast<void>(look_up(name));
  }
  EXPECT_TRUE(knows("short.example.com", Milliseconds(500)));
  EXPECT_FALSE(knows("short.example.com", Milliseconds(1000)));
  EXPECT_TRUE(knows("five.example.com", Milliseconds(4500)));
  EXPECT_FALSE(knows("five.example.com", Milliseconds(5000)));
  EXPECT_TRUE(knows("long.example.com", Milliseconds(9500)));
  EXPECT_FALSE(knows("long.example.com", Milliseconds(10000)));
}

TEST_F(ResolverTest, keeps_a_failure_for_a_second) {
  serve([](const std::string&, bool, int) { return DnsReply{{}, 300, 3}; });
  EXPECT_FALSE(look_up("nowhere.example.com").has_value());
  EXPECT_TRUE(knows("nowhere.example.com", Milliseconds(900)));
  EXPECT_FALSE(knows("nowhere.example.com", Milliseconds(1000)));
}

TEST_F(ResolverTest, says_why_there_is_no_address) {
  serve([](const std::string& name, bool, int) {
    return DnsReply{{}, 60, name.starts_with("nowhere") ? 3 : name.starts_with("broken") ? 2 : 0};
  });
  EXPECT_THAT(addresses_of("nowhere.example.com"), ElementsAre(HasSubstr("does not exist")));
  EXPECT_THAT(addresses_of("empty.example.com"), ElementsAre(HasSubstr("has no address")));
  EXPECT_THAT(addresses_of("broken.example.com"), ElementsAre(HasSubstr("'broken.example.com' failed")));
}

TEST_F(ResolverTest, a_server_that_ignores_aaaa_costs_a_moment_only) {
  serve([](const std::string&, bool ipv6, int) { return DnsReply{.addresses = {"192.0.2.1"}, .silent = ipv6}; },
        {.timeout = Seconds(60)});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(addresses_of("a.example.com"), ElementsAre("192.0.2.1"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, Seconds(30));
}

TEST_F(ResolverTest, a_lost_question_is_asked_again) {
  serve([](const std::string&, bool,
           int question) { return DnsReply{.addresses = {"192.0.2.1"}, .silent = question == 0}; },
        {.timeout = Seconds(4)});
  EXPECT_THAT(addresses_of("a.example.com"), ElementsAre("192.0.2.1"));
  EXPECT_EQ(server->questions("a.example.com"), 2);
}

TEST_F(ResolverTest, those_who_wait_share_one_look_up) {
  serve([](const std::string&, bool, int) { return DnsReply{{"192.0.2.1"}}; });
  int answered = 0;
  for (int i = 0; i < 10; ++i) resolver->look_up("a.example.com", [&](const auto&) { ++answered; });
  while (answered < 10) io.run_one();
  EXPECT_EQ(resolver->lookups_started(), 1u);
  EXPECT_EQ(server->questions("a.example.com"), 1);
}

TEST_F(ResolverTest, the_hosts_file_comes_first) {
  const TemporaryFolder folder;
  const std::string path = folder / "hosts";
  std::ofstream(path) << "192.0.2.77 listed.example.com\n2001:db8::77 listed.example.com\n";
  ::setenv("CARES_HOSTS", path.c_str(), 1);
  serve([](const std::string&, bool, int) { return DnsReply{{"192.0.2.66"}}; });
  EXPECT_THAT(addresses_of("listed.example.com"), ElementsAre("192.0.2.77", "2001:db8::77"));
  EXPECT_EQ(server->questions("listed.example.com"), 0);
  EXPECT_THAT(addresses_of("other.example.com"), ElementsAre("192.0.2.66"));
  ::unsetenv("CARES_HOSTS");
}

TEST_F(ResolverTest, localhost_is_loopback_whatever_a_name_server_says) {
  serve([](const std::string&, bool, int) { return DnsReply{{"192.0.2.66"}}; });
  for (const char* name : {"localhost", "localhost.", "a.b.localhost"}) {
    EXPECT_THAT(addresses_of(name), ElementsAre("127.0.0.1", "::1")) << name;
    EXPECT_EQ(server->questions(name), 0);
  }
}

TEST_F(ResolverTest, may_be_destroyed_while_somebody_waits_and_by_who_waited) {
  serve([](const std::string&, bool, int) { return DnsReply{.silent = true}; });
  bool called = false;
  resolver->look_up("a.example.com", [&](const auto&) { called = true; });
  io.poll();
  resolver.reset();
  io.restart();
  io.poll();
  EXPECT_FALSE(called);

  serve([](const std::string&, bool, int) { return DnsReply{{"192.0.2.1"}}; });
  int calls = 0;
  for (int i = 0; i < 3; ++i) {
    resolver->look_up("a.example.com", [&](const auto&) {
      ++calls;
      resolver.reset();
    });
  }
  io.restart();
  while (calls < 3) io.run_one();
}

TEST_F(ResolverTest, the_cache_is_bounded) {
  serve([](const std::string&, bool, int) { return DnsReply{{"192.0.2.1"}}; }, {.cache_limit = 3});
  for (const char* name : {"a.example.com", "b.example.com", "c.example.com", "d.example.com"}) {
    static_cast<void>(look_up(name));
  }
  int known = 0;
  for (const char* name : {"a.example.com", "b.example.com", "c.example.com", "d.example.com"}) known += knows(name);
  EXPECT_LE(known, 3);
  EXPECT_TRUE(knows("d.example.com"));
}

}  // namespace
}  // namespace yizhan::http::test
