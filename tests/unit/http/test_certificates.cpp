#include "test_certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <cstdlib>

#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace yizhan::http::test {
namespace {

EVP_PKEY* make_key() {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  if (key == nullptr) throw std::runtime_error("no key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  if (extension == nullptr) throw std::runtime_error("bad extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* make_certificate(const CertificateWish& wish, EVP_PKEY* key, long serial) {
  X509* const certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), wish.begins_in);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wish.ends_in);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate, key);
  return certificate;
}

void write_pem(const std::string& path, X509* certificate, EVP_PKEY* key) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr) throw std::runtime_error("cannot write " + path);
  if (certificate != nullptr) PEM_write_X509(file, certificate);
  if (key != nullptr) PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
}

}  // namespace

CertificateAuthority::CertificateAuthority(const std::string& name) {
  key_ = make_key();
  certificate_ = make_certificate({name, ""}, key_, 1);
  X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_));
  add_extension(certificate_, certificate_, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate_, certificate_, NID_key_usage, "critical,keyCertSign");
  X509_sign(certificate_, key_, EVP_sha256());
  write_pem(file(), certificate_, nullptr);
}

CertificateAuthority::~CertificateAuthority() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

CertificateFiles CertificateAuthority::issue(const CertificateWish& wish) {
  const int number = ++issued_;
  EVP_PKEY* const key = make_key();
  X509* const certificate = make_certificate(wish, key, number + 1);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate_));
  if (!wish.alternative_names.empty()) {
    add_extension(certificate, certificate_, NID_subject_alt_name, wish.alternative_names);
  }
  X509_sign(certificate, key_, EVP_sha256());
  const CertificateFiles files{(folder_ / (std::to_string(number) + ".pem")).string(),
                               (folder_ / (std::to_string(number) + ".key")).string()};
  write_pem(files.certificate, certificate, nullptr);
  write_pem(files.key, nullptr, key);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return files;
}

std::string CertificateAuthority::write_file(const std::string& name, const std::string& text) const {
  const std::filesystem::path path = folder_ / name;
  std::ofstream(path) << text;
  return path.string();
}

}  // namespace yizhan::http::test
