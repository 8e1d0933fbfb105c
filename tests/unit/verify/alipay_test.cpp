// Alipay's notices: RSA2 over the fields.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "fields_of.h"
#include "rsa_signer.h"
#include "verify/alipay.h"
#include "verify/sorted_fields.h"

namespace yizhan::verify {
namespace {

std::shared_ptr<const FieldsVerifier> verifier(const std::vector<std::string>& keys = {
                                                   RsaSigner::first().bare_base64()}) {
  return make_alipay_verifier(keys).value();
}

Fields notice() {
  return fields_of({{"gmt_create", "2026-11-22 08:30:00"},
                    {"charset", "utf-8"},
                    {"subject", "VIP 会员 a=b&c"},
                    {"body", ""},
                    {"notify_id", "2026112200222083000012345678901234"},
                    {"trade_status", "TRADE_SUCCESS"},
                    {"app_id", "2016082700000000"},
                    {"seller_id", "2088102100000000"},
                    {"out_trade_no", "ORDER-1"},
                    {"total_amount", "1.00"},
                    {"sign_type", "RSA2"}});
}

// What Alipay signs, written out once by hand: no empty value is left out, and nothing is encoded.
constexpr const char* kText =
    "app_id=2016082700000000&body=&charset=utf-8&gmt_create=2026-11-22 "
    "08:30:00&notify_id=2026112200222083000012345678901234"
    "&out_trade_no=ORDER-1&seller_id=2088102100000000&subject=VIP 会员 "
    "a=b&c&total_amount=1.00&trade_status=TRADE_SUCCESS";

Fields signed_notice(const RsaSigner& signer = RsaSigner::first()) {
  return with(notice(), "sign", signer.sign_base64(kText));
}

TEST(Alipay, VerifiesByTheKeyInAnyForm) {
  for (const std::string& key :
       {RsaSigner::first().bare_base64(), RsaSigner::first().public_pem(), RsaSigner::first().certificate_pem("01")}) {
    EXPECT_EQ(refusal(*verifier({key}), signed_notice()), "");
  }
}

TEST(Alipay, TakesAnyKeyInForceOfWhateverLength) {
  static const RsaSigner kLonger(3072);
  const auto both = verifier({kLonger.bare_base64(), RsaSigner::first().bare_base64()});
  EXPECT_EQ(refusal(*both, signed_notice()), "");
  EXPECT_EQ(refusal(*both, signed_notice(kLonger)), "");
  EXPECT_EQ(refusal(*both, signed_notice(RsaSigner::second())), "signature_mismatch");
  EXPECT_EQ(refusal(*verifier({kLonger.bare_base64()}), signed_notice()), "signature_malformed");
}

// Fault 34.
TEST(Alipay, TakesNoOtherSignature) {
  expect_no_other_signature(*verifier(), signed_notice(), "sign");
  EXPECT_EQ(refusal(*verifier(), signed_notice(RsaSigner::second())), "signature_mismatch");
  const Fields by_sha1 = with(notice(), "sign", RsaSigner::first().sign_base64(kText, "SHA1"));
  EXPECT_EQ(refusal(*verifier(), by_sha1), "signature_mismatch");
  EXPECT_EQ(refusal(*verifier(), with(by_sha1, "sign_type", "RSA")), "signature_malformed");
}

TEST(Alipay, RefusesAnyChangeOfAField) {
  EXPECT_EQ(refusal(*verifier(), with(signed_notice(), "total_amount", "1.01")), "signature_mismatch");
  EXPECT_EQ(refusal(*verifier(), without(signed_notice(), "body")), "signature_mismatch") << "empty, but signed";
  EXPECT_EQ(refusal(*verifier(), with(signed_notice(), "more", "")), "signature_mismatch");
  EXPECT_EQ(refusal(*verifier(), without(signed_notice(), "sign_type")), "") << "is not signed";
}

// Fault 38: whatever the charset, the bytes received are the bytes signed.
RC_GTEST_PROP(Alipay, VerifiesFieldsOfAnyBytes, (const std::map<std::string, std::string>& values)) {
  Fields fields;
  for (const auto& [name, value] : values) {
    if (name != "sign" && name != "sign_type") RC_ASSERT(fields.add(name, value));
  }
  const std::string text = sorted_fields_text(fields, {}, EmptyValues::kKept);
  RC_ASSERT(fields.add("sign", RsaSigner::first().sign_base64(text)));
  static const auto kByFirst = verifier();
  RC_ASSERT(refusal(*kByFirst, fields).empty());
  RC_ASSERT(refusal(*kByFirst, with(fields, "sign", RsaSigner::first().sign_base64(text + "&"))) ==
            "signature_mismatch");
}

TEST(Alipay, NeedsItsPublicKey) {
  EXPECT_EQ(make_alipay_verifier({}).error().code, "public_key_invalid");
  EXPECT_EQ(make_alipay_verifier({"no key"}).error().code, "public_key_invalid");
  const auto with_private = make_alipay_verifier({RsaSigner::first().bare_private_base64()});
  EXPECT_TRUE(with_private.error().message.starts_with("Public key 1 holds a private key"));
}

}  // namespace
}  // namespace yizhan::verify
