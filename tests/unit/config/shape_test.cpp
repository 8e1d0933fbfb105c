#include "config/shape.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace yizhan::config {
namespace {

struct ShapeCase {
  const char* name;
  const Shape* shape;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

class Shapes : public testing::TestWithParam<ShapeCase> {};

TEST_P(Shapes, TakeWhatTheySayAndNothingElse) {
  const ShapeCase& shape = GetParam();
  for (const std::string& text : shape.good) EXPECT_TRUE(shape.shape->matches(text)) << text;
  for (const std::string& text : shape.bad) EXPECT_FALSE(shape.shape->matches(text)) << text;
}

const std::string kNul("a\0b", 3);

INSTANTIATE_TEST_SUITE_P(
    All, Shapes,
    testing::Values(
        ShapeCase{"listen_address",
                  &kListenAddress,
                  {"127.0.0.1:7401", "[::1]:7401", ":80", "localhost:1", "0.0.0.0:65535", "[::]:0"},
                  {"", "7401", "127.0.0.1", "127.0.0.1:65536", "host:80", "::1:80", "127.0.0.1:", "1.2.3.4:-1",
                   "[127.0.0.1]:80", "127.0.0.1:7401 "}},
        ShapeCase{
            "network",
            &kNetwork,
            {"10.0.0.0/8", "fd00::/8", "127.0.0.1", "::1", "0.0.0.0/0", "::/128"},
            {"", "10.0.0.0/33", "fd00::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/ 8", "name", "[::1]", "1.2.3.4/+8"}},
        ShapeCase{"dns_server",
                  &kDnsServer,
                  {"1.1.1.1", "1.1.1.1:53", "::1", "[::1]:53"},
                  {"", "dns.example", "1.1.1.1:", "[::1]"}},
        ShapeCase{"http_url",
                  &kHttpUrl,
                  {"https://a.example", "HTTP://a:8080/x?y=1", "https://[::1]:8443/", "https://a.example?x=@"},
                  {"", "ftp://a", "https://", "https:///x", "https://u:p@a/", "https://a/#x", "https://a b", "//a",
                   "https://a:99999", "https://a:x/", "https://[::1", "https://::1/", "https://a\r\nb",
                   "https://a/" + std::string(2048, 'x')}},
        ShapeCase{"store_url",
                  &kStoreUrl,
                  {"sqlite:a.db", "sqlite:/x/y", "postgresql://h/d", "postgres://u@h"},
                  {"", "sqlite:", "mysql://h", "postgresql:", "a.db", "postgresql://" + kNul}},
        ShapeCase{"header_name",
                  &kHeaderName,
                  {"X-A", "a", "x_y.z!"},
                  {"", "X A", "X:A", "X\r\n", "é", std::string(129, 'a')}},
        ShapeCase{"header_value", &kHeaderValue, {"", "a b", "a\tb", "é"}, {" a", "a ", "a\nb", "a\r", kNul, "\x7f"}},
        ShapeCase{"content_type",
                  &kContentType,
                  {"application/json", "text/plain; charset=utf-8", "a/b ;x=y"},
                  {"", "json", "a/", "/b", "a/b\r\nc", "a b/c"}},
        ShapeCase{"signed_text",
                  &kSignedText,
                  {"{body}", "{timestamp}.{body}", "{id}.{timestamp}.{body}", "v0:{timestamp}:{body}"},
                  {"", "{timestamp}", "body", "{body}{x}", "{body}{", "{{body}}"}},
        ShapeCase{"platform_name",
                  &kName,
                  {"a", "sub2api", "a-b_c", "1", std::string(64, 'a')},
                  {"", "A", "-a", "_a", "a.b", "a b", "é", std::string(65, 'a')}},
        ShapeCase{"place_in_list", &kPlaceInList, {"1", "10", "1000"}, {"", "0", "01", "1001", "-1", "a"}},
        ShapeCase{
            "status_pattern", &kStatusPattern, {"*", "DELIVERED", "已签收"}, {"", " A", "a\xff", std::string(65, 'a')}},
        ShapeCase{"template_text",
                  &kTemplateText,
                  {"包裹 {tracking_tail}", "a"},
                  {"", "a\nb", " a", "\xc3", std::string(1025, 'a')}},
        ShapeCase{"source_pattern", &kSourcePattern, {"*", "shop-wx"}, {"", "**", "a*", "A"}},
        ShapeCase{"event_type",
                  &kEventType,
                  {"*", "push", "TRANSACTION.*", "pull request", std::string(128, 'a')},
                  {"", " a", "a\n", std::string(129, 'a')}},
        ShapeCase{"account", &kAccount, {"shop", "Shop_1.a-b"}, {"", ".", "..", "a/b", "{a}", "a%2f", "é"}},
        ShapeCase{
            "identifier", &kIdentifier, {"1900000109", "wxd930ea5d5a258f4f", "PUB_KEY_ID_0114"}, {"", "a b", "a.b"}},
        ShapeCase{"condition", &kCondition, {"a = b", "amount.total > 5"}, {"", "a\nb", " a"}},
        ShapeCase{"field_path",
                  &kFieldPath,
                  {"id", "data.0.id"},
                  {"", ".", ".a", "a.", "a..b", "a b", std::string(257, 'a')}},
        ShapeCase{"standard_webhooks_secret",
                  &kStandardWebhooksSecret,
                  {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                   "whsec_" + std::string(84, 'A') + "AA=="},
                  {"", "whsec_", "whsec_MfKQ", "callback-secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
                   "whsec_" + std::string(88, 'A')}},
        ShapeCase{"standard_webhooks_key",
                  &kStandardWebhooksKey,
                  {"whsk_" + std::string(43, 'A') + "=", "whsk_" + std::string(86, 'A') + "=="},
                  {"", "whsk_", std::string(43, 'A') + "=", "whpk_" + std::string(43, 'A') + "=",
                   "whsk_" + std::string(44, 'A')}},
        ShapeCase{"role", &kRole, {"receive", "dispatch", "push", "console"}, {"", "Dispatch", "all"}},
        ShapeCase{"secret_text", &kSecretText, {"a", "a,b c"}, {"", " a", "a\n", kNul}},
        ShapeCase{"file_path", &kFilePath, {"a", "/x y/z"}, {"", kNul}}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace yizhan::config
