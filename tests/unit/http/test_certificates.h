// Certificates for tests, made when the test runs: an authority of our own and what it issues, as PEM files in a
// temporary folder that goes with the authority.
#pragma once

#include <openssl/types.h>

#include <string>

#include "harness/temporary_folder.h"

namespace yizhan::http::test {

struct CertificateFiles {
  std::string certificate;
  std::string key;
};

struct CertificateWish {
  std::string common_name;
  std::string alternative_names;  ///< as OpenSSL's configuration writes them: `DNS:localhost,IP:127.0.0.1`
  long begins_in = -3600;         ///< seconds from now
  long ends_in = 86400;
};

class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& name = "Test Authority");
  ~CertificateAuthority();
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;

  /// The authority's own certificate, to be trusted.
  std::string file() const { return (folder_ / "authority.pem").string(); }
  CertificateFiles issue(const CertificateWish& wish);
  /// A file in the folder with that text.
  std::string write_file(const std::string& name, const std::string& text) const;

 private:
  TemporaryFolder folder_;
  EVP_PKEY* key_ = nullptr;
  X509* certificate_ = nullptr;
  int issued_ = 0;
};

}  // namespace yizhan::http::test
