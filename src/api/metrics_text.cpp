#include "api/metrics_text.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <map>

#include "base/version.h"
#include "domain/attempt.h"

namespace yizhan::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Families {
 public:
  void counter(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = value;
    family(name, help, MetricType::Counter).metric.push_back(std::move(metric));
  }
  void gauge(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    family(name, help, MetricType::Gauge).metric.push_back(std::move(metric));
  }
  void histogram(const std::string& name, const std::string& help, const DurationHistogram& durations) {
    ClientMetric metric;
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < durations.counts.size(); ++i) {
      cumulative += durations.counts[i];
      const double bound = i < DurationHistogram::kBounds.size() ? DurationHistogram::kBounds[i]
                                                                 : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({cumulative, bound});
    }
    metric.histogram.sample_count = cumulative;
    metric.histogram.sample_sum = durations.sum;
    family(name, help, MetricType::Histogram).metric.push_back(std::move(metric));
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  MetricFamily& family(const std::string& name, const std::string& help, MetricType type) {
    if (families_.empty() || families_.back().name != name) families_.push_back({name, help, type, {}});
    return families_.back();
  }

  std::vector<MetricFamily> families_;
};

double number(auto value) {
  return static_cast<double>(value);
}

void add_process(Families& families, const MetricsInput& input) {
  families.gauge("yizhan_build_info", "1; the label has the version", 1, {{"version", std::string(version())}});
  families.gauge("yizhan_uptime_seconds", "Since the service started", input.uptime_seconds);
  families.gauge("process_resident_memory_bytes", "Resident memory", input.process.resident_bytes);
  families.counter("process_cpu_seconds_total", "Processor time, user and system", input.process.processor_seconds);
  families.gauge("process_open_fds", "Open file descriptors", input.process.open_files);
}

void add_store(Families& families, const MetricsInput& input) {
  const store::CommitCounters& commits = input.commits;
  families.gauge("yizhan_store_healthy", "1 unless the last commit failed", input.store_healthy ? 1 : 0);
  families.counter("yizhan_store_commits_total", "Transactions committed", number(commits.commits));
  families.counter("yizhan_store_failed_commits_total", "Transactions that failed", number(commits.failed_commits));
  families.counter("yizhan_store_commit_seconds_total", "Time spent in commits", number(commits.commit_micros) / 1e6);
  families.counter("yizhan_events_accepted_total", "Events made durable", number(commits.events_accepted));
  families.counter("yizhan_callbacks_stored_total", "Callbacks put on record, whatever their verdict",
                   number(commits.callbacks_received));
  families.counter("yizhan_events_claimed_total", "Events claimed from the store", number(commits.events_claimed));
  families.counter("yizhan_results_recorded_total", "Attempts recorded", number(commits.results_recorded));
  families.counter("yizhan_results_refused_total", "Attempts not recorded because their lease was lost",
                   number(commits.results_refused));
}

/// `listener`: `api`, `receive`, `push`.
void add_server(Families& families, const std::string& listener, const http::ServerCounters& server) {
  const std::string prefix = "yizhan_" + listener + "_";
  families.gauge(prefix + "connections_open", "Open connections", number(server.connections_open));
  families.counter(prefix + "connections_accepted_total", "Connections accepted", number(server.connections_accepted));
  families.counter(prefix + "connections_refused_total", "Connections answered 503 at a limit",
                   number(server.connections_refused));
  families.counter(prefix + "connections_evicted_total", "Idle connections ended to make room",
                   number(server.connections_evicted));
  families.counter(prefix + "requests_total", "Requests whose head was read", number(server.requests));
  families.counter(prefix + "malformed_requests_total", "Requests refused by the parser or a limit",
                   number(server.malformed_requests));
  families.counter(prefix + "timed_out_requests_total", "Requests that did not arrive in time",
                   number(server.timed_out_requests));
  for (std::size_t i = 2; i < server.responses_by_class.size(); ++i) {
    families.counter(prefix + "responses_total", "Answers by class of status", number(server.responses_by_class[i]),
                     {{"class", std::to_string(i) + "xx"}});
  }
}

/// Labelled by source and verdict, both of which the configuration and this program bound; never by what strangers
/// send.
void add_callbacks(Families& families, const std::vector<CallbackCounters>& callbacks) {
  const std::pair<const char*, std::uint64_t CallbackCounters::*> verdicts[] = {
      {"accepted", &CallbackCounters::accepted},
      {"duplicate", &CallbackCounters::duplicates},
      {"rejected", &CallbackCounters::rejected},
      {"unavailable", &CallbackCounters::unavailable},
      {"over_rate", &CallbackCounters::over_rate}};
  for (const CallbackCounters& each : callbacks) {
    for (const auto& [verdict, member] : verdicts) {
      families.counter("yizhan_callbacks_total", "Callbacks received, by what became of them", number(each.*member),
                       {{"source", each.source}, {"verdict", verdict}});
    }
  }
  for (const CallbackCounters& each : callbacks) {
    families.counter("yizhan_callbacks_unfit_total", "Callbacks whose effect somebody has to look at; an alarm",
                     number(each.unfit), {{"source", each.source}});
  }
  for (const CallbackCounters& each : callbacks) {
    families.counter("yizhan_callbacks_not_recorded_total", "Rejected callbacks of a flood, counted only",
                     number(each.not_recorded), {{"source", each.source}});
  }
}

void add_http(Families& families, const MetricsInput& input) {
  add_server(families, "api", input.server);
  add_server(families, "receive", input.receive_server);
  add_server(families, "push", input.push_server);
  families.histogram("yizhan_accept_seconds", "From a whole request to its answer, of events accepted",
                     input.accept_durations);
  families.counter("yizhan_callback_connections_opened_total", "Connections opened for callbacks",
                   number(input.client.connections_opened));
  families.counter("yizhan_callback_connections_reused_total", "Callbacks sent on an open connection",
                   number(input.client.connections_reused));
  families.counter("yizhan_callback_tls_resumed_total", "TLS sessions resumed", number(input.client.tls_resumed));
}

void add_notify(Families& families, const NotifyCounters& notify) {
  const std::pair<const char*, std::uint64_t NotifyCounters::*> outcomes[] = {{"queued", &NotifyCounters::queued},
                                                                              {"skipped", &NotifyCounters::skipped},
                                                                              {"failed", &NotifyCounters::failed},
                                                                              {"put_off", &NotifyCounters::put_off}};
  for (const auto& [outcome, member] : outcomes) {
    families.counter("yizhan_notify_rows_total", "Rows of notify_queue by outcome; 'failed' needs somebody",
                     number(notify.*member), {{"outcome", outcome}});
  }
}

void add_deliveries(Families& families, const MetricsInput& input) {
  for (const DeliveryCounters& each : input.deliveries) {
    families.counter("yizhan_delivered_total", "Events delivered by this process", number(each.delivered),
                     {{"platform", each.platform}});
  }
  for (const DeliveryCounters& each : input.deliveries) {
    families.counter("yizhan_dead_letters_total", "Events buried by this process", number(each.dead_letters),
                     {{"platform", each.platform}});
  }
  for (const DeliveryCounters& each : input.deliveries) {
    for (std::size_t i = 0; i < each.attempts_by_class.size(); ++i) {
      const std::string_view error_class = to_string(static_cast<ErrorClass>(i));
      families.counter(
          "yizhan_attempts_total", "Attempts by error class; 'none' are the successes",
          number(each.attempts_by_class[i]),
          {{"platform", each.platform}, {"class", error_class.empty() ? "none" : std::string(error_class)}});
    }
  }
}

/// Summed by platform: one series for each URL could be any number.
void add_endpoints(Families& families, const MetricsInput& input) {
  struct Sums {
    double in_flight = 0, queued = 0, open = 0, disabled = 0, all = 0;
  };
  std::map<std::string, Sums> by_platform;
  for (const EndpointState& endpoint : input.endpoints) {
    Sums& sums = by_platform[endpoint.platform];
    sums.in_flight += number(endpoint.in_flight);
    sums.queued += number(endpoint.queued);
    sums.open += endpoint.breaker == EndpointState::Breaker::kClosed ? 0 : 1;
    sums.disabled += endpoint.disabled ? 1 : 0;
    sums.all += 1;
  }
  const std::pair<const char*, std::pair<const char*, double Sums::*>> gauges[] = {
      {"yizhan_in_flight", {"Attempts being made", &Sums::in_flight}},
      {"yizhan_queued", {"Events claimed and waiting in memory", &Sums::queued}},
      {"yizhan_endpoints", {"Endpoints in use", &Sums::all}},
      {"yizhan_endpoints_breaker_open", {"Endpoints whose breaker is open or half open", &Sums::open}},
      {"yizhan_endpoints_disabled", {"Endpoints that are disabled", &Sums::disabled}}};
  for (const auto& [name, gauge] : gauges) {
    for (const auto& [platform, sums] : by_platform) {
      families.gauge(name, gauge.first, sums.*gauge.second, {{"platform", platform}});
    }
  }
}

void add_ledger(Families& families, const LedgerCache::Counted& counted) {
  const auto age = std::chrono::duration<double>(std::chrono::steady_clock::now() - counted.at);
  families.gauge("yizhan_ledger_age_seconds", "Since the ledger below was counted", age.count());
  const std::pair<const char*, std::int64_t LedgerLine::*> states[] = {
      {"accepted", &LedgerLine::accepted},       {"pending", &LedgerLine::pending},
      {"retrying", &LedgerLine::retrying},       {"delivered", &LedgerLine::delivered},
      {"dead_letter", &LedgerLine::dead_letter}, {"discarded", &LedgerLine::discarded}};
  for (const LedgerLine& line : counted.ledger.lines) {
    for (const auto& [state, member] : states) {
      families.gauge("yizhan_ledger_events", "Events in the store; 'accepted' is what the others must sum up to",
                     number(line.*member), {{"platform", line.platform}, {"state", state}});
    }
  }
  for (const LedgerLine& line : counted.ledger.lines) {
    families.gauge("yizhan_ledger_mismatch", "Not 0: events are missing or counted twice; an alarm",
                   number(line.mismatch()), {{"platform", line.platform}});
  }
}

}  // namespace

ProcessFigures read_process_figures() {
  ProcessFigures figures;
  std::ifstream memory("/proc/self/statm");
  double pages_total = 0, pages_resident = 0;
  if (memory >> pages_total >> pages_resident) {
    figures.resident_bytes = pages_resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return number(time.tv_sec) + number(time.tv_usec) / 1e6; };
  figures.processor_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  std::error_code unreadable;
  const std::filesystem::directory_iterator files("/proc/self/fd", unreadable);
  if (!unreadable) figures.open_files = number(std::distance(begin(files), end(files)));
  return figures;
}

std::string metrics_text(const MetricsInput& input) {
  Families families;
  add_process(families, input);
  add_store(families, input);
  add_http(families, input);
  add_callbacks(families, input.callbacks);
  add_notify(families, input.notify);
  add_deliveries(families, input);
  add_endpoints(families, input);
  if (input.ledger != nullptr) add_ledger(families, *input.ledger);
  return families.text();
}

}  // namespace yizhan::api
