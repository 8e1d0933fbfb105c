// Standard Webhooks and the HMAC that an operator describes.
#include <gtest/gtest.h>

#include "receive/hmac_source.h"
#include "receive/standard_webhooks_source.h"
#include "rsa_signer.h"
#include "source_request.h"

namespace yizhan::receive {
namespace {

// protocols.md, section 5: computed elsewhere.
constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr const char* kV1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
// The second half of the vector's key, which is seed and public half together.
constexpr const char* kPublicKey = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
constexpr const char* kV1a =
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
constexpr std::int64_t kVectorTime = 1614265330;

std::shared_ptr<const Source> standard(std::vector<std::string> secrets) {
  return made(make_standard_webhooks_source({.name = "sw", .secrets = std::move(secrets)}));
}

TestRequest vector_with(std::string signature) {
  return {.body = R"({"test": 2432232314})",
          .headers = {{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
                      {"webhook-timestamp", std::to_string(kVectorTime)},
                      {"webhook-signature", std::move(signature)}},
          .now = UtcTime{Seconds{kVectorTime}}};
}

TEST(StandardWebhooksSource, TakesTheVectorsOfBothVersions) {
  const Notice notice = notice_of(*standard({kSecret}), vector_with(kV1));
  EXPECT_EQ(notice.event_type, "message") << "the body names no type";
  EXPECT_EQ(notice.idempotency_key, "msg_p5jXN8AQM9LWM0D4loKWxJek");
  EXPECT_EQ(keys_of(notice, "message_id"), "msg_p5jXN8AQM9LWM0D4loKWxJek");
  EXPECT_EQ(refusal(*standard({kPublicKey}), vector_with(kV1a)), "");

  const auto both = standard({kPublicKey, kSecret});
  EXPECT_EQ(refusal(*both, vector_with(kV1)), "");
  EXPECT_EQ(refusal(*both, vector_with(kV1a)), "");
  EXPECT_EQ(refusal(*both, vector_with(std::string(kV1a) + " " + kV1)), "");
  EXPECT_NE(refusal(*standard({kSecret}), vector_with(kV1a)), "");
  EXPECT_NE(refusal(*standard({kPublicKey}), vector_with(kV1)), "");
  EXPECT_EQ(refusal(*both, vector_with(kV1).with_body("{}")), "signature_mismatch");
  EXPECT_NE(refusal(*both, vector_with(kV1a).with_body("{}")), "");
}

TEST(StandardWebhooksSource, TheTypeIsTheBodys) {
  const auto source = standard({kSecret});
  const auto event_type = [&](std::string body) {
    const std::string timestamp = std::to_string(kNowSeconds);
    const verify::SigningOptions signing{.scheme = SigningScheme::kStandardWebhooks, .secrets = {kSecret}};
    std::string lines;
    verify::make_signer(signing).value()->append_header_lines(
        lines, {.id = "msg_1", .timestamp_seconds = kNowSeconds, .body = body});
    const std::string signature = lines.substr(lines.find("v1,"), lines.rfind("\r\n") - lines.find("v1,"));
    return notice_of(*source, {.body = std::move(body),
                               .headers = {{"webhook-id", "msg_1"},
                                           {"webhook-timestamp", timestamp},
                                           {"webhook-signature", signature}}})
        .event_type;
  };
  EXPECT_EQ(event_type(R"({"type":"user.created","timestamp":"2022-11-03T20:26:10Z","data":{}})"), "user.created");
  EXPECT_EQ(event_type(R"({"type":{}})"), "message");
  EXPECT_EQ(event_type("no JSON"), "message");
}

TEST(StandardWebhooksSource, RefusesWhatIsNotSignedAsItHasToBe) {
  const auto source = standard({kSecret});
  EXPECT_EQ(refusal(*source, vector_with(kV1).without_header("webhook-id")), "message_id_missing");
  EXPECT_EQ(refusal(*source, vector_with(kV1).with_header("webhook-id", "msg_2")), "signature_mismatch");
  EXPECT_EQ(refusal(*source, vector_with(kV1).at(kVectorTime + 301)), "timestamp_out_of_tolerance");
  EXPECT_EQ(make_standard_webhooks_source({.name = "sw"}).error().code, "secret_invalid");
  EXPECT_EQ(make_standard_webhooks_source({.name = "sw", .secrets = {kSecret, "whpk_AAAA"}}).error().code,
            "secret_invalid");
  expect_probes_answered(*source);
}

// ---- what an operator describes

HmacOptions plain() {
  return {.name = "custom", .signing = {.secrets = {"s3cret"}, .signature_header = "X-Sign", .prefix = "sha256="}};
}

TestRequest signed_by(std::string body) {
  const std::string signature = "sha256=" + hmac_sha256_hex("s3cret", body);
  return {.body = std::move(body), .headers = {{"X-Sign", signature}, {"X-Id", "h-1"}, {"X-Event", "made"}}};
}

TEST(HmacSource, WithoutPlacesTheBodyTellsCallbacksApart) {
  const auto source = made(make_hmac_source(plain()));
  EXPECT_EQ(source->paths(), std::vector<std::string>{"/in/custom"});
  const Notice notice = notice_of(*source, signed_by("any bytes \xff"));
  EXPECT_EQ(notice.event_type, "callback");
  EXPECT_EQ(notice.idempotency_key, "sha256:" + verify::sha256_hex("any bytes \xff"));
  EXPECT_TRUE(notice.keys.empty());
  EXPECT_EQ(refusal(*source, signed_by("a").with_body("b")), "signature_mismatch");
  EXPECT_EQ(refusal(*source, signed_by("a").without_header("X-Sign")), "signature_missing");
  expect_probes_answered(*source);
}

TEST(HmacSource, KeyAndTypeFromHeaders) {
  HmacOptions options = plain();
  options.idempotency_key.header = "x-id";
  options.event_type.header = "X-Event";
  const auto source = made(make_hmac_source(options));
  const Notice notice = notice_of(*source, signed_by("x"));
  EXPECT_EQ(notice.idempotency_key, "h-1");
  EXPECT_EQ(notice.event_type, "made");
  EXPECT_EQ(keys_of(notice, "delivery_id"), "h-1");
  const Notice without = notice_of(*source, signed_by("x").without_header("X-Id").without_header("X-Event"));
  EXPECT_EQ(without.idempotency_key, "sha256:" + verify::sha256_hex("x"));
  EXPECT_EQ(without.event_type, "callback");
  EXPECT_EQ(refusal(*source, signed_by("x").with_header("X-Id", "\x01")), "field_invalid");
}

TEST(HmacSource, KeyAndTypeFromFieldsByTheirPath) {
  HmacOptions options = plain();
  options.idempotency_key.field = "items.1.id";
  options.event_type.field = "event.name";
  const auto source = made(make_hmac_source(options));
  const Notice notice = notice_of(*source, signed_by(R"({"event":{"name":"made"},"items":[{"id":1},{"id":22}]})"));
  EXPECT_EQ(notice.idempotency_key, "22");
  EXPECT_EQ(notice.event_type, "made");
  EXPECT_TRUE(notice_of(*source, signed_by(R"({"items":[]})")).idempotency_key.starts_with("sha256:"));
  EXPECT_EQ(refusal(*source, signed_by(R"({"items":[0,{"id":[]}]})")), "field_invalid");
  EXPECT_EQ(refusal(*source, signed_by("no JSON")), "json_invalid");
}

TEST(HmacSource, ATimestampThatIsSignedHasToBeNear) {
  HmacOptions options = plain();
  options.signing.timestamp_header = "X-Time";
  options.signing.signed_text = "{timestamp}/{body}";
  options.signing.encoding = HmacEncoding::kBase64;
  options.signing.prefix = "";
  options.tolerance = Seconds{60};
  const auto source = made(make_hmac_source(options));
  const std::string timestamp = std::to_string(kNowSeconds);
  const TestRequest good{
      .body = "x",
      .headers = {{"X-Time", timestamp}, {"X-Sign", verify::base64_text(hmac_sha256("s3cret", timestamp + "/x"))}}};
  EXPECT_EQ(refusal(*source, good), "");
  EXPECT_EQ(refusal(*source, good.at(kNowSeconds + 60)), "");
  EXPECT_EQ(refusal(*source, good.at(kNowSeconds + 61)), "timestamp_out_of_tolerance");
  EXPECT_EQ(refusal(*source, good.with_header("X-Time", std::to_string(kNowSeconds + 1))), "signature_mismatch");
}

TEST(HmacSource, IsNotMadeOfABadDescription) {
  HmacOptions options = plain();
  options.signing.signed_text = "no placeholder";
  EXPECT_EQ(make_hmac_source(options).error().code, "signing_options_invalid");
  options = plain();
  options.signing.secrets.clear();
  EXPECT_EQ(make_hmac_source(options).error().code, "secret_invalid");
  options = plain();
  options.name = "";
  EXPECT_EQ(make_hmac_source(options).error().code, "source_name_invalid");
}

}  // namespace
}  // namespace yizhan::receive
