#include "doctor/clock_check.h"

#include <fmt/format.h>
#include <sys/timex.h>

#include <algorithm>
#include <memory>

#include "app/networks.h"
#include "app/part_options.h"
#include "base/readable.h"
#include "domain/retry_after.h"
#include "http/client.h"

namespace yizhan::doctor {
namespace {

bool is_synchronised() {
  timex state{};
  ::adjtimex(&state);  // reads: no mode is set
  return (state.status & STA_UNSYNC) == 0;
}

/// One HEAD to each platform's base URL, together, past nothing that callbacks would not pass.
class Probe {
 public:
  explicit Probe(const config::Config& config) : config_(config) {}

  Result<std::vector<PlatformClock>> run() {
    auto allowed = app::parse_networks(config_.outbound.allow);
    if (!allowed) return std::unexpected(allowed.error());
    http::Client client(io_, http::AddressGuard(std::move(*allowed)), app::client_options(config_.outbound));
    for (const config::Platform& platform : config_.platforms) {
      if (platform.enabled && !platform.base_url.empty()) ask(client, platform);
    }
    if (waiting_ > 0) io_.run();
    return std::move(clocks_);
  }

 private:
  void ask(http::Client& client, const config::Platform& platform) {
    auto url = http::parse_url(platform.base_url);
    auto networks = app::shared_networks(platform.outbound_allow);
    auto tls =
        http::load_tls_credentials({platform.ca_file, platform.client_certificate_file, platform.client_key_file});
    if (!url || !networks || !tls) return;  // the check of the configuration says so
    http::Request request;
    request.url = std::make_shared<const http::Url>(std::move(*url));
    request.tls = std::move(*tls);
    request.method = "HEAD";
    request.body = std::make_shared<const std::string>();
    request.timeout = std::min(platform.policy.timeout, kPatience);
    request.extra_networks = std::move(*networks);
    ++waiting_;
    client.send(std::move(request), [this, name = platform.name](std::expected<http::Response, http::Failure> answer) {
      const UtcTime here = utc_now();
      if (answer) {
        if (const auto says = parse_http_date(answer->date, here)) {
          clocks_.push_back({.platform = name, .says = *says, .here = here});
        }
      }
      if (--waiting_ == 0) io_.stop();
    });
  }

  static constexpr Milliseconds kPatience{5000};

  const config::Config& config_;
  http::asio::io_context io_{1};
  int waiting_ = 0;
  std::vector<PlatformClock> clocks_;
};

}  // namespace

std::vector<Finding> judge_clock(const ClockFacts& facts) {
  std::vector<Finding> findings;
  for (const PlatformClock& clock : facts.platforms) {
    const Microseconds apart = std::chrono::abs(clock.here - clock.says);
    if (apart <= kClockDiffers) continue;
    findings.push_back(found(apart > kClockWrong ? symptom("clock_wrong") : symptom("clock_differs"), clock.platform,
                             fmt::format("Its clock says {} UTC, this machine's {}: {} apart.",
                                         readable_time(clock.says), readable_time(clock.here), readable_span(apart)),
                             "set this machine's clock by NTP ('timedatectl set-ntp true'); if others agree with it, "
                             "the platform has to set its own"));
  }
  if (!facts.synchronised) {
    findings.push_back(
        found(symptom("clock_unsynchronised"), "", "The kernel does not know of anybody who keeps its clock right.",
              "timedatectl set-ntp true; 'yizhan doctor clock --probe' compares it with the platforms'"));
  }
  return findings;
}

void check_clock(const Installation& installation, Notes& notes) {
  ClockFacts facts{.synchronised = is_synchronised(), .platforms = {}};
  if (installation.probe) {
    if (auto clocks = notes.look(Probe(installation.config).run())) facts.platforms = std::move(*clocks);
  } else {
    notes.skip("the platforms' clocks are asked with --probe only");
  }
  notes.add(judge_clock(facts));
}

}  // namespace yizhan::doctor
