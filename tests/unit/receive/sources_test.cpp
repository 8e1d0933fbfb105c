// The table of sources: every kind can be made by its options, and keeps to what all have in common.
#include "receive/sources.h"

#include <gtest/gtest.h>

#include <set>

#include "rsa_signer.h"
#include "source_request.h"

namespace yizhan::receive {
namespace {

std::vector<KindOptions> one_of_each() {
  return {
      WechatPayOptions{.account = "a", .merchant_id = "1", .api_v2_keys = {"key"}},
      AlipayOptions{.account = "a", .app_ids = {"1"}, .public_keys = {verify::RsaSigner::first().public_pem()}},
      EasypayOptions{.account = "a", .pid = "1", .keys = {"key"}},
      PlatformIngressOptions{.platform = "newapi", .secrets = {"secret"}},
      Sub2apiOptions{.name = "sub2api", .secrets = {"secret"}},
      NewapiOptions{.name = "newapi", .secrets = {"secret"}},
      ExpressOptions{.secrets = {"secret"}},
      Kuaidi100Options{.name = "kuaidi100", .salts = {"salt"}},
      KdniaoOptions{.name = "kdniao", .business_id = "1", .api_keys = {"key"}},
      GithubOptions{.name = "github", .secrets = {"secret"}},
      StripeOptions{.name = "stripe", .secrets = {"whsec_x"}},
      ShopifyOptions{.name = "shopify", .secrets = {"secret"}},
      SlackOptions{.name = "slack", .secrets = {"secret"}},
      StandardWebhooksOptions{.name = "standard", .secrets = {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}},
      HmacOptions{.name = "hmac", .signing = {.secrets = {"secret"}}},
  };
}

TEST(Sources, EachKindHasAName) {
  std::vector<std::string_view> names;
  for (const KindOptions& options : one_of_each()) names.push_back(kind_of(options));
  EXPECT_TRUE(std::ranges::equal(names, kSourceKinds));
  EXPECT_EQ(std::set(names.begin(), names.end()).size(), kSourceKinds.size());
}

TEST(Sources, EachListensOnAPathOfItsOwn) {
  std::set<std::string> paths;
  for (const KindOptions& options : one_of_each()) {
    const auto source = made(make_source(options));
    for (const std::string& path : source->paths()) {
      EXPECT_TRUE(path.starts_with('/')) << path;
      EXPECT_TRUE(paths.insert(path).second) << path;
    }
  }
  EXPECT_EQ(paths.size(), kSourceKinds.size());
}

// Whoever did not sign gets nothing but a refusal, whatever he sends.
TEST(Sources, NoneTakesWhatIsNotSigned) {
  const std::string bodies[] = {
      "",
      "{}",
      "[]",
      "null",
      "<xml></xml>",
      "a=1",
      "payload=%7B%7D",
      "\xff\xfe",
      std::string(70000, '<'),
      R"({"type":"url_verification","challenge":"c"})",
      std::string(100, '['),
      "param=%7B%7D",
      "\xef\xbb\xbf<xml/>",
  };
  for (const KindOptions& options : one_of_each()) {
    const auto source = made(make_source(options));
    for (const std::string& body : bodies) {
      for (const char* method : {"POST", "PUT"}) {
        EXPECT_NE(refusal(*source, {.body = body, .method = method}), "") << kind_of(options) << ' ' << body;
      }
    }
    expect_probes_answered(*source);
  }
}

TEST(Sources, TheStatusGoesByKindAndCodeAlone) {
  for (const KindOptions& options : one_of_each()) {
    const auto source = made(make_source(options));
    Notice notice;
    notice.event_type = "x";
    notice.keys = {{"tracking_no", "1"}, {"notify_id", "2"}};
    EXPECT_EQ(accepted_answer(*source).status, 200) << kind_of(options);
    EXPECT_EQ(accepted_answer(*source, notice).status, 200) << kind_of(options);
    EXPECT_EQ(duplicate_answer(*source, notice), (Answered{200, duplicate_answer(*source, notice).body}));
    EXPECT_EQ(unavailable_answer(*source).status, 503) << kind_of(options);
    const Error unfit{"amount_differs", ""};
    const Reply empty = source->answer({.kind = Outcome::Kind::kRejected, .error = &unfit});
    const Reply known = source->answer({.kind = Outcome::Kind::kRejected, .error = &unfit, .notice = &notice});
    EXPECT_EQ(empty.status, known.status) << kind_of(options);
    EXPECT_LE(source->answer_within(), Milliseconds{9000});
  }
}

}  // namespace
}  // namespace yizhan::receive
