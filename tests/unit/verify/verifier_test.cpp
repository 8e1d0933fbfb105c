// What a verifier refuses: faults 33 (replayed, old, future) and 34 (short, long, not base64, several).
#include <gtest/gtest.h>

#include <limits>

#include "request_headers.h"
#include "verify/secret_maker.h"

namespace yizhan::verify {
namespace {

constexpr std::int64_t kNow = 1777777777;
constexpr std::string_view kBody = R"({"event_id":"evt-1"})";

SigningOptions x_cs() {
  return {.scheme = SigningScheme::kXCs, .secrets = {"callback-secret"}};
}
SigningOptions standard_webhooks() {
  return {.scheme = SigningScheme::kStandardWebhooks, .secrets = {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}};
}

// Refusals of the message as signed at `signed_at`, received at `received_at`.
std::string_view refusal_at(const SigningOptions& options, std::int64_t signed_at, std::int64_t received_at) {
  return refusal(options, sign(options, {"evt-1", signed_at, kBody}), kBody, received_at);
}

std::string_view refusal_with(const SigningOptions& options, std::string_view header, std::string value) {
  RequestHeaders headers = sign(options, {"evt-1", kNow, kBody});
  headers.set(header, std::move(value));
  return refusal(options, headers, kBody, kNow);
}

TEST(Timestamp, IsAcceptedWithinTheToleranceEitherWay) {
  for (const SigningOptions& options : {x_cs(), standard_webhooks()}) {
    EXPECT_EQ(refusal_at(options, kNow, kNow), "");
    EXPECT_EQ(refusal_at(options, kNow - 300, kNow), "");
    EXPECT_EQ(refusal_at(options, kNow + 300, kNow), "");
  }
}

TEST(Timestamp, IsRefusedBeyondTheToleranceEitherWay) {
  for (const SigningOptions& options : {x_cs(), standard_webhooks()}) {
    EXPECT_EQ(refusal_at(options, kNow - 301, kNow), "timestamp_out_of_tolerance");
    EXPECT_EQ(refusal_at(options, kNow + 301, kNow), "timestamp_out_of_tolerance");
    EXPECT_EQ(refusal_at(options, std::numeric_limits<std::int64_t>::max(), kNow), "timestamp_out_of_tolerance");
  }
}

TEST(Timestamp, HonoursTheCallersTolerance) {
  const auto verifier = make_verifier(x_cs()).value();
  const RequestHeaders headers = sign(x_cs(), {"evt-1", kNow - 20, kBody});
  const MessageToVerify strict{
      .header = headers.lookup(), .body = kBody, .now = UtcTime{Seconds{kNow}}, .tolerance = Seconds{10}};
  const auto verdict = verifier->verify(strict);
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, "timestamp_out_of_tolerance");
}

TEST(Timestamp, IsPartOfWhatIsSigned) {
  EXPECT_EQ(refusal_with(x_cs(), "X-CS-Timestamp", std::to_string(kNow + 1)), "signature_mismatch");
  EXPECT_EQ(refusal_with(standard_webhooks(), "webhook-timestamp", std::to_string(kNow + 1)), "signature_mismatch");
}

TEST(Timestamp, MustBeWholeSeconds) {
  for (const char* text : {"-1777777777", "+1777777777", "1777777777.0", " 1777777777", "1777777777 ", "0x69f6b0f1",
                           "99999999999999999999", "now", "\xff"}) {
    EXPECT_EQ(refusal_with(x_cs(), "X-CS-Timestamp", text), "timestamp_malformed") << text;
  }
  EXPECT_EQ(refusal_with(x_cs(), "X-CS-Timestamp", ""), "timestamp_missing");
}

TEST(Id, IsPartOfWhatIsSigned) {
  EXPECT_EQ(refusal_with(standard_webhooks(), "webhook-id", "evt-2"), "signature_mismatch");
  EXPECT_EQ(refusal_with(standard_webhooks(), "webhook-id", ""), "message_id_missing");
}

TEST(Signature, IsRequired) {
  for (const SigningOptions& options : {x_cs(), standard_webhooks()}) {
    RequestHeaders headers = sign(options, {"evt-1", kNow, kBody});
    headers.erase("X-CS-Signature");
    headers.erase("webhook-signature");
    EXPECT_EQ(refusal(options, headers, kBody, kNow), "signature_missing");
  }
}

TEST(Signature, InHexIsRefusedShortLongSeveralOrNotHex) {
  const std::string good{sign(x_cs(), {"evt-1", kNow, kBody}).find("X-CS-Signature")};
  const std::string cases[] = {
      good.substr(1), good.substr(2),          good.substr(0, 63),   good + "00",
      good + good,    good + "," + good,       good + " " + good,    " " + good,
      good + " ",     "sha256=" + good,        std::string(64, 'g'), std::string(64, '\0'),
      "v1," + good,   std::string(16000, 'a'),
  };
  for (const std::string& text : cases) {
    EXPECT_EQ(refusal_with(x_cs(), "X-CS-Signature", text), "signature_malformed") << text;
  }
  EXPECT_EQ(refusal_with(x_cs(), "X-CS-Signature", std::string(64, '0')), "signature_mismatch");
}

TEST(Signature, InHexMayBeUpperCase) {
  std::string text{sign(x_cs(), {"evt-1", kNow, kBody}).find("X-CS-Signature")};
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(refusal_with(x_cs(), "X-CS-Signature", text), "");
}

TEST(Signature, EveryBitCounts) {
  const std::string good{sign(x_cs(), {"evt-1", kNow, kBody}).find("X-CS-Signature")};
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string wrong = good;
    wrong[at] = wrong[at] == '0' ? '1' : '0';
    EXPECT_EQ(refusal_with(x_cs(), "X-CS-Signature", wrong), "signature_mismatch") << at;
  }
}

TEST(Signature, InAListIsRefusedShortLongOrNotBase64) {
  const std::string good{sign(standard_webhooks(), {"evt-1", kNow, kBody}).find("webhook-signature")};
  const std::string raw = good.substr(3);
  const std::string cases[] = {
      raw,                        // no version
      "v2," + raw,                // another version
      "v1a," + raw,               // the asymmetric one
      "v1," + raw.substr(4),      // short
      "v1," + raw + "AAAA",       // long
      "v1," + raw.substr(0, 43),  // no padding
      "v1,==" + raw.substr(2),    // padding in front
      "v1, " + raw,               // a blank inside
      "v1," + std::string(44, '!'),
      "v1," + std::string(43, '-') + "=",  // the URL alphabet
      "v1,",
      "v1",
      ",",
      " ",
      std::string(16000, ' '),
  };
  for (const std::string& text : cases) {
    EXPECT_EQ(refusal_with(standard_webhooks(), "webhook-signature", text), "signature_malformed") << text;
  }
}

TEST(Signature, InAListAnyMayMatch) {
  const std::string good{sign(standard_webhooks(), {"evt-1", kNow, kBody}).find("webhook-signature")};
  const std::string wrong = "v1," + std::string(43, 'A') + "=";
  EXPECT_EQ(refusal_with(standard_webhooks(), "webhook-signature", wrong + " " + good), "");
  EXPECT_EQ(refusal_with(standard_webhooks(), "webhook-signature", "v2,??? v1,short " + good), "");
  EXPECT_EQ(refusal_with(standard_webhooks(), "webhook-signature", wrong + " " + wrong), "signature_mismatch");
}

TEST(Signature, AListOfVeryManyIsRefused) {
  std::string many;
  for (int count = 0; count < 9; ++count) many += "v1," + std::string(43, 'A') + "= ";
  many += sign(standard_webhooks(), {"evt-1", kNow, kBody}).find("webhook-signature");
  EXPECT_EQ(refusal_with(standard_webhooks(), "webhook-signature", many), "signature_malformed");
}

TEST(Signature, OfAnotherSecretIsRefused) {
  const SigningOptions other{.scheme = SigningScheme::kStandardWebhooks, .secrets = {make_hmac_secret()}};
  EXPECT_EQ(refusal(other, sign(standard_webhooks(), {"evt-1", kNow, kBody}), kBody, kNow), "signature_mismatch");
}

TEST(Refusals, NeverQuoteTheSecretOrTheSignature) {
  RequestHeaders headers = sign(x_cs(), {"evt-1", kNow, kBody});
  const std::string good{headers.find("X-CS-Signature")};
  headers.set("X-CS-Signature", std::string(64, '0'));
  const auto verdict =
      make_verifier(x_cs()).value()->verify({.header = headers.lookup(), .body = kBody, .now = UtcTime{Seconds{kNow}}});
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().message.find("callback-secret"), std::string::npos);
  EXPECT_EQ(verdict.error().message.find(good), std::string::npos);
}

}  // namespace
}  // namespace yizhan::verify
