// The declarations of [alerts].
#include "config/setting.h"
#include "config/setting_groups.h"

namespace yizhan::config {

std::vector<Setting<Config>> declare_alerts() {
  return {
      {.key = "alerts.enabled",
       .kind = BooleanKind{},
       .field = at(&Config::alerts, &AlertsSection::enabled),
       .help = "Whether this node watches for trouble. The heartbeat is a matter of its own.",
       .needs_restart = true},
      {.key = "alerts.channels",
       .kind = list_of(kName),
       .field = at(&Config::alerts, &AlertsSection::channels),
       .help =
           "The names of the `[alert_channels.<name>]` that alerts go to. Empty: every one that is enabled. Without "
           "any channel alerts are recorded, logged and listed by `yizhan alerts`."},
      {.key = "alerts.watch_seconds",
       .kind = seconds(1, 3600),
       .field = at(&Config::alerts, &AlertsSection::watch),
       .help = "How often is looked. An endpoint that is disabled and a new dead letter are noticed then.",
       .needs_restart = true},
      {.key = "alerts.failures_count",
       .kind = whole_number(1, 1'000'000),
       .field = at(&Config::alerts, &AlertsSection::failures_count),
       .help = "So many failures within `failures_seconds` raise an alert: attempts to deliver to one platform, or "
               "rejected callbacks of one source."},
      {.key = "alerts.failures_seconds",
       .kind = seconds(1, 86'400),
       .field = at(&Config::alerts, &AlertsSection::failures_window),
       .help = "The time within which failures are counted. A dead letter counts as new for as long."},
      {.key = "alerts.window_seconds",
       .kind = seconds(1, 604'800),
       .field = at(&Config::alerts, &AlertsSection::window),
       .help = "While something stays wrong, one alert is sent in each window, with the count so far."},
      {.key = "alerts.clear_seconds",
       .kind = seconds(1, 86'400),
       .field = at(&Config::alerts, &AlertsSection::clear_after),
       .help =
           "What has not been wrong for so long is over, and one alert says so. What comes back sooner is still the "
           "same trouble."},
      {.key = "alerts.backlog_age_seconds",
       .kind = seconds(1, 2'592'000),
       .field = at(&Config::alerts, &AlertsSection::backlog_age),
       .help =
           "An event that has been due for longer, and is not sent, raises an alert. Those of a disabled endpoint do "
           "not: there is an alert of the endpoint."},
      {.key = "alerts.certificate_days",
       .kind = whole_number(1, 3650),
       .field = at(&Config::alerts, &AlertsSection::certificate_days),
       .help = "So many days before a certificate expires an alert is raised: the listeners' own, those of platforms, "
               "WeChat Pay's platform certificates."},
      {.key = "alerts.heartbeat_url",
       .kind = text(kHttpUrl),
       .field = at(&Config::alerts, &AlertsSection::heartbeat_url),
       .help = "A URL that is called (GET) as long as all is well: the store takes commits, events are dispatched, the "
               "ledger balances. A service that waits for it, such as healthchecks.io, tells you when it stops. Empty: "
               "none.",
       .secrecy = Secrecy::kSecret,
       .needs_restart = true},
      {.key = "alerts.heartbeat_seconds",
       .kind = seconds(1, 86'400),
       .field = at(&Config::alerts, &AlertsSection::heartbeat),
       .help = "How often it is called.",
       .needs_restart = true},
      {.key = "alerts.outbound_allow",
       .kind = list_of(kNetwork),
       .field = at(&Config::alerts, &AlertsSection::outbound_allow),
       .help = "Networks that `heartbeat_url` may be in although private, beside `outbound.allow`.",
       .needs_restart = true},
  };
}

}  // namespace yizhan::config
