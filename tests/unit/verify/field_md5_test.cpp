// EasyPay, kuaidi100 and Kdniao: MD5 with the secret appended, in three dialects.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "fields_of.h"
#include "rsa_signer.h"
#include "verify/digest.h"
#include "verify/easypay.h"
#include "verify/kdniao.h"
#include "verify/kuaidi100.h"

namespace yizhan::verify {
namespace {

// The MD5 was computed with Python's hashlib.
Fields easypay_notice() {
  return fields_of({{"pid", "1001"},
                    {"trade_no", "2026112200001"},
                    {"out_trade_no", "ORDER-1"},
                    {"type", "alipay"},
                    {"name", "VIP 会员"},
                    {"money", "1.00"},
                    {"trade_status", "TRADE_SUCCESS"},
                    {"param", ""},
                    {"sign", "ffe713afa0d565a0d76296d5b83662e0"},
                    {"sign_type", "MD5"}});
}

TEST(Easypay, VerifiesWhatAnotherSigned) {
  EXPECT_EQ(refusal(*make_easypay_verifier({"easypay-key"}).value(), easypay_notice()), "");
  EXPECT_EQ(refusal(*make_easypay_verifier({"other", "easypay-key"}).value(), easypay_notice()), "");
  EXPECT_EQ(refusal(*make_easypay_verifier({"other"}).value(), easypay_notice()), "signature_mismatch");
}

// Fault 34.
TEST(Easypay, TakesNoOtherSignatureAndNoChange) {
  const auto verifier = make_easypay_verifier({"easypay-key"}).value();
  expect_no_other_signature(*verifier, easypay_notice(), "sign");
  EXPECT_EQ(refusal(*verifier, with(easypay_notice(), "money", "0.01")), "signature_mismatch");
  EXPECT_EQ(refusal(*verifier, with(easypay_notice(), "param", "x")), "signature_mismatch");
  EXPECT_EQ(refusal(*verifier, with(easypay_notice(), "sign_type", "RSA")), "signature_malformed");
  EXPECT_EQ(refusal(*verifier, without(easypay_notice(), "sign_type")), "");
  EXPECT_EQ(refusal(*verifier, without(easypay_notice(), "param")), "") << "what is empty is not signed";
}

constexpr const char* kParam = R"({"status":"polling","lastResult":{"nu":"V030344422"}})";

Fields kuaidi100_push() {
  return fields_of({{"param", kParam}, {"sign", "D8940C5CA15B4F682113696F0B0D277C"}});
}

TEST(Kuaidi100, VerifiesTheVector) {
  EXPECT_EQ(refusal(*make_kuaidi100_verifier({"salt"}).value(), kuaidi100_push()), "");
  EXPECT_EQ(refusal(*make_kuaidi100_verifier({"other", "salt"}).value(), kuaidi100_push()), "");
  EXPECT_EQ(refusal(*make_kuaidi100_verifier({"other"}).value(), kuaidi100_push()), "signature_mismatch");
}

TEST(Kuaidi100, TakesNoOtherSignatureAndNoChange) {
  const auto verifier = make_kuaidi100_verifier({"salt"}).value();
  expect_no_other_signature(*verifier, kuaidi100_push(), "sign");
  EXPECT_EQ(refusal(*verifier, with(kuaidi100_push(), "param", std::string(kParam) + " ")), "signature_mismatch");
  EXPECT_EQ(refusal(*verifier, without(kuaidi100_push(), "param")), "signature_mismatch");
}

// DataSign was computed with Python's hashlib and base64.
Fields kdniao_push() {
  return fields_of({{"RequestData", R"({"EBusinessID":"1237100","Count":"1","Data":[{"LogisticCode":"1234561"}]})"},
                    {"RequestType", "101"},
                    {"DataSign", "NjZjZGE4Njk2Nzg5NWRlMTcwNzhmOTliYWY1NWJkMjg="}});
}

TEST(Kdniao, VerifiesWhatAnotherSigned) {
  EXPECT_EQ(refusal(*make_kdniao_verifier({"kdniao-key"}).value(), kdniao_push()), "");
  EXPECT_EQ(refusal(*make_kdniao_verifier({"other", "kdniao-key"}).value(), kdniao_push()), "");
  EXPECT_EQ(refusal(*make_kdniao_verifier({"other"}).value(), kdniao_push()), "signature_mismatch");
}

TEST(Kdniao, TakesNoOtherSignatureAndNoChange) {
  const auto verifier = make_kdniao_verifier({"kdniao-key"}).value();
  expect_no_other_signature(*verifier, kdniao_push(), "DataSign");
  EXPECT_EQ(refusal(*verifier, with(kdniao_push(), "RequestData", "{}")), "signature_mismatch");
  const std::string no_hex = base64_text(std::string(32, 'x'));
  EXPECT_EQ(refusal(*verifier, with(kdniao_push(), "DataSign", no_hex)), "signature_malformed");
}

TEST(FieldSecrets, AreNeeded) {
  for (const auto make : {make_easypay_verifier, make_kuaidi100_verifier, make_kdniao_verifier}) {
    EXPECT_EQ(make({}).error().code, "secret_invalid");
    EXPECT_EQ(make({""}).error().code, "secret_invalid");
    EXPECT_EQ(make({"key\n"}).error().code, "secret_invalid");
    EXPECT_EQ(make(std::vector<std::string>(9, "key")).error().code, "secret_invalid");
  }
}

RC_GTEST_PROP(FieldMd5, RefusesAnyFlippedBitOfTheText, (std::string text)) {
  static const auto kVerifier = make_kuaidi100_verifier({"salt"}).value();
  const std::string sign = md5_hex(text + "salt");
  RC_ASSERT(refusal(*kVerifier, fields_of({{"param", text}, {"sign", sign}})).empty());
  if (text.empty()) return;
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
  text[at] = static_cast<char>(text[at] ^ (1 << *rc::gen::inRange(0, 8)));
  RC_ASSERT(refusal(*kVerifier, fields_of({{"param", text}, {"sign", sign}})) == "signature_mismatch");
}

}  // namespace
}  // namespace yizhan::verify
