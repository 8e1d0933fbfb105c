// The platforms' ingress, and what sub2api and new-api send of their own accord.
#include <gtest/gtest.h>

#include "receive/gateway_webhooks.h"
#include "receive/platform_ingress.h"
#include "source_request.h"

namespace yizhan::receive {
namespace {

constexpr const char* kSecret = "callback-secret";
const std::string kTimestamp = std::to_string(kNowSeconds);

PlatformIngressOptions ingress_options() {
  return {.platform = "sub2api", .secrets = {"old-secret", kSecret}};
}
std::shared_ptr<const Source> ingress() {
  return made(make_platform_ingress_source(ingress_options()));
}

TestRequest message(std::string body, std::string_view secret = kSecret) {
  const std::string signature = hmac_sha256_hex(secret, kTimestamp + "." + body);
  return {.body = std::move(body), .headers = {{"X-CS-Timestamp", kTimestamp}, {"X-CS-Signature", signature}}};
}

constexpr const char* kMessage =
    R"({"message_id":"m-1","channel":"wechat","open_id":"o-1","content":"你好","new":{"field":[1]}})";

TEST(PlatformIngressSource, AMessageCausesAnEventWithTheBodyAsItCame) {
  EXPECT_EQ(ingress()->paths(), std::vector<std::string>{"/api/v1/customer-service/platforms/sub2api/webhook"});
  const Notice notice = notice_of(*ingress(), message(kMessage));
  EXPECT_EQ(notice.event_type, "message.received");
  EXPECT_EQ(notice.idempotency_key, "m-1");
  EXPECT_EQ(keys_of(notice, "message_id"), "m-1");
  ASSERT_TRUE(notice.caused);
  EXPECT_EQ(notice.caused->event_type, "message.received");
  EXPECT_EQ(notice.caused->payload, kMessage);
  EXPECT_FALSE(notice.clear_body);
  expect_probes_answered(*ingress());
}

// protocols.md, section 1: computed elsewhere. The signature is good, so it is the body that is refused.
TEST(PlatformIngressSource, TakesTheSignatureOfTheVector) {
  const TestRequest vector{
      .body = R"({"event_id":"evt-1"})",
      .headers = {{"X-CS-Timestamp", "1777777777"},
                  {"X-CS-Signature", "32cb42635ccd634f9250af2bb59f6a697c46866d937e908a564313ea6d7a028e"}}};
  EXPECT_EQ(refusal(*ingress(), vector), "field_missing");
  EXPECT_EQ(refusal(*ingress(), vector.with_body(R"({"event_id":"evt-2"})")), "signature_mismatch");
}

TEST(PlatformIngressSource, RefusesWhatIsNotSignedAsItHasToBe) {
  EXPECT_EQ(refusal(*ingress(), message(kMessage, "another")), "signature_mismatch");
  EXPECT_EQ(refusal(*ingress(), message(kMessage, "old-secret")), "");
  EXPECT_EQ(refusal(*ingress(), message(kMessage).without_header("X-CS-Timestamp")), "timestamp_missing");
  EXPECT_EQ(refusal(*ingress(), message(kMessage).without_header("X-CS-Signature")), "signature_missing");
  for (const std::int64_t skew : {-301, 301}) {
    EXPECT_EQ(refusal(*ingress(), message(kMessage).at(kNowSeconds + skew)), "timestamp_out_of_tolerance");
  }
  for (const std::int64_t skew : {-300, 300}) {
    EXPECT_EQ(refusal(*ingress(), message(kMessage).at(kNowSeconds + skew)), "");
  }
}

TEST(PlatformIngressSource, HeaderAndToleranceAreTheOperators) {
  PlatformIngressOptions options = ingress_options();
  options.signature_header = "X-Our-Signature";
  options.tolerance = Seconds{10};
  const auto source = made(make_platform_ingress_source(options));
  TestRequest request = message(kMessage);
  EXPECT_EQ(refusal(*source, request), "signature_missing");
  request.headers[1].first = "X-Our-Signature";
  EXPECT_EQ(refusal(*source, request), "");
  EXPECT_EQ(refusal(*source, request.at(kNowSeconds + 11)), "timestamp_out_of_tolerance");
}

TEST(PlatformIngressSource, RefusesWhatLacksAFieldOrHasABadOne) {
  const std::string whole = kMessage;
  for (const char* name : {"message_id", "channel", "open_id", "content"}) {
    std::string lacking = whole;
    lacking.replace(lacking.find(name), 1, "_");
    EXPECT_EQ(refusal(*ingress(), message(lacking)), "field_missing") << name;
  }
  const auto with_id = [](std::string_view id) {
    return R"({"message_id":)" + std::string(id) + R"(,"channel":"c","open_id":"o","content":"c"})";
  };
  EXPECT_EQ(notice_of(*ingress(), message(with_id("17"))).idempotency_key, "17");
  EXPECT_EQ(refusal(*ingress(), message(with_id("null"))), "field_missing");
  EXPECT_EQ(refusal(*ingress(), message(with_id(R"("")"))), "field_missing");
  EXPECT_EQ(refusal(*ingress(), message(with_id("{}"))), "field_invalid");
  EXPECT_EQ(refusal(*ingress(), message(with_id(R"("a\u0000b")"))), "field_invalid");
  EXPECT_EQ(refusal(*ingress(), message(with_id(R"("\ud800")"))), "field_invalid");
  EXPECT_EQ(refusal(*ingress(), message(with_id('"' + std::string(129, 'x') + '"'))), "field_invalid");
  EXPECT_EQ(refusal(*ingress(), message("{")), "json_invalid");
}

TEST(PlatformIngressSource, AnswersByteForByte) {
  EXPECT_EQ(accepted_answer(*ingress()), (Answered{200, R"({"ok":true,"id":17,"duplicate":false})"}));
  EXPECT_EQ(duplicate_answer(*ingress()), (Answered{200, R"({"ok":true,"id":17,"duplicate":true})"}));
  EXPECT_EQ(rejected_answer(*ingress(), "signature_mismatch"),
            (Answered{401, R"({"ok":false,"code":"signature_mismatch","message":"Not \"good\"."})"}));
  EXPECT_EQ(rejected_answer(*ingress(), "field_missing"),
            (Answered{400, R"({"ok":false,"code":"field_missing","message":"Not \"good\"."})"}));
  EXPECT_EQ(unavailable_answer(*ingress()),
            (Answered{503, R"({"ok":false,"code":"store_unavailable","message":"Try again."})"}));
}

TEST(PlatformIngressSource, SaysWhoseFaultItIs) {
  for (const char* code :
       {"signature_missing", "signature_malformed", "signature_probe", "timestamp_missing",
        "timestamp_out_of_tolerance", "signing_key_unknown", "nonce_missing", "message_id_missing"}) {
    EXPECT_EQ(rejected_answer(*ingress(), code).status, 401) << code;
  }
  for (const char* code : {"json_invalid", "xml_invalid", "form_invalid", "field_invalid", "merchant_differs"}) {
    EXPECT_EQ(rejected_answer(*ingress(), code).status, 400) << code;
  }
  const Reply nothing_known = ingress()->answer({.kind = Outcome::Kind::kRejected});
  EXPECT_EQ(nothing_known.body, R"({"ok":false,"code":"rejected","message":"The callback was rejected."})");
}

TEST(Sub2apiSource, GoesByWhatIsSigned) {
  const auto source = made(make_sub2api_source({.name = "gateway", .secrets = {kSecret}}));
  EXPECT_EQ(source->paths(), std::vector<std::string>{"/in/gateway"});
  const auto request = [](std::string body) {
    const std::string signature = hmac_sha256_hex(kSecret, kTimestamp + "." + body);
    return TestRequest{.body = std::move(body),
                       .headers = {{"X-Sub2Api-Timestamp", kTimestamp},
                                   {"X-Sub2Api-Signature", signature},
                                   {"X-Sub2Api-Event", "forged"},
                                   {"X-Sub2Api-Delivery", "forged"}}};
  };
  const TestRequest good = request(R"({"schema_version":1,"event":"balance.low","delivery_id":"d-1","data":{}})");
  const Notice notice = notice_of(*source, good);
  EXPECT_EQ(notice.event_type, "balance.low");
  EXPECT_EQ(notice.idempotency_key, "d-1");
  EXPECT_EQ(keys_of(notice, "delivery_id"), "d-1");
  EXPECT_TRUE(has_no_effect(notice));
  EXPECT_FALSE(notice.clear_body) << "the body is JSON as it is";
  EXPECT_EQ(refusal(*source, good.with_body("{}")), "signature_mismatch");
  EXPECT_EQ(refusal(*source, good.at(kNowSeconds + 301)), "timestamp_out_of_tolerance");
  EXPECT_EQ(refusal(*source, request(R"({"event":"x"})")), "field_missing");
  EXPECT_EQ(refusal(*source, request(R"({"delivery_id":"x"})")), "field_missing");
  EXPECT_EQ(accepted_answer(*source), (Answered{200, R"({"ok":true,"id":17,"duplicate":false})"}));
}

TEST(NewapiSource, IsToldApartByItsBody) {
  const auto source = made(make_newapi_source({.name = "new-api", .secrets = {kSecret}}));
  const auto request = [](std::string body) {
    const std::string signature = hmac_sha256_hex(kSecret, body);
    return TestRequest{.body = std::move(body), .headers = {{"X-Webhook-Signature", signature}}};
  };
  const std::string body = R"({"type":"quota_exceed","title":"t","content":"c {{value}}","values":[1],"timestamp":1})";
  const Notice notice = notice_of(*source, request(body));
  EXPECT_EQ(notice.event_type, "quota_exceed");
  EXPECT_EQ(notice.idempotency_key, "sha256:" + verify::sha256_hex(body));
  EXPECT_EQ(notice_of(*source, request(body)).idempotency_key, notice.idempotency_key);
  EXPECT_NE(notice_of(*source, request(body + " ")).idempotency_key, notice.idempotency_key);
  EXPECT_EQ(refusal(*source, request(body).with_body(body + " ")), "signature_mismatch");
  EXPECT_EQ(refusal(*source, request("{}")), "field_missing");
  EXPECT_EQ(refusal(*source, request("[]")), "field_missing");
  EXPECT_EQ(refusal(*source, request("")), "json_invalid");
}

}  // namespace
}  // namespace yizhan::receive
