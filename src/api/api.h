// The REST API. START HERE: what it stands on, what it offers, and how an app runs it.
//
//   request ─▶ Router ─▶ Access ─▶ handler ─┬─ POST /api/v1/events: read, Intake::prepare, GroupCommit::accept, 202
//                                           ├─ looking: a task on a reading thread, which also writes the JSON
//                                           ├─ changing: tasks on the writer's thread (bulk_change.h)
//                                           └─ devices, notifications, parcels: resource.h, shared with push_server.h
//
// Its paths are described in openapi_document.cpp, its errors in problem.cpp. Every answer is JSON, every error is
// application/problem+json with a stable code.
//
// Runs on the I/O thread; handlers never block it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/access.h"
#include "api/alert_counters.h"
#include "api/callback_counters.h"
#include "api/dispatching.h"
#include "api/notify_counters.h"
#include "api/replay_counters.h"
#include "http/client.h"
#include "http/router.h"
#include "http/server.h"
#include "store/group_commit.h"
#include "store/intake.h"
#include "store/retention_pass.h"

namespace yizhan::api {

struct ApiOptions {
  AccessOptions access;
};

/// What the API stands on; all of it must outlive the API and what it has under way: stop the server, then the threads
/// of the store, then destroy the API.
struct ApiParts {
  http::asio::io_context& io;
  store::GroupCommit& commits;
  store::ReadThread& reads;    ///< for look-ups that answer at once
  store::ReadThread& reports;  ///< for the ledger and counts, which may take seconds; may be the same as `reads`
  store::Intake& intake;
  Dispatching& dispatching;
  std::function<http::ServerCounters()> server_counters;               ///< for /metrics; may be empty
  std::function<http::ClientCounters()> client_counters;               ///< likewise
  std::function<http::ServerCounters()> receive_server_counters{};     ///< likewise, of the receivers' listener
  std::function<std::vector<CallbackCounters>()> callback_counters{};  ///< likewise
  std::function<http::ServerCounters()> push_server_counters{};        ///< likewise, of the push server's listener
  std::function<NotifyCounters()> notify_counters{};                   ///< likewise
  std::function<store::RetentionCounters()> retention_counters{};      ///< likewise
  std::function<bool(std::string_view)> platform_known{};              ///< likewise; metrics_text.h
  /// On the I/O thread: whether events of a platform can be signed with its previous secret. Code
  /// `previous_secret_missing`. Empty: none can.
  std::function<Result<void>(std::string_view)> check_previous_secret{};
  /// On the I/O thread: there are new notifications to be fanned out; may be empty.
  std::function<void()> on_notifications{};
  /// Likewise: a replay was begun or resumed.
  std::function<void()> on_replays{};
  std::function<ReplayCounters()> replay_counters{};  ///< for /metrics; may be empty
  std::function<AlertCounters()> alert_counters{};    ///< for /metrics
};

class ApiState;

class Api {
 public:
  Api(ApiParts parts, ApiOptions options);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  /// Answers a request; for Server::listen.
  void handle(http::ServerRequest& request, http::Responder responder);

  /// The store's keys, read before the listener opens (see check_listener()).
  void set_keys(const std::vector<store::ApiKey>& keys);
  /// This process has added or revoked a key: every request from now on sees it.
  void keys_changed();
  /// From now on /ready answers 503, so that load balancers turn away while the rest is still answered.
  void stopping();

  std::vector<http::Router::Route> routes() const;

 private:
  std::shared_ptr<ApiState> state_;
};

}  // namespace yizhan::api
