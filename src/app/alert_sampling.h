// What the alert rules look at, as this process has it: counters, breakers, certificates; and their settings.
#pragma once

#include <vector>

#include "alert/rules.h"
#include "api/dispatching.h"
#include "app/certificate_files.h"
#include "config/config.h"
#include "receive/receiver.h"

namespace yizhan::app {

/// Cumulative counters, as they are anyway: sampling them costs the hot path nothing.
alert::Tallies tallies_of(const api::Dispatching& dispatching, const std::vector<receive::SourceCounters>& callbacks,
                          UtcTime now);
std::vector<alert::OpenBreaker> open_breakers(const api::Dispatching& dispatching);

/// Reads the files, but for those of authorities; of a chain the certificate that ends first. What cannot be read is
/// passed over: whoever uses it says so. Not on the I/O thread.
std::vector<alert::WatchedCertificate> watched_certificates(const std::vector<CertificateFile>& files);

alert::RuleSettings rule_settings(const config::Config& config);
/// The platforms `alert:<channel>` that alerts go to.
std::vector<std::string> alert_platforms(const config::Config& config);

}  // namespace yizhan::app
