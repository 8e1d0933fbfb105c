#include "cli/doctor_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "cli/background.h"
#include "cli/json_members.h"
#include "cli/service_client.h"
#include "http/server.h"

namespace yizhan::cli {
namespace {

constexpr Milliseconds kPatience{5000};
/// As /proc names this program.
constexpr std::string_view kOurProcess = "process 'yizhan'";

struct Listener {
  bool wanted;
  const char* name;
  const char* setting;
  std::string address;
  bool tls;
};

/// Who answers /health as the services do.
bool answers_as_service(const std::string& base_url) {
  const auto answer = request_once(base_url, "/health", "GET", "", {}, kPatience);
  if (!answer || answer->status != 200) return false;
  const auto members = simple_members(answer->body);
  return members.contains("status") && members.contains("version");
}

std::optional<doctor::ListenerState> look_at(const Listener& listener) {
  const auto address = http::parse_listen_address(listener.address);
  const auto url = listener_url(listener.address, listener.tls);
  if (!listener.wanted || !address || address->port == 0 || !url) return std::nullopt;
  doctor::ListenerState state{
      .name = listener.name, .setting = listener.setting, .address = address->to_string(), .owner = {}};
  state.listening = is_listening(*url);
  if (!state.listening) return state;
  state.owner = http::owner_of_port(address->port);
  const bool is_our_process = state.owner.starts_with(kOurProcess);
  // Its certificate is made out to another name than a loopback address, so that asking it would say nothing.
  state.answers = listener.tls ? is_our_process : answers_as_service(*url);
  state.is_service = state.answers || is_our_process;
  return state;
}

void ask_api(const Context& context, const std::string& base_url, doctor::ServiceState& state) {
  const ServiceClient service(base_url, std::string(context.variable("YIZHAN_API_KEY")));
  const auto ready = service.request("GET", "/ready", {});
  state.ready = ready && ready->status == 200;
  if (!state.ready) state.not_ready_because = ready ? service_error(*ready, base_url).message : ready.error().message;
  const auto answer = service.request("GET", "/api/v1/endpoints", {});
  if (!answer || answer->status != 200) {
    state.endpoints_unknown_because = answer ? service_error(*answer, base_url).message : answer.error().message;
    return;
  }
  for (const std::string& text : array_elements(answer->body, "endpoints")) {
    auto endpoint = simple_members(text);
    doctor::EndpointSeen seen{.key = endpoint["key"],
                              .platform = endpoint["platform"],
                              .url = endpoint["url"],
                              .breaker = endpoint["breaker"],
                              .last_error = endpoint["last_error"]};
    const std::string& failures = endpoint["failures_in_row"];
    std::from_chars(failures.data(), failures.data() + failures.size(), seen.failures_in_row);
    state.endpoints.push_back(std::move(seen));
  }
}

std::optional<pid_t> server_of(const config::Config& config) {
  const auto url = store::parse_store_url(config.store.url);
  if (!url || url->engine != store::StoreUrl::Engine::kSqlite) return std::nullopt;
  const auto factory = store::open_store(*url, store::OpenMode::kExamine);
  return factory ? (*factory)->served_by() : std::nullopt;
}

}  // namespace

doctor::ServiceState look_at_service(const Context& context, const config::Config& config) {
  doctor::ServiceState state;
  state.examined = true;
  std::vector<Listener> listeners{
      {config.roles.console, "api", "listen.api", config.listen.api, !config.api.certificate_file.empty()},
      {config.roles.receive, "receive", "listen.receive", config.listen.receive,
       !config.receive.server.certificate_file.empty()},
      {config.roles.push, "push", "listen.push", config.listen.push, !config.push.server.certificate_file.empty()}};
  if (const auto running = find_background(config.data_dir); running && *running) {
    state.background_pid = (*running)->pid;
    for (const auto& [name, address] : listeners_of(**running)) {
      const auto known = std::ranges::find(listeners, name, &Listener::name);
      if (known != listeners.end()) known->address = address;
    }
  }
  const auto url = store::parse_store_url(config.store.url);
  state.store_is_embedded = url && url->engine == store::StoreUrl::Engine::kSqlite;
  state.store_owner = server_of(config);
  for (const Listener& listener : listeners) {
    if (auto seen = look_at(listener)) state.listeners.push_back(std::move(*seen));
  }
  state.endpoints_unknown_because = "no service answers at listen.api";
  const auto api = std::ranges::find(state.listeners, "api", &doctor::ListenerState::name);
  if (api != state.listeners.end() && api->answers) {
    state.endpoints_unknown_because.clear();
    if (const auto base_url = listener_url(api->address, listeners.front().tls)) ask_api(context, *base_url, state);
  }
  return state;
}

}  // namespace yizhan::cli
