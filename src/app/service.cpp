#include "app/service.h"

#include <algorithm>

#include "api/push_access.h"
#include "app/alert_channels.h"
#include "app/networks.h"
#include "app/part_options.h"
#include "app/platforms.h"
#include "app/service_entry.h"
#include "app/service_parts.h"
#include "app/sources.h"
#include "base/log.h"
#include "base/version.h"

namespace yizhan::app {
namespace {

std::vector<api::CallbackCounters> callback_counters(const receive::Receiver& receiver) {
  std::vector<api::CallbackCounters> all;
  for (const receive::SourceCounters& source : receiver.counters()) {
    all.push_back({.source = source.source,
                   .accepted = source.accepted,
                   .duplicates = source.duplicates,
                   .rejected = source.rejected,
                   .unavailable = source.unavailable,
                   .unfit = source.unfit,
                   .over_rate = source.over_rate,
                   .not_recorded = source.not_recorded,
                   .answer_durations = source.answer_durations});
  }
  return all;
}

api::NotifyCounters notify_counters(const Notifications& notifications) {
  const notify::NotifyCounters counters = notifications.counters();
  return {
      .queued = counters.queued, .skipped = counters.skipped, .failed = counters.failed, .put_off = counters.put_off};
}

/// The longest that a replay begun by another process waits to be noticed, where nothing tells of it.
constexpr Milliseconds kReplayPoll{1000};

/// How often it is looked whether the store still answers.
constexpr Milliseconds kStoreWatch{500};

/// Rows may have been handed over by SQL under any platform's name.
bool is_configured(const config::Config& config, std::string_view platform) {
  if (platform == store::kPushPlatform) return true;
  if (platform.starts_with(alert::kPlatformPrefix)) {
    platform.remove_prefix(alert::kPlatformPrefix.size());
    return std::ranges::find(config.alert_channels, platform, &config::AlertChannel::name) !=
           config.alert_channels.end();
  }
  return std::ranges::find(config.platforms, platform, &config::Platform::name) != config.platforms.end();
}

}  // namespace

Result<void> Service::Parts::open_store(http::asio::io_context& io, const config::Config& config) {
  auto url = store::parse_store_url(config.store.url);
  if (!url) return std::unexpected(std::move(url.error()));
  auto opened = store::open_store(*url, store::OpenMode::kServe);
  if (!opened) return std::unexpected(std::move(opened.error()));
  factory = std::move(*opened);
  auto migrated = factory->migrate();
  if (!migrated) return std::unexpected(std::move(migrated.error()));
  if (*migrated > 0) log::info("store_migrated", {{"migrations", *migrated}});

  auto writer = factory->open_writer();
  if (!writer) return std::unexpected(std::move(writer.error()));
  if (auto recovered = (*writer)->recover_leases(utc_now()); !recovered) return recovered;
  auto warnings = (*writer)->warnings();
  if (!warnings) return std::unexpected(std::move(warnings.error()));
  for (const std::string& warning : *warnings) log::warning("store_durability", {{"warning", warning}});
  (*writer)->set_inbound_quota(inbound_quota(config.receive));

  const auto open_reader = [this]() -> Result<std::unique_ptr<store::ReadThread>> {
    auto reader = factory->open_reader();
    if (!reader) return std::unexpected(std::move(reader.error()));
    return std::make_unique<store::ReadThread>(std::move(*reader));
  };
  auto reading = open_reader();
  if (!reading) return std::unexpected(std::move(reading.error()));
  auto reporting = open_reader();
  if (!reporting) return std::unexpected(std::move(reporting.error()));
  reads = std::move(*reading);
  reports = std::move(*reporting);
  store::GroupCommit::Options options;
  if (url->engine == store::StoreUrl::Engine::kPostgres) {
    options.share = 1;
    auto own = factory->open_writer();
    if (!own) return std::unexpected(std::move(own.error()));
    upkeep_thread = std::make_unique<store::ReadThread>(std::move(*own));
  }
  commits = std::make_unique<store::GroupCommit>(
      std::move(*writer), [&io](std::move_only_function<void()> task) { http::asio::post(io, std::move(task)); },
      options);
  return {};
}

/// Those who wait for a store that does not come back hear of it, even if nobody else hands anything over.
void Service::Parts::watch_store() {
  store_watch->expires_after(kStoreWatch);
  store_watch->async_wait([this](http::ErrorCode error) {
    if (error) return;
    commits->refuse_if_stuck();
    watch_store();
  });
}

Result<void> Service::Parts::start_lanes(http::asio::io_context& io, const config::Config& config) {
  auto platforms = make_platforms(config);
  if (!platforms) return std::unexpected(std::move(platforms.error()));
  auto allowed = parse_networks(config.outbound.allow);
  if (!allowed) return std::unexpected(std::move(allowed.error()));
  client = std::make_unique<http::Client>(io, http::AddressGuard(std::move(*allowed)), client_options(config.outbound));
  callback_lane = std::make_unique<dispatch::CallbackLane>(io, *client, std::move(*platforms));
  lanes = std::make_unique<dispatch::Lanes>(*callback_lane);
  auto channel = make_channel(io, *client, config);
  if (!channel) return std::unexpected(std::move(channel.error()));
  push_lane = std::make_unique<PushLane>(io, std::move(*channel), config.push.policy);
  lanes->add(std::string(store::kPushPlatform), *push_lane);
  auto alert_channels = make_alert_channels(io, *client, config);
  if (!alert_channels) return std::unexpected(std::move(alert_channels.error()));
  alert_lane = std::make_unique<AlertLane>(io, std::move(*alert_channels));
  lanes->add_family(std::string(alert::kPlatformPrefix), *alert_lane);
  return {};
}

Result<void> Service::Parts::start_dispatch(http::asio::io_context& io, const config::Config& config) {
  if (auto done = start_lanes(io, config); !done) return done;
  const auto on_express = [this] { wake_notify(); };
  if (!config.roles.dispatch) {
    route_only = std::make_unique<RouteOnlyIntake>(*lanes, on_express);
    return {};
  }
  dispatcher = std::make_unique<dispatch::Dispatcher>(io, *lanes, *commits, *reads, dispatcher_options(config));
  bridge = std::make_unique<DispatchBridge>(*dispatcher, on_express);
  dispatcher->start();
  replay_runner = std::make_unique<ReplayRunner>(ReplayRunner::Parts{
      .io = io, .commits = *commits, .reads = *reads, .reports = *reports, .lane = *lanes, .dispatcher = *dispatcher});
  replay_loop = std::make_unique<StepLoop>(
      io, [runner = replay_runner.get()](auto done) { runner->pass(std::move(done)); }, kReplayPoll);
  replay_loop->start();
  return {};
}

Result<std::unique_ptr<Notifications>> Service::Parts::make_notifications(std::int64_t endpoint_key,
                                                                          const config::Config& config) {
  Notifications::Parts needed{.io = io_context,
                              .client = *client,
                              .commits = *commits,
                              .endpoint_key = {},
                              .deliveries_made = {},
                              .counted_before = notifications ? notifications->counters() : notify::NotifyCounters{}};
  if (endpoint_key != store::kUnrouted) needed.endpoint_key = endpoint_key;
  needed.deliveries_made = [this] {
    if (dispatcher) dispatcher->news(push_lane->endpoint_key());
  };
  return Notifications::make(std::move(needed), config);
}

Result<void> Service::Parts::start_notifications(const config::Config& config) {
  auto made = make_notifications(push_lane->endpoint_key(), config);
  if (!made) return std::unexpected(std::move(made.error()));
  notifications = std::move(*made);
  notifications->start();
  return {};
}

/// What other processes change, each told to whom it concerns. On a thread of the store's.
Result<void> Service::Parts::hear_news(http::asio::io_context& io) {
  if (!dispatcher && !notifications) return {};
  auto listening = factory->open_news([this, &io](std::int64_t key) {
    if (key == store::kNotifyNews) {
      http::asio::post(io, [this] { wake_notify(); });
    } else if (key == store::kFanOutNews) {
      http::asio::post(io, [this] { wake_fan_out(); });
    } else if (key == store::kReplayNews) {
      http::asio::post(io, [this] { wake_replays(); });
    } else if (dispatcher) {
      dispatcher->news(key);
    }
  });
  if (!listening) return std::unexpected(std::move(listening.error()));
  news = std::move(*listening);
  return {};
}

/// On SQLite it takes turns with the commits, on the thread of the one connection that writes.
void Service::Parts::start_upkeep(const config::Config& config) {
  retention = std::make_unique<Retention>(
      io_context,
      [this](std::move_only_function<void(store::Store&)> task) {
        if (upkeep_thread) {
          upkeep_thread->run(std::move(task));
        } else {
          commits->run(std::move(task));
        }
      },
      upkeep_thread ? kBatchTarget : kBatchTargetOnWriter, config.retention);
  retention->start();
  if (!upkeep_thread) return;
  sweeps = std::make_unique<StoreSweeps>(
      io_context, [this](std::move_only_function<void(store::Store&)> task) { upkeep_thread->run(std::move(task)); },
      [this] {
        const store::CommitCounters counters = commits->counters();
        return counters.results_recorded + counters.events_claimed;
      });
  sweeps->start();
}

void Service::Parts::wake_notify() {
  if (notifications) notifications->wake_notify();
}

void Service::Parts::wake_fan_out() {
  if (notifications) notifications->wake_fan_out();
}

void Service::Parts::wake_replays() {
  if (replay_loop) replay_loop->wake();
}

Result<void> Service::Parts::start_api(http::asio::io_context& io, const config::Config& config) {
  auto address = http::parse_listen_address(config.listen.api);
  if (!address) return std::unexpected(std::move(address.error()));
  auto reader = factory->open_reader();
  if (!reader) return std::unexpected(std::move(reader.error()));
  auto keys = (*reader)->api_keys();
  if (!keys) return std::unexpected(std::move(keys.error()));
  if (auto allowed = api::check_listener(*address, *keys); !allowed) return allowed;

  api::ApiOptions options;
  options.access.loopback_only = address->loopback_only();
  api::Dispatching& dispatching = bridge ? static_cast<api::Dispatching&>(*bridge) : *route_only;
  api = std::make_unique<api::Api>(
      api::ApiParts{io, *commits, *reads, *reports, intake(), dispatching,
                    [this] { return api_server ? api_server->counters() : http::ServerCounters{}; },
                    [this] { return client->counters(); },
                    [this] { return receive_server ? receive_server->counters() : http::ServerCounters{}; },
                    [this] { return receiver ? callback_counters(*receiver) : std::vector<api::CallbackCounters>{}; },
                    [this] { return push_server ? push_server->counters() : http::ServerCounters{}; },
                    [this] { return notifications ? notify_counters(*notifications) : api::NotifyCounters{}; },
                    [this] { return retention ? retention->counters() : store::RetentionCounters{}; },
                    [this](std::string_view platform) { return is_configured(in_force, platform); },
                    [this](std::string_view platform) { return check_previous_secret(in_force, platform); },
                    [this] { wake_fan_out(); }, [this] { wake_replays(); },
                    [this] { return replay_runner ? replay_runner->counters() : api::ReplayCounters{}; },
                    [this] { return alert_watch ? alert_watch->counters() : api::AlertCounters{}; }},
      options);
  api->set_keys(*keys);
  auto server = http::Server::listen(
      io, *address, server_options(config.api),
      [this](http::ServerRequest& request, http::Responder responder) { api->handle(request, std::move(responder)); });
  if (!server) return std::unexpected(std::move(server.error()));
  api_server = std::move(*server);
  return {};
}

Result<void> Service::Parts::start_receiver(http::asio::io_context& io, const config::Config& config) {
  auto address = http::parse_listen_address(config.listen.receive);
  if (!address) return std::unexpected(std::move(address.error()));
  if (auto allowed = check_receiver(*address, config); !allowed) return allowed;
  auto sources = make_sources(config);
  if (!sources) return std::unexpected(std::move(sources.error()));
  auto routes = make_routes(config);
  if (!routes) return std::unexpected(std::move(routes.error()));
  auto made = receive::Receiver::make(io, *commits, intake(), std::move(*sources), std::move(*routes),
                                      receiver_options(config.receive));
  if (!made) return std::unexpected(std::move(made.error()));
  receiver = std::move(*made);
  auto server = http::Server::listen(io, *address, server_options(config.receive.server),
                                     [this](http::ServerRequest& request, http::Responder responder) {
                                       receiver->handle(request, std::move(responder));
                                     });
  if (!server) return std::unexpected(std::move(server.error()));
  receive_server = std::move(*server);
  return {};
}

Result<void> Service::Parts::start_push_server(http::asio::io_context& io, const config::Config& config) {
  auto address = http::parse_listen_address(config.listen.push);
  if (!address) return std::unexpected(std::move(address.error()));
  auto reader = factory->open_reader();
  if (!reader) return std::unexpected(std::move(reader.error()));
  auto keys = (*reader)->api_keys();
  if (!keys) return std::unexpected(std::move(keys.error()));
  if (auto allowed = api::check_push_listener(*address, !config.push.jwt_secret.empty(), *keys); !allowed) {
    return allowed;
  }
  api::PushServerOptions options;
  options.access.loopback_only = address->loopback_only();
  options.jwt_secret = config.push.jwt_secret;
  push = std::make_unique<api::PushServer>(
      api::PushServerParts{
          .io = io, .commits = *commits, .reads = *reads, .on_notifications = [this] { wake_fan_out(); }},
      std::move(options));
  push->set_keys(*keys);
  auto server = http::Server::listen(
      io, *address, server_options(config.push.server),
      [this](http::ServerRequest& request, http::Responder responder) { push->handle(request, std::move(responder)); });
  if (!server) return std::unexpected(std::move(server.error()));
  push_server = std::move(*server);
  return {};
}

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Service::~Service() {
  // The threads end first: what they complete from now on is posted to an io_context that runs no more. The writer is
  // the last to close an embedded file, and so leaves it checkpointed.
  parts_->store_watch.reset();
  parts_->receive_server.reset();
  parts_->push_server.reset();
  parts_->api_server.reset();
  parts_->news.reset();
  parts_->reads.reset();
  parts_->reports.reset();
  parts_->upkeep_thread.reset();
  parts_->commits.reset();
}

Result<std::unique_ptr<Service>> Service::start(http::asio::io_context& io, const config::Config& config) {
  auto parts = std::make_unique<Parts>(io, config);
  if (auto done = parts->open_store(io, config); !done) return std::unexpected(std::move(done.error()));
  std::unique_ptr<Service> service(new Service(std::move(parts)));
  Parts& started = *service->parts_;
  started.store_watch = std::make_unique<http::asio::steady_timer>(io);
  started.watch_store();
  if (auto done = started.start_dispatch(io, config); !done) return std::unexpected(std::move(done.error()));
  if (config.roles.push) {
    if (auto done = started.start_notifications(config); !done) return std::unexpected(std::move(done.error()));
  }
  if (auto done = started.hear_news(io); !done) return std::unexpected(std::move(done.error()));
  if (config.roles.console) {
    if (auto done = started.start_api(io, config); !done) return std::unexpected(std::move(done.error()));
  }
  if (config.roles.receive) {
    if (auto done = started.start_receiver(io, config); !done) return std::unexpected(std::move(done.error()));
  }
  if (config.roles.push) {
    if (auto done = started.start_push_server(io, config); !done) return std::unexpected(std::move(done.error()));
  }
  started.start_upkeep(config);
  if (auto done = started.start_watching(config); !done) return std::unexpected(std::move(done.error()));
  store::AuditEntry begun = service_entry("service.start");
  begun.detail = std::string(R"({"version":")") + std::string(version()) + "\"}";
  put_on_record(*started.commits, std::move(begun));
  return service;
}

std::vector<Listening> Service::listening() const {
  std::vector<Listening> addresses;
  if (parts_->api_server) addresses.push_back({"api", parts_->api_server->address().to_string()});
  if (parts_->receive_server) addresses.push_back({"receive", parts_->receive_server->address().to_string()});
  if (parts_->push_server) addresses.push_back({"push", parts_->push_server->address().to_string()});
  return addresses;
}

void Service::stop(Milliseconds grace, std::function<void()> done) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + grace;
  const auto left = [deadline] {
    const auto rest = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
    return std::max(rest, Milliseconds{0});
  };
  // Against the way of the data, last things first: each step begins the one before it.
  auto stop_dispatcher = [this, left, done = std::move(done)]() mutable {
    if (!parts_->dispatcher) return done();
    parts_->dispatcher->stop(left(), std::move(done));
  };
  auto stop_replays = [this, next = std::move(stop_dispatcher)]() mutable {
    if (!parts_->replay_loop) return next();
    parts_->replay_loop->stop([this, go_on = std::move(next)]() mutable {
      parts_->replay_runner->leave();
      go_on();
    });
  };
  auto stop_sweeps = [this, next = std::move(stop_replays)]() mutable {
    if (!parts_->sweeps) return next();
    parts_->sweeps->stop(std::move(next));
  };
  auto stop_retention = [this, next = std::move(stop_sweeps)]() mutable { parts_->retention->stop(std::move(next)); };
  auto stop_watching = [this, next = std::move(stop_retention)]() mutable { parts_->stop_watching(std::move(next)); };
  auto stop_notifications = [this, next = std::move(stop_watching)]() mutable {
    if (!parts_->notifications) return next();
    parts_->notifications->stop(std::move(next));
  };
  // The API answers while callbacks in hand are finished: /ready turns load balancers away at once.
  auto stop_api = [this, left, next = std::move(stop_notifications)]() mutable {
    if (!parts_->api_server) return next();
    parts_->api_server->stop(left(), std::move(next));
  };
  auto stop_push_server = [this, left, next = std::move(stop_api)]() mutable {
    if (!parts_->push_server) return next();
    parts_->push_server->stop(left(), std::move(next));
  };
  put_on_record(*parts_->commits, service_entry("service.stop"));
  parts_->news.reset();
  if (parts_->api) parts_->api->stopping();
  if (!parts_->receive_server) return stop_push_server();
  parts_->receive_server->stop(grace, std::move(stop_push_server));
}

}  // namespace yizhan::app
