// Another configuration for a running service. Every part builds what it needs first; when all have, each puts it in
// force, in one turn of the I/O thread: no request and no attempt sees half of it. Whoever adds a part that has
// settings adds a prepare_…() here.
#include <fmt/format.h>

#include "app/alert_channels.h"
#include "app/logging.h"
#include "app/networks.h"
#include "app/part_options.h"
#include "app/platforms.h"
#include "app/service_entry.h"
#include "app/service_parts.h"
#include "app/sources.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "store/audit.h"

namespace yizhan::app {

const config::Config& Service::in_force() const {
  return parts_->in_force;
}

Result<void> Service::reload(const config::Config& config) {
  // In the order in which they are put in force: the dispatcher looks at its events when everything leads the new way.
  using Prepare = Result<Parts::PutInForce> (Parts::*)(const config::Config&);
  constexpr Prepare kAll[] = {&Parts::prepare_client,         &Parts::prepare_receiver, &Parts::prepare_push,
                              &Parts::prepare_alert_channels, &Parts::prepare_servers,  &Parts::prepare_watching,
                              &Parts::prepare_rest,           &Parts::prepare_callbacks};
  std::vector<Parts::PutInForce> prepared;
  for (const Prepare prepare : kAll) {
    auto one = ((*parts_).*prepare)(config);
    if (!one) return std::unexpected(std::move(one.error()));
    prepared.push_back(std::move(*one));
  }
  for (Parts::PutInForce& put_in_force : prepared) put_in_force();
  parts_->in_force = config;
  return {};
}

void Service::note_reload(std::string_view outcome, const std::vector<std::string>& lines) {
  store::AuditEntry entry = service_entry("config.reload");
  entry.outcome = outcome;
  entry.detail = JsonWriter().begin_object().texts("lines", lines).end_object().take();
  put_on_record(*parts_->commits, std::move(entry));
}

Result<Service::Parts::PutInForce> Service::Parts::prepare_client(const config::Config& config) {
  auto allowed = parse_networks(config.outbound.allow);
  if (!allowed) return std::unexpected(std::move(allowed.error()));
  return [this, guard = http::AddressGuard(std::move(*allowed)), options = client_options(config.outbound)]() mutable {
    client->replace(std::move(guard), std::move(options));
  };
}

/// Events go to the platforms as they are now. One that is gone leaves its events waiting.
Result<Service::Parts::PutInForce> Service::Parts::prepare_callbacks(const config::Config& config) {
  auto platforms = make_platforms(config);
  if (!platforms) return std::unexpected(std::move(platforms.error()));
  return [this, platforms = std::move(*platforms), options = dispatcher_options(config)]() mutable {
    callback_lane->replace(std::move(platforms));
    if (dispatcher) dispatcher->routes_changed(options);
  };
}

Result<Service::Parts::PutInForce> Service::Parts::prepare_receiver(const config::Config& config) {
  if (!receiver) return [] {};
  if (auto allowed = check_receiver(receive_server->address(), config); !allowed) {
    return std::unexpected(std::move(allowed.error()));
  }
  auto sources = make_sources(config);
  if (!sources) return std::unexpected(std::move(sources.error()));
  auto routes = make_routes(config);
  if (!routes) return std::unexpected(std::move(routes.error()));
  auto platforms = make_platforms(config);
  if (!platforms) return std::unexpected(std::move(platforms.error()));
  dispatch::CallbackLane lane(io_context, *client, std::move(*platforms));
  RouteOnlyIntake trial(lane, [] {});
  auto made = receiver->successor(trial, std::move(*sources), std::move(*routes), receiver_options(config.receive));
  if (!made) return std::unexpected(std::move(made.error()));
  return [this, made = std::move(*made)]() mutable { receiver = std::move(made); };
}

/// The channel to the devices, the notify step and the fan-out. Left alone where nothing of theirs has changed: Getui's
/// token goes on to be used.
Result<Service::Parts::PutInForce> Service::Parts::prepare_push(const config::Config& config) {
  const bool same = config.push == in_force.push && config.notify == in_force.notify &&
                    config.notify_templates == in_force.notify_templates;
  if (same) return [] {};
  auto channel = make_channel(io_context, *client, config);
  if (!channel) return std::unexpected(std::move(channel.error()));
  std::unique_ptr<Notifications> made;
  if (notifications) {
    auto result = make_notifications(PushLane::endpoint_key_of(channel->get()), config);
    if (!result) return std::unexpected(std::move(result.error()));
    made = std::move(*result);
  }
  return [this, channel = std::move(*channel), policy = config.push.policy, jwt_secret = config.push.jwt_secret,
          made = std::move(made)]() mutable {
    push_lane->replace(std::move(channel), policy);
    if (push) push->replace_jwt_secret(jwt_secret);
    if (!made) return;
    retire(std::exchange(notifications, std::move(made)));
    notifications->start();
  };
}

Result<Service::Parts::PutInForce> Service::Parts::prepare_alert_channels(const config::Config& config) {
  auto channels = make_alert_channels(io_context, *client, config);
  if (!channels) return std::unexpected(std::move(channels.error()));
  return [this, channels = std::move(*channels)]() mutable { alert_lane->replace(std::move(channels)); };
}

void Service::Parts::retire(std::unique_ptr<Notifications> old) {
  Notifications* const retired = retired_notifications.emplace_back(std::move(old)).get();
  retired->stop([this, retired] {
    // It is still on its own stack.
    http::asio::post(io_context, [this, retired] {
      std::erase_if(retired_notifications, [retired](const auto& each) { return each.get() == retired; });
    });
  });
}

Result<Service::Parts::PutInForce> Service::Parts::prepare_servers(const config::Config& config) {
  std::vector<PutInForce> prepared;
  const auto prepare = [&](const std::unique_ptr<http::Server>& server,
                           const config::ServerSection& section) -> Result<void> {
    if (!server) return {};
    auto one = server->prepare(server_options(section));
    if (!one) return std::unexpected(std::move(one.error()));
    prepared.push_back(std::move(*one));
    return {};
  };
  if (auto done = prepare(api_server, config.api); !done) return std::unexpected(std::move(done.error()));
  if (auto done = prepare(receive_server, config.receive.server); !done) {
    return std::unexpected(std::move(done.error()));
  }
  if (auto done = prepare(push_server, config.push.server); !done) return std::unexpected(std::move(done.error()));
  return [prepared = std::move(prepared)]() mutable {
    for (PutInForce& put_in_force : prepared) put_in_force();
  };
}

Result<Service::Parts::PutInForce> Service::Parts::prepare_rest(const config::Config& config) {
  auto log = prepare_log(config.log);
  if (!log) return std::unexpected(std::move(log.error()));
  return [this, log = std::move(*log), quota = inbound_quota(config.receive), section = config.retention]() mutable {
    log();
    retention->replace(section);
    commits->run([quota](store::Store& store) { store.set_inbound_quota(quota); });
  };
}

}  // namespace yizhan::app
