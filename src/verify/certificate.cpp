#include "verify/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

#include "verify/openssl_check.h"

namespace yizhan::verify {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Bio = std::unique_ptr<BIO, Free>;

std::string subject_of(const X509& certificate) {
  const Bio out(BIO_new(BIO_s_mem()));
  require_openssl(out != nullptr, "BIO_new");
  // Names in Chinese stay readable: UTF-8 instead of escapes.
  constexpr unsigned long kForm = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  X509_NAME_print_ex(out.get(), X509_get_subject_name(&certificate), 0, kForm);
  const char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

Result<UtcTime> end_of(const X509& certificate) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &parts) != 1) {
    return fail("certificate_invalid", "a certificate's end cannot be read");
  }
  const std::chrono::year_month_day date{std::chrono::year{parts.tm_year + 1900},
                                         std::chrono::month{static_cast<unsigned>(parts.tm_mon + 1)},
                                         std::chrono::day{static_cast<unsigned>(parts.tm_mday)}};
  return std::chrono::sys_days{date} + std::chrono::hours{parts.tm_hour} + std::chrono::minutes{parts.tm_min} +
         Seconds{parts.tm_sec};
}

}  // namespace

Result<std::vector<Certificate>> read_certificates(std::string_view pem) {
  const Bio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  require_openssl(in != nullptr, "BIO_new_mem_buf");
  std::vector<Certificate> all;
  // Nobody is asked for a password.
  const auto no_password = [](char*, int, int, void*) { return 0; };
  while (const std::unique_ptr<X509, Free> certificate{PEM_read_bio_X509(in.get(), nullptr, no_password, nullptr)}) {
    const auto not_after = end_of(*certificate);
    if (!not_after) return std::unexpected(not_after.error());
    all.push_back({.subject = subject_of(*certificate), .not_after = *not_after});
  }
  // The end of the text is told as an error, too.
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (all.empty()) return fail("certificate_invalid", "holds no certificate (PEM, BEGIN CERTIFICATE)");
  if (!ended) return fail("certificate_invalid", "holds a certificate that cannot be read");
  return all;
}

}  // namespace yizhan::verify
