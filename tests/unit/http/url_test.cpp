#include <gmock/gmock.h>

#include "http/client.h"

namespace yizhan::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Url, is_taken_apart) {
  const Url url = parse_url("https://Hooks.Example.com:8443/a/b?c=d&e=%20").value();
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.host, "hooks.example.com");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.target, "/a/b?c=d&e=%20");
  EXPECT_EQ(url.host_header, "hooks.example.com:8443");
  EXPECT_EQ(url.origin(), "https://hooks.example.com:8443");
  EXPECT_EQ(url.without_query(), "https://hooks.example.com:8443/a/b");
}

TEST(Url, ports_default_by_scheme) {
  struct Case {
    const char* text;
    int port;
    const char* host_header;
    const char* origin;
  };
  for (const Case& c : {Case{"http://a.example", 80, "a.example", "http://a.example:80"},
                        Case{"HTTPS://a.example", 443, "a.example", "https://a.example:443"},
                        Case{"http://a.example:80", 80, "a.example", "http://a.example:80"},
                        Case{"http://a.example:443", 443, "a.example:443", "http://a.example:443"},
                        Case{"http://[2001:DB8::0:1]:8080/", 8080, "[2001:db8::1]:8080", "http://[2001:db8::1]:8080"},
                        Case{"https://[2001:db8::1]", 443, "[2001:db8::1]", "https://[2001:db8::1]:443"}}) {
    const auto url = parse_url(c.text);
    ASSERT_TRUE(url.has_value()) << c.text;
    EXPECT_EQ(url->port, c.port) << c.text;
    EXPECT_EQ(url->host_header, c.host_header);
    EXPECT_EQ(url->origin(), c.origin);
    EXPECT_TRUE(url->target.starts_with('/'));
  }
}

TEST(Url, targets_begin_with_a_slash_and_are_ascii) {
  EXPECT_EQ(parse_url("http://a.example")->target, "/");
  EXPECT_EQ(parse_url("http://a.example?x=1")->target, "/?x=1");
  EXPECT_EQ(parse_url("http://a.example/")->target, "/");
  EXPECT_EQ(parse_url("http://a.example//x/../y;z=1?u=http://b/@:")->target, "//x/../y;z=1?u=http://b/@:");
  EXPECT_EQ(parse_url("http://a.example/回调")->target, "/%E5%9B%9E%E8%B0%83");
}

TEST(Url, refuses_what_it_must) {
  const std::string long_label(64, 'a');
  for (const std::string& text : {std::string(),
                                  std::string("a.example"),
                                  std::string("//a.example/"),
                                  std::string("ftp://a.example/"),
                                  std::string("file:///etc/passwd"),
                                  std::string("javascript:alert(1)"),
                                  std::string("http:/a.example"),
                                  std::string("http://"),
                                  std::string("http:///path"),
                                  std::string("http://:80/"),
                                  std::string("http://user@a.example/"),
                                  std::string("http://user:password@a.example/"),
                                  std::string("http://a.example@b.example/"),
                                  std::string("http://a.example/#fragment"),
                                  std::string("http://a.example/a b"),
                                  std::string("http://a.example/\r\nX: y"),
                                  std::string("http://a.example/\t"),
                                  std::string("http://a.example/\x7f"),
                                  std::string("http://a.example/\0x", 19),
                                  std::string("http://a.example\\@b.example/"),
                                  std::string("http://a.example:0/"),
                                  std::string("http://a.example:65536/"),
                                  std::string("http://a.example:8o/"),
                                  std::string("http://a.example:/"),
                                  std::string("http://a.example:+80/"),
                                  std::string("http://a..example/"),
                                  std::string("http://.example/"),
                                  std::string("http://./"),
                                  std::string("http://a%2eexample/"),
                                  std::string("http://a,b/"),
                                  std::string("http://例え.example/"),
                                  std::string("http://①②⑦.0.0.1/"),
                                  std::string("http://1.2.3.4.5/"),
                                  std::string("http://256.1.1.1/"),
                                  std::string("http://example.0x7f/"),
                                  std::string("http://08/"),
                                  std::string("http://[::1/"),
                                  std::string("http://[]/"),
                                  std::string("http://[1.2.3.4]/"),
                                  std::string("http://[fe80::1%25eth0]/"),
                                  std::string("http://[fe80::1%eth0]/"),
                                  std::string("http://[v1.a]/"),
                                  std::string("http://::1/"),
                                  std::string("http://") + long_label + ".example/",
                                  std::string("http://a.example/") + std::string(2048, 'a')}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url.has_value()) << text;
    EXPECT_EQ(url.error().code, "url_invalid");
  }
}

TEST(Url, a_refusal_repeats_no_secret) {
  for (const char* text :
       {"http://user:hunter2@a.example/", "http://a.example:99999/?token=hunter2", "http://u:hunter2@a.example/a b",
        "http://u:hunter2?@a.example/#", "http://a.example/x#y?hunter2"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url.has_value()) << text;
    EXPECT_THAT(url.error().message, Not(HasSubstr("hunter2"))) << text;
  }
}

TEST(Url, the_longest_is_accepted) {
  const std::string begin = "http://a.example/";
  EXPECT_TRUE(parse_url(begin + std::string(2048 - begin.size(), 'a')).has_value());
  EXPECT_FALSE(parse_url(begin + std::string(2049 - begin.size(), 'a')).has_value());
}

TEST(JoinUrl, joins_paths_and_keeps_full_urls) {
  struct Case {
    const char* base;
    const char* target;
    const char* joined;
  };
  for (const Case& c : {Case{"https://a.example/base", "/cb", "https://a.example/base/cb"},
                        Case{"https://a.example/base/", "/cb", "https://a.example/base/cb"},
                        Case{"https://a.example", "/cb", "https://a.example/cb"},
                        Case{"https://a.example/base", "", "https://a.example/base"},
                        Case{"https://a.example/base", "/", "https://a.example/base/"},
                        Case{"https://a.example/base", "/cb?x=1", "https://a.example/base/cb?x=1"},
                        Case{"https://a.example/base?token=t", "/cb", "https://a.example/base/cb?token=t"},
                        Case{"https://a.example/base?token=t", "/cb?x=1", "https://a.example/base/cb?token=t&x=1"},
                        Case{"https://a.example/base", "http://b.example/x", "http://b.example/x"},
                        Case{"https://a.example/base", "HTTPS://b.example/x", "https://b.example/x"},
                        Case{"https://a.example/base", "//b.example/x", "https://a.example/base//b.example/x"}}) {
    const auto joined = join_url(c.base, c.target);
    const auto expected = parse_url(c.joined);
    ASSERT_TRUE(joined.has_value()) << c.base << " + " << c.target;
    EXPECT_EQ(joined->origin(), expected->origin());
    EXPECT_EQ(joined->target, expected->target);
  }
}

TEST(JoinUrl, refuses_what_is_neither_url_nor_path) {
  for (const char* target : {"cb", "ftp://b.example/", "b.example/x", "?x=1", "/a b", "/#x"}) {
    const auto joined = join_url("https://a.example/base", target);
    ASSERT_FALSE(joined.has_value()) << target;
    EXPECT_EQ(joined.error().code, "url_invalid");
  }
}

}  // namespace
}  // namespace yizhan::http
