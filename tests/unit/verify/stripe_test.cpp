// Stripe's one header with time and signatures in it.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "verify/hex.h"
#include "verify/hmac.h"
#include "verify/stripe.h"

namespace yizhan::verify {
namespace {

constexpr std::int64_t kNow = 1777777777;
constexpr const char* kSecret = "whsec_test_secret";
constexpr const char* kBody = R"({"id":"evt_1"})";
// Computed with Python's hmac.
constexpr const char* kSignature = "3d10f0e8ea0020da2f787ad3be5c9a29c14054ad7b663c55e9a7a445baeaf62a";

std::string_view refusal_of(const std::string& header, std::string_view body = kBody, std::int64_t now = kNow,
                            const std::vector<std::string>& secrets = {kSecret}) {
  const auto verifier = make_stripe_verifier(secrets).value();
  const auto verdict = verifier->verify(
      {.header = [&](std::string_view name) { return name == "Stripe-Signature" ? std::string_view(header) : ""; },
       .body = body,
       .now = UtcTime{Seconds{now}}});
  return verdict ? std::string_view{} : verdict.error().code;
}

std::string header_of(const std::string& signature, const std::string& time = "1777777777") {
  return "t=" + time + ",v1=" + signature;
}

std::string signature_at(std::int64_t time, std::string_view body, std::string_view secret = kSecret) {
  const std::string text = std::to_string(time) + "." + std::string(body);
  std::array<unsigned char, 32> raw{};
  HmacKey(HmacAlgorithm::kSha256, secret).sign(std::array<std::string_view, 1>{text}, raw);
  std::string hex;
  append_hex(hex, raw);
  return hex;
}

TEST(Stripe, VerifiesWhatAnotherSigned) {
  EXPECT_EQ(refusal_of(header_of(kSignature)), "");
  EXPECT_EQ(refusal_of(header_of(kSignature), kBody, kNow, {"whsec_older", kSecret}), "");
  EXPECT_EQ(refusal_of(header_of(kSignature), kBody, kNow, {"whsec_other"}), "signature_mismatch");
  EXPECT_EQ(refusal_of(header_of(kSignature), R"({"id":"evt_2"})"), "signature_mismatch");
}

TEST(Stripe, TakesAnyOfSeveralSignaturesAndPassesOverOtherVersions) {
  const std::string other(64, '0');
  EXPECT_EQ(refusal_of("t=1777777777,v1=" + other + ",v1=" + kSignature + ",v0=" + other), "");
  EXPECT_EQ(refusal_of(std::string("v1=") + kSignature + ",t=1777777777"), "") << "in whatever order";
  EXPECT_EQ(refusal_of(header_of(kSignature) + ",v1=short,v1="), "");
  EXPECT_EQ(refusal_of(std::string("t=1777777777,v0=") + kSignature), "signature_malformed");
}

// Fault 33.
TEST(Stripe, RefusesWhatWasSignedLongAgoOrInTheFuture) {
  const auto at = [](std::int64_t time) {
    return refusal_of(header_of(signature_at(time, kBody), std::to_string(time)));
  };
  EXPECT_EQ(at(kNow - 300), "");
  EXPECT_EQ(at(kNow + 300), "");
  EXPECT_EQ(at(kNow - 301), "timestamp_out_of_tolerance");
  EXPECT_EQ(at(kNow + 301), "timestamp_out_of_tolerance");
  EXPECT_EQ(refusal_of(header_of(kSignature, "1777777778")), "signature_mismatch") << "the time is signed";
  EXPECT_EQ(refusal_of(header_of(kSignature, "soon")), "timestamp_malformed");
  EXPECT_EQ(refusal_of(header_of(kSignature, "99999999999999999999")), "timestamp_malformed");
}

// Fault 34.
TEST(Stripe, TakesNoOtherHeader) {
  const std::string good = kSignature;
  EXPECT_EQ(refusal_of(""), "signature_missing");
  for (const std::string& bad :
       {std::string(","), std::string("t=1777777777"), "v1=" + good, "t=1777777777,t=1777777777,v1=" + good,
        header_of(""), header_of(good.substr(2)), header_of(good + "00"), header_of(good + good),
        header_of(std::string(64, 'x')), header_of(" " + good), "t=,v1=" + good, std::string(16000, ','),
        "t=1777777777 v1=" + good}) {
    EXPECT_EQ(refusal_of(bad), "signature_malformed") << bad.substr(0, 200);
  }
  std::string many = "t=1777777777";
  for (int count = 0; count < 9; ++count) many += ",v1=" + good;
  EXPECT_EQ(refusal_of(many), "signature_malformed") << "more than secrets may be in force";
}

RC_GTEST_PROP(Stripe, VerifiesAnyBytesAndRefusesAnyFlippedBit, (std::string body)) {
  const std::string header = header_of(signature_at(kNow, body));
  RC_ASSERT(refusal_of(header, body).empty());
  if (body.empty()) return;
  const auto at = *rc::gen::inRange<std::size_t>(0, body.size());
  body[at] = static_cast<char>(body[at] ^ (1 << *rc::gen::inRange(0, 8)));
  RC_ASSERT(refusal_of(header, body) == "signature_mismatch");
}

TEST(Stripe, NeedsSecrets) {
  EXPECT_EQ(make_stripe_verifier({}).error().code, "secret_invalid");
  EXPECT_EQ(make_stripe_verifier({"whsec_x "}).error().code, "secret_invalid");
  EXPECT_EQ(make_stripe_verifier(std::vector<std::string>(9, kSecret)).error().code, "secret_invalid");
}

}  // namespace
}  // namespace yizhan::verify
