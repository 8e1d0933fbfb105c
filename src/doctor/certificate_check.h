// Check `certificates`: those that the configuration names, and when they end.
#pragma once

#include <string>
#include <vector>

#include "doctor/examination.h"
#include "verify/certificate.h"

namespace yizhan::doctor {

/// One that ends within this is to be renewed.
inline constexpr std::chrono::days kCertificateNotice{30};

struct CertificateSeen {
  std::string setting;
  std::string path;
  Result<std::vector<verify::Certificate>> certificates;
};
/// Of each file the certificate that ends first.
std::vector<Finding> judge_certificates(const std::vector<CertificateSeen>& seen, UtcTime now);

void check_certificates(const Installation& installation, Notes& notes);

}  // namespace yizhan::doctor
