// What the API's handlers share. Tasks on other threads keep it alive; they touch only what is said to be thread-safe.
#pragma once

#include <memory>
#include <set>

#include "api/access.h"
#include "api/api.h"
#include "api/dispatching.h"
#include "api/ledger_cache.h"
#include "api/problem.h"
#include "api/resource.h"
#include "base/clock.h"
#include "base/histogram.h"
#include "base/ids.h"
#include "http/router.h"
#include "store/audit.h"

namespace yizhan::api {

class ApiState : public std::enable_shared_from_this<ApiState> {
 public:
  ApiState(ApiParts parts, ApiOptions options);

  /// Adds every route; each file of handlers has one of these.
  void add_routes();
  void add_event_routes();
  void add_look_routes();
  void add_callback_routes();
  void add_order_routes();
  void add_change_routes();
  void add_resource_routes();
  void add_replay_routes();
  void add_audit_routes();
  void add_alert_routes();
  void add_status_routes();

  using Handler = std::function<void(ApiState&, http::ServerRequest&, const http::PathParameters&, http::Responder)>;
  /// A route that needs a key with this scope.
  void add(std::string_view method, std::string_view pattern, Scope scope, Handler handler);
  /// A route for everybody.
  void add_public(std::string_view method, std::string_view pattern, Handler handler);

  /// Runs `look` on a reading thread and answers with what it returns; 503 when too many look-ups wait.
  using Look = std::move_only_function<http::ServerResponse(store::Store&)>;
  void answer_from(store::ReadThread& thread, std::string_view path, http::Responder responder, Look look);

  /// Counts a ledger beside other reports and answers with what `show` makes of it, on the reports' thread; 503 when
  /// `kMostLedgers` are being counted.
  void answer_ledger(std::string_view path, http::Responder responder, store::LedgerCount what,
                     http::ServerResponse (*show)(const Ledger&));
  static constexpr std::size_t kMostLedgers = 8;

  /// Runs `change` on the writer's thread and answers with what it returns.
  void answer_from_writer(http::Responder responder, Look change);

  /// Whether the platforms of what was counted have this secret. Code `previous_secret_missing`.
  Result<void> check_secret(SigningSecret secret, const std::vector<store::CauseCount>& counted) const;

  /// An entry for what this request does, at this moment.
  store::AuditEntry audit_entry(const http::ServerRequest& request, std::string_view action) const;

  ApiParts parts;
  std::shared_ptr<Access> access;
  std::shared_ptr<LedgerCache> ledger;
  std::set<std::shared_ptr<LedgerCounter>> ledgers;  ///< being counted for somebody
  std::shared_ptr<const ResourceParts> resources;
  http::Router router;
  IdMaker ids;
  SteadyTime started = std::chrono::steady_clock::now();
  bool stopping = false;
  DurationHistogram accept_durations;
};

/// 200 with this JSON.
http::ServerResponse json_answer(std::string body);

}  // namespace yizhan::api
