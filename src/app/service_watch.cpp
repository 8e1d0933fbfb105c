// What watches a running service: the alerts, the ledger, the heartbeat.
#include "app/alert_sampling.h"
#include "app/certificate_files.h"
#include "app/service_parts.h"

namespace yizhan::app {
namespace {

AlertWatchOptions watch_options(const config::Config& config) {
  return {.platforms = alert_platforms(config),
          .rules = rule_settings(config),
          .window = config.alerts.window,
          .clear_after = config.alerts.clear_after,
          .interval = config.alerts.watch,
          .certificates = certificate_files(config)};
}

}  // namespace

Result<void> Service::Parts::start_watching(const config::Config& config) {
  ledger_watch = std::make_unique<LedgerWatch>(io_context, *reports, [this] {
    if (alert_watch) alert_watch->wake();
  });
  ledger_watch->start();
  if (config.alerts.enabled) {
    api::Dispatching& dispatching = bridge ? static_cast<api::Dispatching&>(*bridge) : *route_only;
    alert_watch = std::make_unique<AlertWatch>(
        AlertWatch::Parts{.io = io_context,
                          .commits = *commits,
                          .reads = *reads,
                          .tallies =
                              [this, &dispatching](UtcTime now) {
                                return tallies_of(
                                    dispatching,
                                    receiver ? receiver->counters() : std::vector<receive::SourceCounters>(), now);
                              },
                          .breakers = [&dispatching] { return open_breakers(dispatching); },
                          .mismatches = [this] { return ledger_watch->mismatches(); },
                          .space = [this] { return std::optional(retention->counters().space); },
                          .events_made = [&dispatching] { dispatching.store_changed(); }},
        watch_options(config));
    alert_watch->start();
  }
  if (config.alerts.heartbeat_url.empty()) return {};
  auto made = Heartbeat::make(io_context, *client, config.alerts, [this] { return trouble(); });
  if (!made) return std::unexpected(std::move(made.error()));
  heartbeat = std::move(*made);
  heartbeat->start();
  return {};
}

/// The dispatcher runs on the thread that asks.
std::optional<std::string> Service::Parts::trouble() const {
  if (!commits->healthy()) return "the store does not take commits";
  if (!ledger_watch->mismatches().empty()) return "the ledger does not balance";
  if (alert_watch && !alert_watch->looking(utc_now())) return "the store does not answer";
  return std::nullopt;
}

void Service::Parts::stop_watching(std::function<void()> done) {
  heartbeat.reset();
  if (!alert_watch) return done();
  alert_watch->stop(std::move(done));
}

Result<Service::Parts::PutInForce> Service::Parts::prepare_watching(const config::Config& config) {
  return [this, options = watch_options(config)]() mutable {
    if (alert_watch) alert_watch->replace(std::move(options));
  };
}

}  // namespace yizhan::app
