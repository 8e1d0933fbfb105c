// RSA public keys in every form that senders hand out, and what their signatures are worth.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <rapidcheck/gtest.h>

#include <array>

#include "rsa_signer.h"
#include "verify/base64.h"
#include "verify/rsa.h"

namespace yizhan::verify {
namespace {

std::span<const unsigned char> bytes_of(std::string_view text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

bool verifies(const RsaPublicKey& key, std::string_view text, std::string_view signature) {
  return key.verifies(std::array<std::string_view, 1>{text}, bytes_of(signature));
}

std::string_view refusal_of(std::string_view text) {
  const auto key = RsaPublicKey::parse(text);
  return key ? std::string_view{} : key.error().code;
}

// Made with `openssl genrsa 2048`, `openssl rsa -pubout` and `openssl dgst -sha256 -sign`.
constexpr std::string_view kPublicKey =
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAn+PJuvQi9kQhoxT+5C8A"
    "348V0/o0K4qib3JY/TTX2yFgHMnsDeBZp0Kp7/psrBq3Xo4Y+FKwzA10z8b4NqZ5"
    "fERWBf80ORqRRjaSHaPgCoLtLA1cUeOOlu4N29ohaMfYvteiWiTjkp3bnJPE5oGX"
    "eRoGohL8P4W67x+G/5pyiHn+DICs71EDr3ubgXpH8rfEBZw/btwmz4UAadVIaTEV"
    "QU1kl9uvVn4LlbRiOlQePuvexBIOVNw285mfT13rb9K4gfx2OhpBVxQ8Vf1qh4Vy"
    "zk/MhvM77Q0SBiqrtLTBXYxzrfvI9XKKWco/MIkYK8WM7iRsrIDKamrNKvn2N/H0"
    "rQIDAQAB";
constexpr std::string_view kText = "app_id=2016&body=&total_amount=1.00";
constexpr std::string_view kSignature =
    "lABFhCajVwetxULGCwrffOugcPNwmWwSvG/RPZOnrwYd9VJEkuaMNSGGEJQK/2A1jBik8VhDoYcEqzS+MrBun5mHdKhDFj/"
    "WCzypirkUjfdkzi6aEGAa"
    "o8g/cMnmMVOliA8Yxl+RgmFYZeI9J8TetntF9dTkN3DP9VbtXll24MxoDpvqBJHqoQ6Ftr5sm/"
    "p4yioGikLEZDH9VerMu5vbfwDlQ2cKReb0V38GPOBY"
    "Youvjucau+MLkm+m6uBjTQa6wDzvZZWC4Muh544yAuK0e+jFsHmgfpQMpyxntEHUuHJD3cfSN2e+TZY3zUEzezVGZcem3NSZAb9Af6Xek3n1yA==";

TEST(RsaPublicKey, VerifiesWhatTheOpensslCommandSigned) {
  const RsaPublicKey key = RsaPublicKey::parse(kPublicKey).value();
  const auto signature = decode_base64(kSignature).value();
  EXPECT_EQ(key.signature_size(), 256U);
  EXPECT_TRUE(key.verifies(std::array<std::string_view, 1>{kText}, signature));
  EXPECT_TRUE(key.verifies(std::array<std::string_view, 3>{kText.substr(0, 5), "", kText.substr(5)}, signature));
  EXPECT_FALSE(key.verifies(std::array<std::string_view, 1>{kText.substr(1)}, signature));
}

TEST(RsaPublicKey, IsReadInEveryFormThatSendersHandOut) {
  const RsaSigner& signer = RsaSigner::first();
  const std::string signature = signer.sign("text");
  std::string broken_into_lines = signer.bare_base64();
  for (std::size_t at = 64; at < broken_into_lines.size(); at += 66) broken_into_lines.insert(at, "\r\n");
  for (const std::string& form :
       {signer.public_pem(), signer.pkcs1_pem(), signer.certificate_pem("01"), signer.bare_base64(),
        " " + signer.bare_base64() + "\n", broken_into_lines, "a comment before it\n" + signer.public_pem()}) {
    const auto key = RsaPublicKey::parse(form);
    ASSERT_TRUE(key) << key.error().message << "\n" << form;
    EXPECT_TRUE(verifies(*key, "text", signature)) << form;
  }
}

TEST(RsaPublicKey, HasTheSerialOfItsCertificate) {
  const RsaSigner& signer = RsaSigner::first();
  const auto serial = [&](const std::string& given) {
    return RsaPublicKey::parse(signer.certificate_pem(given)).value().certificate_serial();
  };
  EXPECT_EQ(serial("5157F09EFDC096DE15EBE81A47057A7232F1B8E1"), "5157F09EFDC096DE15EBE81A47057A7232F1B8E1");
  EXPECT_EQ(serial("0a1b2c"), "A1B2C");
  EXPECT_EQ(RsaPublicKey::parse(signer.public_pem()).value().certificate_serial(), "");
}

TEST(RsaPublicKey, IsRefusedWithWhatIsWrong) {
  const RsaSigner& signer = RsaSigner::first();
  const std::string pem = signer.public_pem();
  EXPECT_EQ(refusal_of(""), "public_key_invalid");
  EXPECT_EQ(refusal_of("not a key"), "public_key_invalid");
  EXPECT_EQ(refusal_of(pem.substr(0, pem.size() / 2)), "public_key_invalid");
  EXPECT_EQ(refusal_of(signer.bare_base64().substr(0, 200)), "public_key_invalid");
  EXPECT_EQ(refusal_of(elliptic_public_pem()), "public_key_invalid");
  EXPECT_EQ(refusal_of(RsaSigner(1024).public_pem()), "public_key_invalid");
  EXPECT_EQ(refusal_of(std::string(100000, 'A')), "public_key_invalid");
  EXPECT_EQ(ERR_peek_error(), 0U) << "nothing is left for the next user of OpenSSL on this thread";
}

TEST(RsaPublicKey, IsNoPrivateKey) {
  const RsaSigner& signer = RsaSigner::first();
  for (const std::string& text : {signer.private_pem(), signer.bare_private_base64()}) {
    const auto key = RsaPublicKey::parse(text);
    ASSERT_FALSE(key);
    EXPECT_TRUE(key.error().message.starts_with("holds a private key")) << key.error().message;
  }
}

TEST(RsaPublicKey, TakesNoSignatureButItsOwn) {
  const RsaPublicKey key = RsaPublicKey::parse(RsaSigner::first().public_pem()).value();
  const std::string good = RsaSigner::first().sign("text");
  EXPECT_TRUE(verifies(key, "text", good));
  EXPECT_FALSE(verifies(key, "text", ""));
  EXPECT_FALSE(verifies(key, "text", good.substr(1)));
  EXPECT_FALSE(verifies(key, "text", good + std::string(1, '\0')));
  EXPECT_FALSE(verifies(key, "text", std::string(256, '\0')));
  EXPECT_FALSE(verifies(key, "text", std::string(256, '\xff')));
  EXPECT_FALSE(verifies(key, "text", RsaSigner::second().sign("text")));
  EXPECT_FALSE(verifies(key, "text", RsaSigner::first().sign("text", "SHA1"))) << "the digest is part of the scheme";
  EXPECT_EQ(ERR_peek_error(), 0U) << "nothing is left for the next user of OpenSSL on this thread";
}

RC_GTEST_PROP(RsaPublicKey, RefusesAnyFlippedBit, (const std::string& text)) {
  static const RsaPublicKey kKey = RsaPublicKey::parse(RsaSigner::first().public_pem()).value();
  std::string signature = RsaSigner::first().sign(text);
  RC_ASSERT(verifies(kKey, text, signature));
  const auto at = *rc::gen::inRange<std::size_t>(0, signature.size());
  const auto bit = *rc::gen::inRange(0, 8);
  signature[at] = static_cast<char>(signature[at] ^ (1 << bit));
  RC_ASSERT(!verifies(kKey, text, signature));
}

}  // namespace
}  // namespace yizhan::verify
