// Every metric, declared once: its name, its labels, what it means. docs/metrics.md is generated from here
// (`yizhan config docs --metrics`), and what is not declared here cannot be shown: MetricName does not compile.
//
// Labels have few values, which the configuration and this program bound; never what strangers send.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace yizhan::api {

struct Metric {
  enum class Kind { kCounter, kGauge, kHistogram };

  std::string_view name;
  Kind kind;
  std::string_view help;
  std::array<std::string_view, 2> labels{};  ///< empty ones are none
};

inline constexpr auto kCounter = Metric::Kind::kCounter;
inline constexpr auto kGauge = Metric::Kind::kGauge;
inline constexpr auto kHistogram = Metric::Kind::kHistogram;

inline constexpr auto kMetrics = std::to_array<Metric>({
    // The process.
    {"yizhan_build_info", kGauge, "1; the label has the version", {"version"}},
    {"yizhan_uptime_seconds", kGauge, "Since the service started"},
    {"process_resident_memory_bytes", kGauge, "Resident memory"},
    {"process_cpu_seconds_total", kCounter, "Processor time, user and system"},
    {"process_open_fds", kGauge, "Open file descriptors"},
    {"yizhan_log_lines_dropped_total", kCounter, "Lines of the log that nobody took in time, or that had no room"},

    // The store.
    {"yizhan_store_healthy", kGauge, "1 unless the last commit failed"},
    {"yizhan_store_calls_waiting", kGauge, "Events and callbacks that wait for a transaction"},
    {"yizhan_store_commits_total", kCounter, "Transactions committed"},
    {"yizhan_store_failed_commits_total", kCounter, "Transactions that failed"},
    {"yizhan_store_commit_seconds", kHistogram, "How long a committed transaction took"},
    {"yizhan_store_commit_items", kHistogram, "Events, callbacks, attempts and claims that one transaction wrote"},
    {"yizhan_events_accepted_total", kCounter, "Events made durable"},
    {"yizhan_callbacks_stored_total", kCounter, "Callbacks put on record, whatever their verdict"},
    {"yizhan_events_claimed_total", kCounter, "Events claimed from the store"},
    {"yizhan_results_recorded_total", kCounter, "Attempts recorded"},
    {"yizhan_results_refused_total", kCounter, "Attempts not recorded because their lease was lost"},

    // The listeners: api, receive, push.
    {"yizhan_http_connections_open", kGauge, "Open connections", {"listener"}},
    {"yizhan_http_connections_accepted_total", kCounter, "Connections accepted", {"listener"}},
    {"yizhan_http_connections_refused_total", kCounter, "Connections answered 503 at a limit", {"listener"}},
    {"yizhan_http_connections_evicted_total", kCounter, "Idle connections ended to make room", {"listener"}},
    {"yizhan_http_requests_total", kCounter, "Requests whose head was read", {"listener"}},
    {"yizhan_http_malformed_requests_total", kCounter, "Requests refused by the parser or a limit", {"listener"}},
    {"yizhan_http_timed_out_requests_total", kCounter, "Requests that did not arrive in time", {"listener"}},
    {"yizhan_http_responses_total", kCounter, "Answers by class of status", {"listener", "class"}},

    // Receiving.
    {"yizhan_accept_seconds", kHistogram, "From a whole request to its answer, of events accepted by the API"},
    {"yizhan_callbacks_total", kCounter, "Callbacks received, by what became of them", {"source", "verdict"}},
    {"yizhan_callbacks_unfit_total", kCounter, "Callbacks whose effect somebody has to look at; an alarm", {"source"}},
    {"yizhan_callbacks_not_recorded_total", kCounter, "Rejected callbacks of a flood, counted only", {"source"}},
    {"yizhan_callback_answer_seconds",
     kHistogram,
     "From a whole callback to its answer, of those that had to be stored first",
     {"source"}},

    // Delivering. Devices have the platform `push`.
    {"yizhan_delivered_total", kCounter, "Events delivered by this process", {"platform"}},
    {"yizhan_dead_letters_total", kCounter, "Events buried by this process", {"platform"}},
    {"yizhan_attempts_total", kCounter, "Attempts by error class; 'none' are the successes", {"platform", "class"}},
    {"yizhan_delivery_lag_seconds",
     kHistogram,
     "From the time that an event was accepted to its delivery, retries and replays with it",
     {"platform"}},
    {"yizhan_in_flight", kGauge, "Attempts being made", {"platform"}},
    {"yizhan_queued", kGauge, "Events claimed and waiting in memory", {"platform"}},
    {"yizhan_oldest_due_seconds",
     kGauge,
     "For how long the oldest event has been due that this process knows of; 0 when none is",
     {"platform"}},
    {"yizhan_endpoints", kGauge, "Endpoints in use", {"platform"}},
    {"yizhan_endpoints_by_breaker",
     kGauge,
     "Endpoints by the state of their breaker: closed, open, half_open",
     {"platform", "state"}},
    {"yizhan_endpoints_disabled", kGauge, "Endpoints that are disabled", {"platform"}},
    {"yizhan_callback_connections_opened_total", kCounter, "Connections opened for callbacks"},
    {"yizhan_callback_connections_reused_total", kCounter, "Callbacks sent on an open connection"},
    {"yizhan_callback_tls_resumed_total", kCounter, "TLS sessions resumed"},

    // Notifications.
    {"yizhan_notify_rows_total", kCounter, "Rows of notify_queue by outcome; 'failed' needs somebody", {"outcome"}},

    // Replays that are released bit by bit.
    {"yizhan_replay_events_total",
     kCounter,
     "Events that this process released for replays, and what became of them",
     {"outcome"}},
    {"yizhan_replay_jobs", kGauge, "Replays in the store, by state", {"state"}},

    // Alerts.
    {"yizhan_alerts_raised",
     kGauge,
     "Alerts that are raised in the store, by rule; 'yizhan alerts' lists them",
     {"rule"}},
    {"yizhan_alert_events_total", kCounter, "Events that this process handed over to tell channels of alerts"},

    // Retention, by this process; of several nodes one makes each pass.
    {"yizhan_retention_removed_total", kCounter, "Rows, or bodies of rows, that retention took away", {"kind"}},
    {"yizhan_retention_passes_total", kCounter, "Passes of retention that were ended"},
    {"yizhan_retention_failed_batches_total", kCounter, "Transactions of retention that failed"},
    {"yizhan_retention_seconds_total", kCounter, "Time in transactions of retention"},
    {"yizhan_store_bytes", kGauge, "Room that the store takes, looked at once a minute at least"},
    {"yizhan_store_quota_bytes", kGauge, "Room that it may take (retention.disk_quota); 0: not known"},

    // The ledger, of the whole store. Platforms that are not configured are summed up as 'other'.
    {"yizhan_ledger_age_seconds", kGauge, "Since the ledger below was counted"},
    {"yizhan_ledger_events",
     kGauge,
     "Events in the store; 'accepted' is what the others must sum up to",
     {"platform", "state"}},
    {"yizhan_ledger_mismatch", kGauge, "Not 0: events are missing or counted twice; an alarm", {"platform"}},
});

/// The name of a declared metric: `families.add("yizhan_uptime_seconds", …)`.
class MetricName {
 public:
  consteval MetricName(const char* name) {
    for (const Metric& metric : kMetrics) {
      if (metric.name == name) return;
      ++index_;
    }
    throw "declare the metric in kMetrics";
  }
  constexpr std::size_t index() const { return index_; }

 private:
  std::size_t index_ = 0;
};

/// docs/metrics.md.
std::string metrics_markdown();

}  // namespace yizhan::api
