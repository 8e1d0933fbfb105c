// WeChat Pay v3: which key signed, what it signed and when, the probe, and the encrypted resource.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "request_headers.h"
#include "rsa_signer.h"
#include "verify/wechat_pay_v3.h"

namespace yizhan::verify {
namespace {

constexpr std::int64_t kNow = 1777777777;
constexpr const char* kSerial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
constexpr const char* kPublicKeyId = "PUB_KEY_ID_0114232134912410000000000000";
constexpr const char* kApiKey = "0123456789abcdef0123456789abcdef";
constexpr std::string_view kBody = R"({"id":"EV-2018022511223320873","event_type":"TRANSACTION.SUCCESS"})";

// As a merchant has it who moves from the platform certificate to the public key.
WechatPayV3Options both_keys() {
  return {.platform_keys = {{.pem = RsaSigner::first().certificate_pem(kSerial)},
                            {.id = kPublicKeyId, .pem = RsaSigner::second().public_pem()}},
          .api_v3_keys = {kApiKey}};
}

const WechatPayV3& notices() {
  static const auto kMade = WechatPayV3::make(both_keys()).value();
  return *kMade;
}

RequestHeaders headers_of(const RsaSigner& signer, const std::string& serial, std::string_view body,
                          std::int64_t signed_at = kNow) {
  const std::string timestamp = std::to_string(signed_at);
  const std::string text = timestamp + "\nnonce-5K8264\n" + std::string(body) + "\n";
  return {{{"Wechatpay-Timestamp", timestamp},
           {"Wechatpay-Nonce", "nonce-5K8264"},
           {"Wechatpay-Signature", signer.sign_base64(text)},
           {"Wechatpay-Serial", serial},
           {"Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048"}}};
}

std::string_view refusal_of(const RequestHeaders& headers, std::string_view body = kBody, std::int64_t now = kNow) {
  const auto verdict = notices().verify({.header = headers.lookup(), .body = body, .now = UtcTime{Seconds{now}}});
  return verdict ? std::string_view{} : verdict.error().code;
}

RequestHeaders good_headers() {
  static const RequestHeaders kHeaders = headers_of(RsaSigner::first(), kSerial, kBody);
  return kHeaders;
}

std::string_view refusal_with(std::string_view header, std::string value) {
  RequestHeaders headers = good_headers();
  headers.set(header, std::move(value));
  return refusal_of(headers);
}

std::string_view refusal_without(std::string_view header) {
  RequestHeaders headers = good_headers();
  headers.erase(header);
  return refusal_of(headers);
}

TEST(WechatPayV3, VerifiesByCertificateAndByPublicKeySideBySide) {
  EXPECT_EQ(refusal_of(good_headers()), "");
  EXPECT_EQ(refusal_of(headers_of(RsaSigner::second(), kPublicKeyId, kBody)), "");
  EXPECT_EQ(refusal_of(headers_of(RsaSigner::second(), kSerial, kBody)), "signature_mismatch") << "the serial decides";
  EXPECT_EQ(refusal_of(headers_of(RsaSigner::first(), kPublicKeyId, kBody)), "signature_mismatch");
}

TEST(WechatPayV3, KnowsASerialHoweverItIsWritten) {
  EXPECT_EQ(refusal_with("Wechatpay-Serial", "5157f09efdc096de15ebe81a47057a7232f1b8e1"), "");
  EXPECT_EQ(refusal_with("Wechatpay-Serial", std::string("00") + kSerial), "");
}

TEST(WechatPayV3, SaysWhichKeyIsMissing) {
  EXPECT_EQ(refusal_with("Wechatpay-Serial", "7132D72A03E93CDDF8C03BBD1F37EEDF00000000"), "signing_key_unknown");
  EXPECT_EQ(refusal_with("Wechatpay-Serial", "PUB_KEY_ID_1"), "signing_key_unknown");
  EXPECT_EQ(refusal_with("Wechatpay-Serial", "pub_key_id_0114232134912410000000000000"), "signing_key_unknown");
  EXPECT_EQ(refusal_with("Wechatpay-Serial", "000"), "signing_key_unknown");
  EXPECT_EQ(refusal_without("Wechatpay-Serial"), "signing_key_unknown");
}

TEST(WechatPayV3, DoesNotNeedTheSignatureType) {
  EXPECT_EQ(refusal_without("Wechatpay-Signature-Type"), "");
  EXPECT_EQ(refusal_with("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3"), "signature_malformed");
}

TEST(WechatPayV3, TellsAProbeFromAForgery) {
  EXPECT_EQ(refusal_with("Wechatpay-Signature", "WECHATPAY/SIGNTEST/" + std::string(325, 'A')), "signature_probe");
  EXPECT_EQ(refusal_with("Wechatpay-Signature", std::string(342, 'A') + "=="), "signature_mismatch");
}

// Fault 33.
TEST(WechatPayV3, RefusesWhatWasSignedLongAgoOrInTheFuture) {
  const auto at = [](std::int64_t signed_at) {
    return refusal_of(headers_of(RsaSigner::first(), kSerial, kBody, signed_at));
  };
  EXPECT_EQ(at(kNow - 300), "");
  EXPECT_EQ(at(kNow + 300), "");
  EXPECT_EQ(at(kNow - 301), "timestamp_out_of_tolerance");
  EXPECT_EQ(at(kNow + 301), "timestamp_out_of_tolerance");
  EXPECT_EQ(refusal_with("Wechatpay-Timestamp", "1777777777.0"), "timestamp_malformed");
  EXPECT_EQ(refusal_with("Wechatpay-Timestamp", "-1777777777"), "timestamp_malformed");
  EXPECT_EQ(refusal_without("Wechatpay-Timestamp"), "timestamp_missing");
  EXPECT_EQ(refusal_with("Wechatpay-Timestamp", "1777777778"), "signature_mismatch") << "the time is signed";
}

// Fault 34.
TEST(WechatPayV3, TakesNoOtherSignature) {
  const std::string good(good_headers().find("Wechatpay-Signature"));
  EXPECT_EQ(refusal_without("Wechatpay-Signature"), "signature_missing");
  for (const std::string& bad :
       {good.substr(4), good + "AAAA", fmt::format("{0},{0}", good), fmt::format("{0} {0}", good), " " + good,
        std::string(344, '!'), std::string(344, 'A'), std::string(8000, 'A'), good.substr(0, 343) + "\n"}) {
    EXPECT_EQ(refusal_with("Wechatpay-Signature", bad), "signature_malformed") << bad.substr(0, 60);
  }
  EXPECT_EQ(refusal_with("Wechatpay-Nonce", "nonce-5K8265"), "signature_mismatch");
  EXPECT_EQ(refusal_without("Wechatpay-Nonce"), "nonce_missing");
}

// Fault 38: the raw bytes are what counts.
RC_GTEST_PROP(WechatPayV3, VerifiesAnyBytesAndRefusesAnyFlippedBit, (std::string body)) {
  const RequestHeaders headers = headers_of(RsaSigner::first(), kSerial, body);
  RC_ASSERT(refusal_of(headers, body).empty());
  body += '\n';
  RC_ASSERT(refusal_of(headers, body) == "signature_mismatch");
  body.pop_back();
  if (body.empty()) return;
  const auto at = *rc::gen::inRange<std::size_t>(0, body.size());
  body[at] = static_cast<char>(body[at] ^ (1 << *rc::gen::inRange(0, 8)));
  RC_ASSERT(refusal_of(headers, body) == "signature_mismatch");
}

WechatPayV3Resource resource(const std::string& plain, const std::string& associated_data = "transaction") {
  return {.algorithm = "AEAD_AES_256_GCM",
          .ciphertext = base64_text(aes_encrypted("AES-256-GCM", kApiKey, plain, "fdasflkja484", associated_data)),
          .associated_data = associated_data,
          .nonce = "fdasflkja484"};
}

TEST(WechatPayV3Resource, IsDecryptedByAnyKeyInForce) {
  EXPECT_EQ(notices().decrypt(resource(R"({"mchid":"1230000109"})")).value(), R"({"mchid":"1230000109"})");
  EXPECT_EQ(notices().decrypt(resource("x", "")).value(), "x") << "there need be no associated data";
  WechatPayV3Options options = both_keys();
  options.api_v3_keys = {"another key of thirty-two bytes.", kApiKey};
  EXPECT_EQ(WechatPayV3::make(options).value()->decrypt(resource("{}")).value(), "{}");
}

TEST(WechatPayV3Resource, IsRefusedWhenAnythingIsNotAsEncrypted) {
  const auto refused = [](auto change) {
    WechatPayV3Resource changed = resource("{}");
    change(changed);
    const auto plain = notices().decrypt(changed);
    return plain ? std::string_view{} : plain.error().code;
  };
  EXPECT_EQ(refused([](auto&) {}), "");
  EXPECT_EQ(refused([](auto& r) { r.algorithm = "AEAD_SM4_GCM"; }), "ciphertext_malformed");
  EXPECT_EQ(refused([](auto& r) { r.ciphertext = "not base64!"; }), "ciphertext_malformed");
  EXPECT_EQ(refused([](auto& r) { r.ciphertext = "AAAA"; }), "ciphertext_malformed");
  EXPECT_EQ(refused([](auto& r) { r.ciphertext = ""; }), "ciphertext_malformed");
  EXPECT_EQ(refused([](auto& r) { r.nonce += "0"; }), "ciphertext_malformed");
  EXPECT_EQ(refused([](auto& r) { r.nonce[0] = 'F'; }), "decryption_failed");
  EXPECT_EQ(refused([](auto& r) { r.associated_data = "refund"; }), "decryption_failed");
  EXPECT_EQ(refused([](auto& r) { r.ciphertext[0] = r.ciphertext[0] == 'A' ? 'B' : 'A'; }), "decryption_failed");
}

TEST(WechatPayV3Resource, IsReadOutOfTheNotice) {
  const auto read = read_wechat_pay_v3_resource(
      R"({"id":"EV-1","resource":{"original_type":"transaction","algorithm":"AEAD_AES_256_GCM","ciphertext":"a\/b",)"
      R"("associated_data":null,"nonce":"fdasflkja484","more":[{}]},"summary":"支付成功"})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->algorithm, "AEAD_AES_256_GCM");
  EXPECT_EQ(read->ciphertext, "a/b");
  EXPECT_EQ(read->associated_data, "");
  EXPECT_EQ(read->nonce, "fdasflkja484");
}

TEST(WechatPayV3Resource, OfAnotherShapeIsRefused) {
  for (const char* body : {"", "[]", "{}", "null", R"({"resource":null})", R"({"resource":[]})", R"({"resource":"x"})",
                           R"({"resource":{"nonce":1}})", R"({"resource":{"nonce":"1","nonce":"2"}})",
                           R"({"resource":{}} trailing)", R"({"resource":{"nonce":"\ud800"}})"}) {
    const auto read = read_wechat_pay_v3_resource(body);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().code, "json_invalid") << body;
  }
}

TEST(WechatPayV3Options, AreRefusedWithWhatIsWrong) {
  const auto refused = [](auto change) {
    WechatPayV3Options options = both_keys();
    change(options);
    const auto made = WechatPayV3::make(options);
    return made ? std::string_view{} : made.error().code;
  };
  EXPECT_EQ(refused([](auto&) {}), "");
  EXPECT_EQ(refused([](auto& o) { o.platform_keys.clear(); }), "public_key_invalid");
  EXPECT_EQ(refused([](auto& o) { o.platform_keys[1].id = ""; }), "public_key_invalid") << "a public key has no serial";
  EXPECT_EQ(refused([](auto& o) { o.platform_keys[1].id = "PUB_KEY_ID_"; }), "public_key_invalid");
  EXPECT_EQ(refused([](auto& o) { o.platform_keys[1].id = kSerial; }), "public_key_invalid");
  EXPECT_EQ(refused([](auto& o) { o.platform_keys[0].id = kSerial; }), "");
  EXPECT_EQ(refused([](auto& o) { o.platform_keys[0].id = "01"; }), "public_key_invalid") << "not the certificate's";
  EXPECT_EQ(refused([](auto& o) { o.platform_keys.push_back(o.platform_keys[0]); }), "public_key_invalid");
  EXPECT_EQ(refused([](auto& o) { o.platform_keys[0].pem = RsaSigner::first().private_pem(); }), "public_key_invalid");
  EXPECT_EQ(refused([](auto& o) { o.api_v3_keys.clear(); }), "secret_invalid");
  EXPECT_EQ(refused([](auto& o) { o.api_v3_keys[0].pop_back(); }), "secret_invalid");
  EXPECT_EQ(refused([](auto& o) { o.api_v3_keys[0] += "\n"; }), "secret_invalid");
}

}  // namespace
}  // namespace yizhan::verify
