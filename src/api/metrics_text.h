// What /metrics says, in the text format of Prometheus: figures of every part (MetricsInput), given the names of
// metric_catalogue.h. A new figure: declare it there, add it to the input, add its sample in metrics_text.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/alert_counters.h"
#include "api/callback_counters.h"
#include "api/dispatching.h"
#include "api/ledger_cache.h"
#include "api/notify_counters.h"
#include "api/replay_counters.h"
#include "base/histogram.h"
#include "http/client.h"
#include "http/server.h"
#include "store/group_commit.h"
#include "store/retention_pass.h"

namespace yizhan::api {

/// Of this process, from /proc/self.
struct ProcessFigures {
  double resident_bytes = 0;
  double processor_seconds = 0;
  double open_files = 0;
};
ProcessFigures read_process_figures();

struct MetricsInput {
  ProcessFigures process;
  double uptime_seconds = 0;
  std::uint64_t log_lines_dropped = 0;
  store::CommitCounters commits;
  bool store_healthy = true;
  http::ServerCounters server;          ///< of the API
  http::ServerCounters receive_server;  ///< of the receivers
  http::ServerCounters push_server;     ///< of the push server
  std::vector<CallbackCounters> callbacks;
  NotifyCounters notify;
  ReplayCounters replays;
  AlertCounters alerts;
  store::RetentionCounters retention;
  http::ClientCounters client;
  DurationHistogram accept_durations;
  std::vector<EndpointState> endpoints;
  std::vector<DeliveryCounters> deliveries;
  const LedgerCache::Counted* ledger = nullptr;  ///< null: it could not be counted
  /// Whether a platform may be a label by its name; the rest of the ledger is shown as `other`. Empty: all may. Rows
  /// can be handed over by SQL under any platform's name.
  std::function<bool(std::string_view platform)> platform_known{};
  UtcTime now{};  ///< what "due" is measured against
};

std::string metrics_text(const MetricsInput& input);

}  // namespace yizhan::api
