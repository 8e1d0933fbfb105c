// What each scheme sends, against vectors computed by others, and that each verifies what it signed.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "request_headers.h"
#include "verify/secret_maker.h"

namespace yizhan::verify {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kWebhookId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::int64_t kWebhookTime = 1614265330;
constexpr std::string_view kWebhookBody = R"({"test": 2432232314})";
constexpr MessageToSign kWebhook{kWebhookId, kWebhookTime, kWebhookBody};
constexpr const char* kWebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr const char* kWebhookSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
constexpr const char* kWebhookKey =
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
constexpr const char* kWebhookSeed = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=";
constexpr const char* kWebhookPublicKey = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
constexpr const char* kWebhookKeySignature =
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";

TEST(XCs, SignsTheVectorOfThePlatformSystem) {
  const SigningOptions options{.scheme = SigningScheme::kXCs, .secrets = {"callback-secret"}};
  const RequestHeaders headers = sign(options, {"ignored", 1777777777, R"({"event_id":"evt-1"})"});
  EXPECT_EQ(headers.fields,
            (Fields{{"X-CS-Timestamp", "1777777777"},
                    {"X-CS-Signature", "32cb42635ccd634f9250af2bb59f6a697c46866d937e908a564313ea6d7a028e"}}));
  EXPECT_EQ(refusal(options, headers, R"({"event_id":"evt-1"})", 1777777777), "");
}

TEST(XCs, TakesAConfiguredHeaderName) {
  const SigningOptions options{
      .scheme = SigningScheme::kXCs, .secrets = {"callback-secret"}, .signature_header = "X-Our-Signature"};
  const RequestHeaders headers = sign(options, {"ignored", 1777777777, R"({"event_id":"evt-1"})"});
  EXPECT_EQ(headers.find("X-Our-Signature"), "32cb42635ccd634f9250af2bb59f6a697c46866d937e908a564313ea6d7a028e");
  EXPECT_EQ(headers.find("X-CS-Signature"), "");
}

TEST(XCs, FirstSecretSignsAndAnyVerifies) {
  const SigningOptions rotating{.scheme = SigningScheme::kXCs, .secrets = {"callback-secret", "older-secret"}};
  const SigningOptions newer{.scheme = SigningScheme::kXCs, .secrets = {"callback-secret"}};
  const SigningOptions older{.scheme = SigningScheme::kXCs, .secrets = {"older-secret"}};
  const MessageToSign message{"id", 1777777777, "body"};
  EXPECT_EQ(sign(rotating, message).fields, sign(newer, message).fields);
  EXPECT_EQ(refusal(rotating, sign(older, message), "body", 1777777777), "");
  EXPECT_EQ(refusal(newer, sign(older, message), "body", 1777777777), "signature_mismatch");
}

TEST(StandardWebhooks, SignsTheVectorOfTheSpecification) {
  const SigningOptions options{.scheme = SigningScheme::kStandardWebhooks, .secrets = {kWebhookSecret}};
  const RequestHeaders headers = sign(options, kWebhook);
  EXPECT_EQ(headers.fields, (Fields{{"webhook-id", std::string(kWebhookId)},
                                    {"webhook-timestamp", "1614265330"},
                                    {"webhook-signature", kWebhookSignature}}));
  EXPECT_EQ(refusal(options, headers, kWebhookBody, kWebhookTime), "");
}

TEST(StandardWebhooks, SendsOneSignatureForEachSecret) {
  const std::string second = make_hmac_secret();
  const SigningOptions both{.scheme = SigningScheme::kStandardWebhooks, .secrets = {kWebhookSecret, second}};
  const SigningOptions only_second{.scheme = SigningScheme::kStandardWebhooks, .secrets = {second}};
  const RequestHeaders headers = sign(both, kWebhook);
  EXPECT_EQ(headers.find("webhook-signature"),
            std::string(kWebhookSignature) + " " + std::string(sign(only_second, kWebhook).find("webhook-signature")));
  EXPECT_EQ(refusal(only_second, headers, kWebhookBody, kWebhookTime), "");
}

TEST(StandardWebhooksV1a, SignsTheVectorOfTheSpecification) {
  for (const char* secret : {kWebhookKey, kWebhookSeed}) {
    const SigningOptions options{.scheme = SigningScheme::kStandardWebhooksV1a, .secrets = {secret}};
    EXPECT_EQ(sign(options, kWebhook).find("webhook-signature"), kWebhookKeySignature);
  }
}

TEST(StandardWebhooksV1a, PublicKeyVerifies) {
  const SigningOptions signing{.scheme = SigningScheme::kStandardWebhooksV1a, .secrets = {kWebhookKey}};
  const SigningOptions verifying{.scheme = SigningScheme::kStandardWebhooksV1a, .secrets = {kWebhookPublicKey}};
  const RequestHeaders headers = sign(signing, kWebhook);
  EXPECT_EQ(refusal(verifying, headers, kWebhookBody, kWebhookTime), "");
  EXPECT_EQ(refusal(verifying, headers, "another body", kWebhookTime), "signature_mismatch");
}

TEST(StandardWebhooksV1a, SendsOneSignatureForEachKey) {
  const SigningKeyPair second = make_signing_key_pair();
  const SigningOptions both{.scheme = SigningScheme::kStandardWebhooksV1a,
                            .secrets = {kWebhookKey, second.private_key}};
  const RequestHeaders headers = sign(both, kWebhook);
  EXPECT_TRUE(headers.find("webhook-signature").starts_with(std::string(kWebhookKeySignature) + " v1a,"));
  const SigningOptions only_second{.scheme = SigningScheme::kStandardWebhooksV1a, .secrets = {second.public_key}};
  EXPECT_EQ(refusal(only_second, headers, kWebhookBody, kWebhookTime), "");
}

// HMAC-SHA256 computed with `openssl dgst -sha256 -hmac new-api-secret`.
TEST(WebhookSignature, SignsTheBodyAlone) {
  const SigningOptions options{.scheme = SigningScheme::kWebhookSignature, .secrets = {"new-api-secret"}};
  const std::string_view body = R"({"type":"quota_exceed","title":"t","content":"c","timestamp":1})";
  const RequestHeaders headers = sign(options, {"ignored", 1777777777, body});
  EXPECT_EQ(headers.fields,
            (Fields{{"X-Webhook-Signature", "2f837e6eceba7896025fe3f9ed7135a9c884cec7a2f677451e301439a8c2572d"}}));
  EXPECT_EQ(refusal(options, headers, body, 0), "") << "there is no time in it";
}

// The example in GitHub's documentation, "Validating webhook deliveries".
TEST(ConfiguredHmac, SignsAsGitHub) {
  const SigningOptions options{.scheme = SigningScheme::kHmac,
                               .secrets = {"It's a Secret to Everybody"},
                               .signature_header = "X-Hub-Signature-256",
                               .prefix = "sha256="};
  const RequestHeaders headers = sign(options, {"ignored", 1, "Hello, World!"});
  EXPECT_EQ(
      headers.fields,
      (Fields{{"X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}}));
  EXPECT_EQ(refusal(options, headers, "Hello, World!", 0), "");
}

// Base64 of `printf 'v0:evt-1:1777777777:{}' | openssl dgst -sha512 -hmac secret -binary`.
TEST(ConfiguredHmac, SignsAnyTemplate) {
  const SigningOptions options{.scheme = SigningScheme::kHmac,
                               .secrets = {"secret"},
                               .signature_header = "X-Sig",
                               .timestamp_header = "X-Time",
                               .id_header = "X-Id",
                               .encoding = HmacEncoding::kBase64,
                               .algorithm = HmacAlgorithm::kSha512,
                               .signed_text = "v0:{id}:{timestamp}:{body}"};
  const RequestHeaders headers = sign(options, {"evt-1", 1777777777, "{}"});
  EXPECT_EQ(
      headers.fields,
      (Fields{{"X-Id", "evt-1"},
              {"X-Time", "1777777777"},
              {"X-Sig", "htwRRwF7hrLg32XAXGYLZR6y3T8wq45sqQsj8AxKQJaK8Q0j0R6HgWYrOmPsyScDtaS+uIWmBCHboGyUEXnm+g=="}}));
  EXPECT_EQ(refusal(options, headers, "{}", 1777777777), "");
}

TEST(NoScheme, AddsNothingAndTakesEverything) {
  const SigningOptions options{};
  EXPECT_TRUE(sign(options, kWebhook).fields.empty());
  EXPECT_EQ(refusal(options, {}, "anything", 0), "");
}

TEST(HeaderNames, AreThoseThatAreWritten) {
  const SigningOptions every_scheme[] = {
      {},
      {.scheme = SigningScheme::kXCs, .secrets = {"s"}},
      {.scheme = SigningScheme::kStandardWebhooks, .secrets = {kWebhookSecret}},
      {.scheme = SigningScheme::kStandardWebhooksV1a, .secrets = {kWebhookKey}},
      {.scheme = SigningScheme::kWebhookSignature, .secrets = {"s"}},
      {.scheme = SigningScheme::kHmac, .secrets = {"s"}, .timestamp_header = "X-Time", .id_header = "X-Id"},
  };
  for (const SigningOptions& options : every_scheme) {
    std::vector<std::string> written;
    for (const auto& [name, value] : sign(options, kWebhook).fields) written.push_back(name);
    EXPECT_EQ(make_signer(options).value()->header_names(), written) << to_string(options.scheme);
  }
}

TEST(EventId, CannotBreakOutOfItsHeader) {
  const SigningOptions options{.scheme = SigningScheme::kStandardWebhooks, .secrets = {kWebhookSecret}};
  const RequestHeaders headers = sign(options, {"a b\r\nX-Injected: yes", kWebhookTime, kWebhookBody});
  EXPECT_EQ(headers.fields.size(), 3u);
  EXPECT_EQ(headers.find("webhook-id"), "a%20b%0D%0AX-Injected:%20yes");
  EXPECT_EQ(refusal(options, headers, kWebhookBody, kWebhookTime), "") << "what is signed is what is sent";
}

// Every scheme verifies what it signed, whatever the bytes, and refuses it with one bit of the body turned.
RC_GTEST_PROP(Schemes, VerifyWhatTheySignedAndNothingElse, ()) {
  static const SigningKeyPair kPair = make_signing_key_pair();
  static const SigningOptions kSchemes[] = {
      {.scheme = SigningScheme::kXCs, .secrets = {"one", "two"}},
      {.scheme = SigningScheme::kStandardWebhooks, .secrets = {kWebhookSecret}},
      {.scheme = SigningScheme::kStandardWebhooksV1a, .secrets = {kPair.private_key}},
      {.scheme = SigningScheme::kWebhookSignature, .secrets = {"one"}},
      {.scheme = SigningScheme::kHmac, .secrets = {"s"}, .encoding = HmacEncoding::kBase64},
      {.scheme = SigningScheme::kHmac, .secrets = {"s"}, .algorithm = HmacAlgorithm::kSha1},
  };
  const auto scheme = *rc::gen::inRange<std::size_t>(0, std::size(kSchemes)).as("scheme");
  const SigningOptions& options = kSchemes[scheme];
  const auto body = *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::arbitrary<char>())).as("body");
  const auto id = *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::arbitrary<char>())).as("id");
  const auto time = *rc::gen::inRange<std::int64_t>(0, 4102444800).as("timestamp");

  const RequestHeaders headers = sign(options, {id, time, body});
  RC_ASSERT(refusal(options, headers, body, time) == "");

  std::string tampered = body;
  const auto at = *rc::gen::inRange<std::size_t>(0, body.size()).as("tampered byte");
  tampered[at] = static_cast<char>(tampered[at] ^ (1 << *rc::gen::inRange(0, 8)));
  RC_ASSERT(refusal(options, headers, tampered, time) == "signature_mismatch");
}

}  // namespace
}  // namespace yizhan::verify
