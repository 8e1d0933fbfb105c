// The building blocks against the vectors of their RFCs.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "verify/base64.h"
#include "verify/constant_time.h"
#include "verify/ed25519.h"
#include "verify/hex.h"
#include "verify/hmac.h"
#include "verify/secret_maker.h"

namespace yizhan::verify {
namespace {

using Bytes = std::vector<unsigned char>;

Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string hex_of(std::span<const unsigned char> bytes) {
  std::string text;
  append_hex(text, bytes);
  return text;
}

std::string base64_of(std::string_view text) {
  std::string encoded;
  append_base64(encoded, bytes_of(text));
  return encoded;
}

std::string signature_of(const SigningKey& key, std::vector<std::string_view> pieces) {
  Bytes signature(key.signature_size());
  key.sign(pieces, signature);
  EXPECT_TRUE(key.verifies(pieces, signature));
  signature.front() ^= 1;
  EXPECT_FALSE(key.verifies(pieces, signature));
  signature.front() ^= 1;
  return hex_of(signature);
}

// RFC 2202 test 2, RFC 4231 test 2 and 6 (a key longer than a block).
TEST(Hmac, GivesTheVectorsOfTheRfcs) {
  const std::string_view data = "what do ya want for nothing?";
  EXPECT_EQ(signature_of(HmacKey(HmacAlgorithm::kSha1, "Jefe"), {data}), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(signature_of(HmacKey(HmacAlgorithm::kSha256, "Jefe"), {data}),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      signature_of(HmacKey(HmacAlgorithm::kSha512, "Jefe"), {data}),
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a"
      "6b4b636e070a38bce737");
  EXPECT_EQ(signature_of(HmacKey(HmacAlgorithm::kSha256, std::string(131, '\xaa')),
                         {"Test Using Larger Than Block-Size Key - Hash Key First"}),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, ReadsThePiecesAsOneTextAndKeepsItsKey) {
  const HmacKey key(HmacAlgorithm::kSha256, "Jefe");
  const std::string whole = signature_of(key, {"what do ya want for nothing?"});
  EXPECT_EQ(signature_of(key, {"what do ", "", "ya want", " for nothing?"}), whole);
  EXPECT_EQ(signature_of(key, {"what do ya want for nothing?"}), whole)
      << "the second message is not affected by the first";
}

// RFC 8032 section 7.1, tests 1 and 3.
TEST(Ed25519, GivesTheVectorsOfTheRfc) {
  const auto check = [](std::string_view seed, std::string_view public_key, std::string_view message,
                        std::string_view signature) {
    const Bytes seed_bytes = decode_hex(seed).value();
    const Ed25519Key key = Ed25519Key::from_seed(std::span(seed_bytes).first<kEd25519KeySize>());
    EXPECT_EQ(hex_of(key.public_key()), public_key);
    EXPECT_EQ(signature_of(key, {message}), signature);

    const Ed25519Key verifying = Ed25519Key::from_public_key(key.public_key());
    EXPECT_FALSE(verifying.can_sign());
    const std::vector<std::string_view> pieces{message};
    const Bytes signature_bytes = decode_hex(signature).value();
    EXPECT_TRUE(verifying.verifies(pieces, signature_bytes));
    EXPECT_FALSE(verifying.verifies(pieces, std::span(signature_bytes).first(63)));
  };
  check(
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
      "655141438e7a100b");
  check(
      "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xaf\x82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
      "c027beceea1ec40a");
}

// RFC 4648 section 10.
TEST(Base64, GivesTheVectorsOfTheRfc) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64_of(plain), encoded);
    EXPECT_EQ(decode_base64(encoded), bytes_of(plain));
  }
}

TEST(Base64, DecodesNothingButItsOwnForm) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", " Zg==", "Zg==\n", "Zm9v Zm9v",
                           "Zg==Zg==", "Zm-_", "Zm9\xff", "Zm 9"}) {
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
  }
}

RC_GTEST_PROP(Base64, GivesBackWhatItTook, (const Bytes& bytes)) {
  std::string text;
  append_base64(text, bytes);
  RC_ASSERT(decode_base64(text) == bytes);
}

TEST(Hex, DecodesEitherCaseAndNothingElse) {
  EXPECT_EQ(decode_hex("00fF10"), (Bytes{0x00, 0xff, 0x10}));
  EXPECT_EQ(decode_hex(""), Bytes{});
  for (const char* text : {"0", "0g", "0x", " 0", "00 ", "\xff\xff"}) EXPECT_EQ(decode_hex(text), std::nullopt) << text;
}

RC_GTEST_PROP(Hex, GivesBackWhatItTook, (const Bytes& bytes)) {
  RC_ASSERT(decode_hex(hex_of(bytes)) == bytes);
}

TEST(ConstantTime, ComparesBytesAndLengths) {
  EXPECT_TRUE(equal_in_constant_time(bytes_of("abc"), bytes_of("abc")));
  EXPECT_FALSE(equal_in_constant_time(bytes_of("abc"), bytes_of("abd")));
  EXPECT_FALSE(equal_in_constant_time(bytes_of("abc"), bytes_of("ab")));
  EXPECT_TRUE(equal_in_constant_time({}, {}));
}

TEST(SecretMaker, MakesSecretsThatDiffer) {
  EXPECT_NE(make_hmac_secret(), make_hmac_secret());
  EXPECT_EQ(make_hmac_secret().size(), 6u + 44u);
  EXPECT_NE(make_signing_key_pair().private_key, make_signing_key_pair().private_key);
}

}  // namespace
}  // namespace yizhan::verify
