#include "app/alert_sampling.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <numeric>

#include "verify/certificate.h"

namespace yizhan::app {

alert::Tallies tallies_of(const api::Dispatching& dispatching, const std::vector<receive::SourceCounters>& callbacks,
                          UtcTime now) {
  alert::Tallies tallies{.at = now};
  for (const api::DeliveryCounters& platform : dispatching.delivery_counters()) {
    const auto& attempts = platform.attempts_by_class;
    const std::uint64_t all = std::accumulate(attempts.begin(), attempts.end(), std::uint64_t{0});
    tallies.failed_attempts[platform.platform] = all - attempts[static_cast<std::size_t>(ErrorClass::kNone)];
    tallies.dead_letters[platform.platform] = platform.dead_letters;
  }
  for (const receive::SourceCounters& source : callbacks) {
    tallies.rejected[source.source] = source.rejected - source.probes;
  }
  return tallies;
}

std::vector<alert::OpenBreaker> open_breakers(const api::Dispatching& dispatching) {
  std::vector<alert::OpenBreaker> open;
  for (const api::EndpointState& endpoint : dispatching.endpoints()) {
    if (endpoint.breaker == api::EndpointState::Breaker::kClosed || endpoint.disabled) continue;
    open.push_back({.platform = endpoint.platform,
                    .url = endpoint.url,
                    .failures_in_row = endpoint.failures_in_row,
                    .last_error = endpoint.last_error});
  }
  return open;
}

std::vector<alert::WatchedCertificate> watched_certificates(const std::vector<CertificateFile>& files) {
  std::vector<alert::WatchedCertificate> all;
  for (const CertificateFile& file : files) {
    // A bundle of authorities outlives many of them.
    if (file.setting.ends_with("ca_file")) continue;
    std::ifstream in(file.path, std::ios::binary);
    const std::string pem{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const auto certificates = verify::read_certificates(pem);
    if (!certificates) continue;
    // One alert for a file: of the certificate that ends first.
    const auto first = std::ranges::min_element(*certificates, {}, &verify::Certificate::not_after);
    all.push_back({.subject = file.setting + " " + file.path, .name = first->subject, .not_after = first->not_after});
  }
  return all;
}

alert::RuleSettings rule_settings(const config::Config& config) {
  const config::AlertsSection& section = config.alerts;
  alert::RuleSettings settings;
  settings.failures_count = section.failures_count;
  settings.failures_window = section.failures_window;
  settings.told_within = 3 * section.watch;
  settings.backlog_age = section.backlog_age;
  settings.certificate_notice = std::chrono::days{section.certificate_days};
  for (const config::Source& source : config.sources) {
    if (source.enabled) settings.silence.emplace(source.name, source.silence);
  }
  return settings;
}

std::vector<std::string> alert_platforms(const config::Config& config) {
  const std::vector<std::string>& chosen = config.alerts.channels;
  std::vector<std::string> platforms;
  for (const config::AlertChannel& channel : config.alert_channels) {
    const bool wanted = chosen.empty() || std::ranges::find(chosen, channel.name) != chosen.end();
    if (channel.enabled && wanted) platforms.push_back(std::string(alert::kPlatformPrefix) + channel.name);
  }
  return platforms;
}

}  // namespace yizhan::app
