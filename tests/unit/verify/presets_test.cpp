// The presets against what those senders, or others in their place, signed.
#include <gtest/gtest.h>

#include "request_headers.h"
#include "verify/presets.h"

namespace yizhan::verify {
namespace {

struct Example {
  const char* sender;
  SigningOptions options;
  RequestHeaders headers;
  std::string body;
  std::int64_t now;
};

// GitHub and Slack: the examples in their documentation. The others were computed with Python's hmac, new-api's and the
// logistics receiver's with `openssl dgst`.
std::vector<Example> examples() {
  return {
      {"GitHub",
       github_signing({"It's a Secret to Everybody"}),
       {{{"X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}}},
       "Hello, World!",
       0},
      {"Slack",
       slack_signing({"8f742231b10e8888abcd99yyyzzz85a5"}),
       {{{"X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"},
         {"X-Slack-Request-Timestamp", "1531420618"}}},
       "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name="
       "foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%"
       "2Fhooks."
       "slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
       "803a0bc887a14d10d2c447fce8b6703c",
       1531420618},
      {"Shopify",
       shopify_signing({"shopify-secret"}),
       {{{"X-Shopify-Hmac-Sha256", "5A3oQQfW+WMeNQwhapvpG0xvKI5Ip4Bp9W/9ifwwyGk="}}},
       R"({"id":820982911946154508})",
       0},
      {"sub2api",
       sub2api_signing({"sub2api-secret"}),
       {{{"X-Sub2Api-Signature", "bab05e099eb4d761a3732303314e28c251060b889a48186e7564eff09dbb247f"},
         {"X-Sub2Api-Timestamp", "1777777777"}}},
       R"({"event":"balance.low"})",
       1777777777},
      {"new-api",
       newapi_signing({"new-api-secret"}),
       {{{"X-Webhook-Signature", "2f837e6eceba7896025fe3f9ed7135a9c884cec7a2f677451e301439a8c2572d"}}},
       R"({"type":"quota_exceed","title":"t","content":"c","timestamp":1})",
       0},
      {"express status",
       express_status_signing({"new-api-secret"}),
       {{{"X-Signature", "2f837e6eceba7896025fe3f9ed7135a9c884cec7a2f677451e301439a8c2572d"}}},
       R"({"type":"quota_exceed","title":"t","content":"c","timestamp":1})",
       0},
  };
}

TEST(Presets, VerifyWhatTheirSendersSigned) {
  for (const Example& example : examples()) {
    EXPECT_EQ(refusal(example.options, example.headers, example.body, example.now), "") << example.sender;
  }
}

TEST(Presets, RefuseAnotherBodyAndAnotherSecret) {
  for (const Example& example : examples()) {
    EXPECT_EQ(refusal(example.options, example.headers, example.body + " ", example.now), "signature_mismatch")
        << example.sender;
    SigningOptions other = example.options;
    other.secrets = {"another secret"};
    EXPECT_EQ(refusal(other, example.headers, example.body, example.now), "signature_mismatch") << example.sender;
  }
}

// Fault 33.
TEST(Presets, RefuseAnOldTimeWhereTheSenderSignsOne) {
  std::size_t with_time = 0;
  for (const Example& example : examples()) {
    if (example.now == 0) continue;
    ++with_time;
    for (const std::int64_t late : {301, -301}) {
      EXPECT_EQ(refusal(example.options, example.headers, example.body, example.now + late),
                "timestamp_out_of_tolerance")
          << example.sender;
    }
  }
  EXPECT_EQ(with_time, 2U);
}

}  // namespace
}  // namespace yizhan::verify
