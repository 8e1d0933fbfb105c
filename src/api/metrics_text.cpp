#include "api/metrics_text.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "api/delivering_metrics.h"
#include "api/metric_families.h"
#include "base/version.h"

namespace yizhan::api {
namespace {

void add_process(MetricFamilies& families, const MetricsInput& input) {
  families.add("yizhan_build_info", 1, {version()});
  families.add("yizhan_uptime_seconds", input.uptime_seconds);
  families.add("process_resident_memory_bytes", input.process.resident_bytes);
  families.add("process_cpu_seconds_total", input.process.processor_seconds);
  families.add("process_open_fds", input.process.open_files);
  families.add("yizhan_log_lines_dropped_total", number(input.log_lines_dropped));
}

void add_store(MetricFamilies& families, const MetricsInput& input) {
  const store::CommitCounters& commits = input.commits;
  families.add("yizhan_store_healthy", input.store_healthy ? 1 : 0);
  families.add("yizhan_store_calls_waiting", number(commits.calls_waiting));
  families.add("yizhan_store_commits_total", number(commits.commits));
  families.add("yizhan_store_failed_commits_total", number(commits.failed_commits));
  families.add("yizhan_store_commit_seconds", commits.commit_durations);
  families.add("yizhan_store_commit_items", commits.commit_items);
  families.add("yizhan_events_accepted_total", number(commits.events_accepted));
  families.add("yizhan_callbacks_stored_total", number(commits.callbacks_received));
  families.add("yizhan_events_claimed_total", number(commits.events_claimed));
  families.add("yizhan_results_recorded_total", number(commits.results_recorded));
  families.add("yizhan_results_refused_total", number(commits.results_refused));
}

void add_listener(MetricFamilies& families, const char* listener, const http::ServerCounters& server) {
  families.add("yizhan_http_connections_open", number(server.connections_open), {listener});
  families.add("yizhan_http_connections_accepted_total", number(server.connections_accepted), {listener});
  families.add("yizhan_http_connections_refused_total", number(server.connections_refused), {listener});
  families.add("yizhan_http_connections_evicted_total", number(server.connections_evicted), {listener});
  families.add("yizhan_http_requests_total", number(server.requests), {listener});
  families.add("yizhan_http_malformed_requests_total", number(server.malformed_requests), {listener});
  families.add("yizhan_http_timed_out_requests_total", number(server.timed_out_requests), {listener});
  for (std::size_t i = 2; i < server.responses_by_class.size(); ++i) {
    families.add("yizhan_http_responses_total", number(server.responses_by_class[i]),
                 {listener, std::to_string(i) + "xx"});
  }
}

void add_callbacks(MetricFamilies& families, const std::vector<CallbackCounters>& callbacks) {
  const std::pair<const char*, std::uint64_t CallbackCounters::*> verdicts[] = {
      {"accepted", &CallbackCounters::accepted},
      {"duplicate", &CallbackCounters::duplicates},
      {"rejected", &CallbackCounters::rejected},
      {"unavailable", &CallbackCounters::unavailable},
      {"over_rate", &CallbackCounters::over_rate}};
  for (const CallbackCounters& each : callbacks) {
    for (const auto& [verdict, member] : verdicts) {
      families.add("yizhan_callbacks_total", number(each.*member), {each.source, verdict});
    }
    families.add("yizhan_callbacks_unfit_total", number(each.unfit), {each.source});
    families.add("yizhan_callbacks_not_recorded_total", number(each.not_recorded), {each.source});
    families.add("yizhan_callback_answer_seconds", each.answer_durations, {each.source});
  }
}

void add_http(MetricFamilies& families, const MetricsInput& input) {
  add_listener(families, "api", input.server);
  add_listener(families, "receive", input.receive_server);
  add_listener(families, "push", input.push_server);
  families.add("yizhan_accept_seconds", input.accept_durations);
  families.add("yizhan_callback_connections_opened_total", number(input.client.connections_opened));
  families.add("yizhan_callback_connections_reused_total", number(input.client.connections_reused));
  families.add("yizhan_callback_tls_resumed_total", number(input.client.tls_resumed));
}

void add_notify(MetricFamilies& families, const NotifyCounters& notify) {
  const std::pair<const char*, std::uint64_t NotifyCounters::*> outcomes[] = {{"queued", &NotifyCounters::queued},
                                                                              {"skipped", &NotifyCounters::skipped},
                                                                              {"failed", &NotifyCounters::failed},
                                                                              {"put_off", &NotifyCounters::put_off}};
  for (const auto& [outcome, member] : outcomes) {
    families.add("yizhan_notify_rows_total", number(notify.*member), {outcome});
  }
}

void add_replays(MetricFamilies& families, const ReplayCounters& replays) {
  const std::pair<const char*, std::int64_t ReplayCounters::*> outcomes[] = {{"released", &ReplayCounters::released},
                                                                             {"delivered", &ReplayCounters::delivered},
                                                                             {"dead", &ReplayCounters::dead},
                                                                             {"ended", &ReplayCounters::ended}};
  for (const auto& [outcome, member] : outcomes) {
    families.add("yizhan_replay_events_total", number(replays.*member), {outcome});
  }
  for (const store::ReplayState state : store::kAllReplayStates) {
    const auto known = replays.jobs.find(state);
    families.add("yizhan_replay_jobs", number(known == replays.jobs.end() ? 0 : known->second), {to_string(state)});
  }
}

void add_alerts(MetricFamilies& families, const AlertCounters& alerts) {
  for (const auto& [rule, count] : alerts.raised) families.add("yizhan_alerts_raised", number(count), {rule});
  families.add("yizhan_alert_events_total", number(alerts.events));
}

void add_retention(MetricFamilies& families, const store::RetentionCounters& retention) {
  for (std::size_t kind = 0; kind < kRetentionKinds; ++kind) {
    families.add("yizhan_retention_removed_total", number(retention.removed[kind]),
                 {to_string(static_cast<RetentionKind>(kind))});
  }
  families.add("yizhan_retention_passes_total", number(retention.passes));
  families.add("yizhan_retention_failed_batches_total", number(retention.failed_batches));
  families.add("yizhan_retention_seconds_total", number(retention.micros) / 1e6);
  families.add("yizhan_store_bytes", number(retention.space.used_bytes));
  families.add("yizhan_store_quota_bytes", number(retention.space.quota_bytes));
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
  MetricFamilies families;
  add_process(families, input);
  add_store(families, input);
  add_http(families, input);
  add_callbacks(families, input.callbacks);
  add_notify(families, input.notify);
  add_replays(families, input.replays);
  add_alerts(families, input.alerts);
  add_retention(families, input.retention);
  add_delivering(families, input);
  return families.text();
}

}  // namespace yizhan::api
