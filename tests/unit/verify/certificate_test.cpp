#include "verify/certificate.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "rsa_signer.h"

namespace yizhan::verify {
namespace {

/// Made by OpenSSL's own interfaces; `end` as ASN.1 writes it, YYYYMMDDHHMMSSZ.
std::string certificate_until(const char* end, const char* name) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
  EXPECT_EQ(ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), end), 1);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_pubkey(certificate, key);
  EXPECT_GT(X509_sign(certificate, key, EVP_sha256()), 0);
  BIO* const memory = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(memory, certificate);
  const char* text = nullptr;
  const long length = BIO_get_mem_data(memory, &text);
  std::string pem(text, static_cast<std::size_t>(length));
  BIO_free(memory);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return pem;
}

UtcTime time_of(std::string_view text) {
  return parse_time(text).value();
}

TEST(Certificate, SaysWhoseItIsAndUntilWhen) {
  const auto read = read_certificates(certificate_until("20310206083015Z", "pay.example.com"));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(read->front().subject, "CN=pay.example.com");
  EXPECT_EQ(read->front().not_after, time_of("2031-02-06T08:30:15Z"));
}

TEST(Certificate, BothFormsOfTimeAreRead) {
  EXPECT_EQ(read_certificates(certificate_until("491231235959Z", "a"))->front().not_after,
            time_of("2049-12-31T23:59:59Z"));
  EXPECT_EQ(read_certificates(certificate_until("20560101000000Z", "a"))->front().not_after,
            time_of("2056-01-01T00:00:00Z"));
}

TEST(Certificate, AChainIsReadWholeAndKeysArePassedOver) {
  const auto read = read_certificates("a note\n" + certificate_until("20300101000000Z", "leaf") +
                                      RsaSigner::first().private_pem() + certificate_until("20400101000000Z", "驿站"));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(read->at(0).subject, "CN=leaf");
  EXPECT_EQ(read->at(1).subject, "CN=驿站");
}

TEST(Certificate, WhatIsNoneIsRefused) {
  EXPECT_EQ(read_certificates("").error().code, "certificate_invalid");
  EXPECT_EQ(read_certificates(RsaSigner::first().public_pem()).error().code, "certificate_invalid");
  const std::string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(read_certificates(broken).error().code, "certificate_invalid");
  EXPECT_EQ(read_certificates(certificate_until("20300101000000Z", "leaf") + broken).error().code,
            "certificate_invalid");
}

}  // namespace
}  // namespace yizhan::verify
