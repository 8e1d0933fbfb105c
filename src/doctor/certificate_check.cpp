#include "doctor/certificate_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "app/certificate_files.h"
#include "base/readable.h"
#include "domain/expiry.h"

namespace yizhan::doctor {
namespace {

Result<std::vector<verify::Certificate>> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail("file_missing", "the file cannot be read");
  return verify::read_certificates(std::string(std::istreambuf_iterator<char>(file), {}));
}

std::string renewal(const CertificateSeen& seen) {
  if (seen.setting.starts_with("sources.")) {
    return fmt::format("load the platform's new certificate, put it into {} beside the old one, and start again",
                       seen.setting);
  }
  return fmt::format("renew it, put the new one at {}, and start the service again", seen.path);
}

}  // namespace

std::vector<Finding> judge_certificates(const std::vector<CertificateSeen>& seen, UtcTime now) {
  std::vector<Finding> findings;
  for (const CertificateSeen& file : seen) {
    if (!file.certificates) {
      findings.push_back(found(symptom("certificate_unreadable"), file.setting,
                               fmt::format("{}: {}", file.path, file.certificates.error().message),
                               fmt::format("correct {}, or make the file readable for the service", file.setting)));
      continue;
    }
    const auto first = std::ranges::min_element(*file.certificates, {}, &verify::Certificate::not_after);
    if (first == file.certificates->end()) continue;
    const Expiry expiry = judge_expiry(first->not_after, kCertificateNotice, now);
    if (!expiry.near) continue;
    findings.push_back(
        found(expiry.over ? symptom("certificate_expired") : symptom("certificate_expires_soon"), file.setting,
              fmt::format("{} ({}) {} {} UTC, {}.", file.path, first->subject, expiry.over ? "ended" : "ends",
                          readable_time(first->not_after), relative_time(first->not_after, now)),
              renewal(file)));
  }
  return findings;
}

void check_certificates(const Installation& installation, Notes& notes) {
  std::vector<CertificateSeen> seen;
  for (const app::CertificateFile& file : app::certificate_files(installation.config)) {
    seen.push_back({file.setting, file.path, read(file.path)});
  }
  notes.add(judge_certificates(seen, installation.now));
}

}  // namespace yizhan::doctor
