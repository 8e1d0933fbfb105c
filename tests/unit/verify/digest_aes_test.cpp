// Digests and AES against the vectors of their standards, and what a wrong key, tag or padding leads to.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

#include "rsa_signer.h"
#include "verify/aes.h"
#include "verify/base64.h"
#include "verify/digest.h"
#include "verify/hex.h"

namespace yizhan::verify {
namespace {

using Bytes = std::vector<unsigned char>;

std::span<const unsigned char> bytes_of(std::string_view text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

std::string from_hex(std::string_view hex) {
  const Bytes bytes = decode_hex(hex).value();
  return {bytes.begin(), bytes.end()};
}

Aes256Key key_of(std::string_view bytes) {
  return aes_256_key(bytes).value();
}

constexpr std::string_view kKey = "0123456789abcdef0123456789abcdef";

// RFC 1321 appendix A.5, FIPS 180-2 appendix B.1.
TEST(Digest, GivesTheVectorsOfTheStandards) {
  EXPECT_EQ(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(md5_hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, ReadsThePiecesAsOneText) {
  EXPECT_EQ(md5(std::array<std::string_view, 3>{"message", " ", "digest"}),
            md5(std::array<std::string_view, 1>{"message digest"}));
  EXPECT_EQ(sha256(std::array<std::string_view, 3>{"a", "", "bc"}), sha256(std::array<std::string_view, 1>{"abc"}));
}

TEST(AesKey, HasThirtyTwoBytes) {
  EXPECT_TRUE(aes_256_key(kKey));
  EXPECT_FALSE(aes_256_key(kKey.substr(1)));
  EXPECT_FALSE(aes_256_key(std::string(kKey) + "0"));
  EXPECT_FALSE(aes_256_key(""));
}

TEST(AesEcb, DecryptsTheVectorOfWechatPay) {
  const Bytes ciphertext = decode_base64("pZwJZBLuy3mDACEQT4YTBw==").value();
  EXPECT_EQ(decrypt_aes_256_ecb(key_of(kKey), ciphertext).value(), "hello");
}

TEST(AesEcb, RefusesWhatIsNotWholeBlocksOrNotPadded) {
  const Bytes ciphertext = decode_base64("pZwJZBLuy3mDACEQT4YTBw==").value();
  EXPECT_EQ(decrypt_aes_256_ecb(key_of(kKey), {}).error().code, "decryption_failed");
  EXPECT_EQ(decrypt_aes_256_ecb(key_of(kKey), std::span(ciphertext).first(15)).error().code, "decryption_failed");
  EXPECT_FALSE(decrypt_aes_256_ecb(key_of("another key of thirty-two bytes."), ciphertext));
}

RC_GTEST_PROP(AesEcb, GivesBackWhatWasEncrypted, (const std::string& plain)) {
  const std::string ciphertext = aes_encrypted("AES-256-ECB", kKey, plain);
  RC_ASSERT(decrypt_aes_256_ecb(key_of(kKey), bytes_of(ciphertext)).value() == plain);
}

// Test case 16 of "The Galois/Counter Mode of Operation", McGrew and Viega.
TEST(AesGcm, DecryptsTheVectorOfItsAuthors) {
  const std::string key = from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const std::string ciphertext = from_hex(
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
      "bcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
  EXPECT_EQ(
      decrypt_aes_256_gcm(key_of(key), from_hex("cafebabefacedbaddecaf888"),
                          from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"), bytes_of(ciphertext))
          .value(),
      from_hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b1"
               "6aedf5aa0de657ba637b39"));
}

RC_GTEST_PROP(AesGcm, GivesBackWhatWasEncrypted, (const std::string& plain, const std::string& associated_data)) {
  const std::string ciphertext = aes_encrypted("AES-256-GCM", kKey, plain, "twelve bytes", associated_data);
  RC_ASSERT(decrypt_aes_256_gcm(key_of(kKey), "twelve bytes", associated_data, bytes_of(ciphertext)).value() == plain);
}

RC_GTEST_PROP(AesGcm, RefusesAnyFlippedBit, (const std::string& plain)) {
  std::string ciphertext = aes_encrypted("AES-256-GCM", kKey, plain, "twelve bytes", "data");
  const auto at = *rc::gen::inRange<std::size_t>(0, ciphertext.size());
  const auto bit = *rc::gen::inRange(0, 8);
  ciphertext[at] = static_cast<char>(ciphertext[at] ^ (1 << bit));
  RC_ASSERT(!decrypt_aes_256_gcm(key_of(kKey), "twelve bytes", "data", bytes_of(ciphertext)));
}

TEST(AesGcm, RefusesAnotherKeyNonceOrData) {
  const std::string ciphertext = aes_encrypted("AES-256-GCM", kKey, "plain", "twelve bytes", "data");
  const auto decrypts = [&](std::string_view key, std::string_view nonce, std::string_view data,
                            std::string_view text) {
    return decrypt_aes_256_gcm(key_of(key), nonce, data, bytes_of(text)).has_value();
  };
  EXPECT_TRUE(decrypts(kKey, "twelve bytes", "data", ciphertext));
  EXPECT_FALSE(decrypts("another key of thirty-two bytes.", "twelve bytes", "data", ciphertext));
  EXPECT_FALSE(decrypts(kKey, "twelve bytez", "data", ciphertext));
  EXPECT_FALSE(decrypts(kKey, "twelve bytes", "date", ciphertext));
  EXPECT_FALSE(decrypts(kKey, "twelve bytes", "", ciphertext));
  EXPECT_FALSE(decrypts(kKey, "eleven byte", "data", ciphertext));
  EXPECT_FALSE(decrypts(kKey, "twelve bytes, and more", "data", ciphertext));
  EXPECT_FALSE(decrypts(kKey, "", "data", ciphertext));
  EXPECT_FALSE(decrypts(kKey, "twelve bytes", "data", ""));
  EXPECT_FALSE(decrypts(kKey, "twelve bytes", "data", std::string_view(ciphertext).substr(0, 15)));
  EXPECT_FALSE(decrypts(kKey, "twelve bytes", "data", std::string_view(ciphertext).substr(1)));
}

}  // namespace
}  // namespace yizhan::verify
