// WeChat Pay v2: notices by MD5 and by HMAC-SHA256, and the refund's encrypted part.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "fields_of.h"
#include "rsa_signer.h"
#include "verify/aes.h"
#include "verify/base64.h"
#include "verify/digest.h"
#include "verify/sorted_fields.h"
#include "verify/wechat_pay_v2.h"

namespace yizhan::verify {
namespace {

constexpr const char* kKey = "192006250b4c09247ec02edce69f6a2d";
constexpr const char* kOtherKey = "8934e7d15453e97507ef794cf7b0519d";
constexpr const char* kMd5 = "9A0A8659F005D6984697E2CA0A9CF3B7";
constexpr const char* kHmac = "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6";

std::shared_ptr<const WechatPayV2> keys(const std::vector<std::string>& api_keys = {kKey}) {
  return WechatPayV2::make(api_keys).value();
}

// The documentation's example; the order received is not the order signed, and an empty field is none.
Fields example(const std::string& sign) {
  return fields_of({{"appid", "wxd930ea5d5a258f4f"},
                    {"mch_id", "10000100"},
                    {"device_info", "1000"},
                    {"attach", ""},
                    {"body", "test"},
                    {"sign", sign},
                    {"nonce_str", "ibuaiVcKdpRxkhJA"}});
}

TEST(WechatPayV2, VerifiesTheVectorsByTheirLength) {
  EXPECT_EQ(refusal(*keys(), example(kMd5)), "");
  EXPECT_EQ(refusal(*keys(), example(kHmac)), "");
}

Fields signed_with_md5(const Fields& fields, const std::string& key) {
  return with(fields, "sign", md5_hex(sorted_fields_text(fields, {"sign"}, EmptyValues::kDropped) + "&key=" + key));
}

TEST(WechatPayV2, HoldsTheNoticeToTheAlgorithmItNames) {
  const Fields md5_named = with(example(""), "sign_type", "MD5");
  EXPECT_EQ(refusal(*keys(), signed_with_md5(md5_named, kKey)), "");
  const Fields hmac_named = with(example(""), "sign_type", "HMAC-SHA256");
  EXPECT_EQ(refusal(*keys(), signed_with_md5(hmac_named, kKey)), "signature_malformed") << "it is an MD5 all the same";
  const Fields unknown = with(example(""), "sign_type", "RSA");
  EXPECT_EQ(refusal(*keys(), signed_with_md5(unknown, kKey)), "signature_malformed");
}

// Fault 34.
TEST(WechatPayV2, TakesNoOtherSignature) {
  expect_no_other_signature(*keys(), example(kMd5), "sign");
  expect_no_other_signature(*keys(), example(kHmac), "sign");
}

TEST(WechatPayV2, RefusesAnyChangeOfAField) {
  EXPECT_EQ(refusal(*keys(), with(example(kMd5), "body", "tess")), "signature_mismatch");
  EXPECT_EQ(refusal(*keys(), with(example(kMd5), "attach", "x")), "signature_mismatch");
  EXPECT_EQ(refusal(*keys(), with(example(kMd5), "new_field", "x")), "signature_mismatch") << "all received are signed";
  EXPECT_EQ(refusal(*keys(), without(example(kMd5), "body")), "signature_mismatch");
  EXPECT_EQ(refusal(*keys({kOtherKey}), example(kMd5)), "signature_mismatch");
  EXPECT_EQ(refusal(*keys({kOtherKey}), example(kHmac)), "signature_mismatch");
}

TEST(WechatPayV2, TakesAnyKeyInForce) {
  EXPECT_EQ(refusal(*keys({kOtherKey, kKey}), example(kMd5)), "");
  EXPECT_EQ(refusal(*keys({kOtherKey, kKey}), example(kHmac)), "");
}

TEST(WechatPayV2, SaysNothingOfTheSignatureThatWouldBeRight) {
  const auto verdict = keys()->verify(example(std::string(32, '0')));
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().message.find(kMd5), std::string::npos);
  EXPECT_EQ(verdict.error().message.find(kKey), std::string::npos);
}

TEST(WechatPayV2, NeedsKeys) {
  EXPECT_EQ(WechatPayV2::make({}).error().code, "secret_invalid");
  EXPECT_EQ(WechatPayV2::make({""}).error().code, "secret_invalid");
  EXPECT_EQ(WechatPayV2::make({kKey, std::string(kKey) + "\n"}).error().code, "secret_invalid");
  EXPECT_EQ(WechatPayV2::make(std::vector<std::string>(9, kKey)).error().code, "secret_invalid");
}

constexpr const char* kRefund =
    "<root><out_refund_no><![CDATA[R-1]]></out_refund_no><refund_status><![CDATA[SUCCESS]]></refund_status></root>";
// Of kRefund, with `openssl enc -aes-256-ecb -K <hex of lower-case hex MD5 of kKey>`.
constexpr const char* kRequestInformation =
    "WBzGpzQuNpcFxIlFjUUD9FfL63k7xseO4O//CGiq57k+Ev4fh/hsfGme53V7Vcau1OUhMOns+VWNV2yVm8R4/"
    "0vHsN1Eha5L6GTG2Jz3xyTeakaK726I"
    "GU1OhiSDhHSLJYJKKyDyu7/GffV2mhJaRg==";

TEST(WechatPayV2Refund, IsDecryptedByAnyKeyInForce) {
  EXPECT_EQ(keys()->decrypt_refund(kRequestInformation).value(), kRefund);
  EXPECT_EQ(keys({kOtherKey, kKey})->decrypt_refund(kRequestInformation).value(), kRefund);
}

TEST(WechatPayV2Refund, IsRefusedUnderAnotherKeyOrWhenItIsCut) {
  EXPECT_EQ(keys({kOtherKey})->decrypt_refund(kRequestInformation).error().code, "decryption_failed");
  EXPECT_EQ(keys()->decrypt_refund("").error().code, "ciphertext_malformed");
  EXPECT_EQ(keys()->decrypt_refund("not base64!").error().code, "ciphertext_malformed");
  EXPECT_EQ(keys()->decrypt_refund("AAAA").error().code, "decryption_failed") << "no whole block";
  const std::string cut = std::string(kRequestInformation).substr(0, 64);
  EXPECT_EQ(keys()->decrypt_refund(cut).error().code, "decryption_failed");
}

// ECB's padding alone lets one wrong key in 255 pass.
TEST(WechatPayV2Refund, OfAKeyWhosePaddingFitsByChanceIsNotTaken) {
  const auto ciphertext = decode_base64(kRequestInformation).value();
  int fitting = 0;
  for (int number = 0; fitting < 3 && number < 10000; ++number) {
    const std::string wrong = "wrong key " + std::to_string(number);
    if (!decrypt_aes_256_ecb(aes_256_key(md5_hex(wrong)).value(), ciphertext)) continue;
    ++fitting;
    EXPECT_EQ(keys({wrong})->decrypt_refund(kRequestInformation).error().code, "decryption_failed");
    EXPECT_EQ(keys({wrong, kKey})->decrypt_refund(kRequestInformation).value(), kRefund);
  }
  EXPECT_EQ(fitting, 3);
}

RC_GTEST_PROP(WechatPayV2Refund, GivesBackAnyDocument, (const std::string& text)) {
  const std::string document = "<root>" + text;
  const std::string ciphertext = base64_text(aes_encrypted("AES-256-ECB", md5_hex(kKey), document));
  RC_ASSERT(keys()->decrypt_refund(ciphertext).value() == document);
}

}  // namespace
}  // namespace yizhan::verify
