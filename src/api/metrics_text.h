// What /metrics says, in the text format of Prometheus. docs list the names from here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/callback_counters.h"
#include "api/dispatching.h"
#include "api/duration_histogram.h"
#include "api/ledger_cache.h"
#include "api/notify_counters.h"
#include "http/client.h"
#include "http/server.h"
#include "store/group_commit.h"

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
  store::CommitCounters commits;
  bool store_healthy = true;
  http::ServerCounters server;          ///< of the API
  http::ServerCounters receive_server;  ///< of the receivers
  http::ServerCounters push_server;     ///< of the push server
  std::vector<CallbackCounters> callbacks;
  NotifyCounters notify;
  http::ClientCounters client;
  DurationHistogram accept_durations;
  std::vector<EndpointState> endpoints;
  std::vector<DeliveryCounters> deliveries;
  const LedgerCache::Counted* ledger = nullptr;  ///< null: it could not be counted
};

std::string metrics_text(const MetricsInput& input);

}  // namespace yizhan::api
