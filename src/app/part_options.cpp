#include "app/part_options.h"

#include <algorithm>

namespace yizhan::app {

http::ClientOptions client_options(const config::OutboundSection& outbound) {
  http::ClientOptions options;
  options.connect_timeout = outbound.connect_timeout;
  options.idle_timeout = outbound.idle_timeout;
  options.idle_per_origin = outbound.idle_connections;
  options.response_body_limit = outbound.response_limit;
  options.dns_servers = outbound.dns_servers;
  options.dns_timeout = outbound.dns_timeout;
  return options;
}

http::ServerOptions server_options(const config::ServerSection& server) {
  http::ServerOptions options;
  options.body_limit = server.body_limit;
  options.head_timeout = server.head_timeout;
  options.body_timeout = server.body_timeout;
  options.idle_timeout = server.idle_timeout;
  options.connection_limit = server.connection_limit;
  options.connections_per_address = server.connections_per_address;
  options.certificate_file = server.certificate_file;
  options.key_file = server.key_file;
  return options;
}

dispatch::DispatcherOptions dispatcher_options(const config::Config& config) {
  dispatch::DispatcherOptions options;
  options.queued_events_per_endpoint = config.dispatch.queue_per_endpoint;
  options.queued_bytes = config.dispatch.queue_memory;
  options.in_flight_limit = static_cast<int>(config.dispatch.in_flight_limit);
  if (config.log.attempts == config::LoggedAttempts::kAll) options.log_deliveries_at = log::Level::kInfo;
  for (const config::Platform& platform : config.platforms) {
    // No longer than the default in any case: by it the events of a node that died are found, too.
    options.poll_interval = std::min(options.poll_interval, platform.policy.poll_interval);
    options.longest_timeout = std::max(options.longest_timeout, platform.policy.timeout);
  }
  options.longest_timeout = std::max(options.longest_timeout, config.push.policy.timeout);
  for (const config::AlertChannel& channel : config.alert_channels) {
    options.longest_timeout = std::max(options.longest_timeout, channel.policy.timeout);
  }
  return options;
}

receive::ReceiverOptions receiver_options(const config::ReceiveSection& receive) {
  receive::ReceiverOptions options;
  options.trusted_proxies = receive.trusted_proxies;
  options.rejections_per_second = receive.rejections_per_second;
  return options;
}

store::InboundQuota inbound_quota(const config::ReceiveSection& receive) {
  return {.rejected = receive.kept_rejected, .duplicates = receive.kept_duplicates};
}

}  // namespace yizhan::app
