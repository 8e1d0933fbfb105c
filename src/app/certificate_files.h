// The certificates that a configuration names, each with the setting that names it: for watching when they expire.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace yizhan::app {

struct CertificateFile {
  std::string setting;  ///< `api.certificate_file`, `platforms.crm.ca_file`, `sources.wxpay.certificate_files`
  std::string path;
};

/// Listeners', platforms' authorities' and own ones, sources' platform certificates. Of what is disabled, none.
std::vector<CertificateFile> certificate_files(const config::Config& config);

}  // namespace yizhan::app
