// What a running service is made of. Private to app: service.cpp starts and stops it, service_reload.cpp changes it
// while it runs.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "api/api.h"
#include "api/push_server.h"
#include "app/alert_lane.h"
#include "app/alert_watch.h"
#include "app/dispatch_bridge.h"
#include "app/heartbeat.h"
#include "app/ledger_watch.h"
#include "app/notifications.h"
#include "app/push_lane.h"
#include "app/replay_runner.h"
#include "app/retention.h"
#include "app/service.h"
#include "app/step_loop.h"
#include "app/store_sweeps.h"
#include "dispatch/callback_lane.h"
#include "dispatch/dispatcher.h"
#include "dispatch/lanes.h"
#include "http/client.h"
#include "http/server.h"
#include "receive/receiver.h"
#include "store/group_commit.h"

namespace yizhan::app {

struct Service::Parts {
  Parts(http::asio::io_context& io, const config::Config& config) : io_context(io), in_force(config) {}

  http::asio::io_context& io_context;
  config::Config in_force;
  // In the order of their start; destroyed in reverse, but for the store's threads (see ~Service).
  std::unique_ptr<store::StoreFactory> factory;
  std::unique_ptr<store::GroupCommit> commits;
  std::unique_ptr<store::ReadThread> reads;
  std::unique_ptr<store::ReadThread> reports;
  /// PostgreSQL: a connection that writes, for retention and sweeps; the server works for it beside the writer.
  std::unique_ptr<store::ReadThread> upkeep_thread;
  std::unique_ptr<http::Client> client;
  std::unique_ptr<dispatch::CallbackLane> callback_lane;
  std::unique_ptr<PushLane> push_lane;
  std::unique_ptr<AlertLane> alert_lane;
  std::unique_ptr<dispatch::Lanes> lanes;
  std::unique_ptr<dispatch::Dispatcher> dispatcher;
  std::unique_ptr<DispatchBridge> bridge;
  std::unique_ptr<RouteOnlyIntake> route_only;
  std::unique_ptr<ReplayRunner> replay_runner;
  std::unique_ptr<StepLoop> replay_loop;
  std::unique_ptr<Notifications> notifications;
  std::vector<std::unique_ptr<Notifications>> retired_notifications;  ///< that finish their last pass
  std::unique_ptr<api::Api> api;
  std::unique_ptr<http::Server> api_server;
  std::unique_ptr<receive::Receiver> receiver;
  std::unique_ptr<http::Server> receive_server;
  std::unique_ptr<api::PushServer> push;
  std::unique_ptr<http::Server> push_server;
  std::unique_ptr<store::News> news;
  std::unique_ptr<Retention> retention;
  std::unique_ptr<StoreSweeps> sweeps;  ///< PostgreSQL
  std::unique_ptr<LedgerWatch> ledger_watch;
  std::unique_ptr<AlertWatch> alert_watch;  ///< null where alerts are not enabled
  std::unique_ptr<Heartbeat> heartbeat;     ///< null where there is no URL to call
  std::unique_ptr<http::asio::steady_timer> store_watch;

  store::Intake& intake() { return bridge ? static_cast<store::Intake&>(*bridge) : *route_only; }

  Result<void> open_store(http::asio::io_context& io, const config::Config& config);
  void watch_store();
  Result<void> start_lanes(http::asio::io_context& io, const config::Config& config);
  Result<void> start_dispatch(http::asio::io_context& io, const config::Config& config);
  Result<std::unique_ptr<Notifications>> make_notifications(std::int64_t endpoint_key, const config::Config& config);
  Result<void> start_notifications(const config::Config& config);
  Result<void> hear_news(http::asio::io_context& io);
  Result<void> start_api(http::asio::io_context& io, const config::Config& config);
  Result<void> start_receiver(http::asio::io_context& io, const config::Config& config);
  Result<void> start_push_server(http::asio::io_context& io, const config::Config& config);
  void start_upkeep(const config::Config& config);
  Result<void> start_watching(const config::Config& config);
  void stop_watching(std::function<void()> done);
  /// What is not well, for the heartbeat.
  std::optional<std::string> trouble() const;
  void wake_notify();
  void wake_fan_out();
  void wake_replays();

  // service_reload.cpp: each builds what its part needs for `config` and changes nothing; what it answers puts that in
  // force, and cannot fail. Codes as at the start.
  using PutInForce = std::move_only_function<void()>;
  Result<PutInForce> prepare_client(const config::Config& config);
  Result<PutInForce> prepare_callbacks(const config::Config& config);
  Result<PutInForce> prepare_push(const config::Config& config);
  Result<PutInForce> prepare_alert_channels(const config::Config& config);
  Result<PutInForce> prepare_receiver(const config::Config& config);
  Result<PutInForce> prepare_servers(const config::Config& config);
  Result<PutInForce> prepare_watching(const config::Config& config);
  Result<PutInForce> prepare_rest(const config::Config& config);
  void retire(std::unique_ptr<Notifications> old);
};

}  // namespace yizhan::app
