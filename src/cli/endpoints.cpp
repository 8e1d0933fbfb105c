#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <ostream>

#include "cli/audit_entry.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/event_endpoint.h"
#include "cli/json_members.h"
#include "cli/json_output.h"
#include "cli/readable.h"
#include "cli/service_client.h"
#include "cli/table.h"

namespace yizhan::cli {
namespace {

/// An endpoint is named by its key, as `endpoints list` shows it, or by platform and URL.
struct NamedEndpoint {
  std::string key_or_platform;
  std::string url;
  std::string reason = "disabled by hand";
};

Result<store::DisabledEndpoint> find_endpoint(const Context& context, const NamedEndpoint& named) {
  store::DisabledEndpoint endpoint;
  if (named.url.empty()) {
    const char* begin = named.key_or_platform.data();
    const char* end = begin + named.key_or_platform.size();
    const auto [stop, error] = std::from_chars(begin, end, endpoint.endpoint_key);
    if (error != std::errc() || stop != end || endpoint.endpoint_key <= 0) {
      return fail(
          "usage_invalid",
          fmt::format("'{}' is no endpoint's key: take it from 'yizhan endpoints list', or name the platform and "
                      "the URL",
                      named.key_or_platform));
    }
    return endpoint;
  }
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const auto found = event_endpoint(loaded->config, named.key_or_platform, named.url);
  if (!found) return std::unexpected(found.error());
  endpoint.platform = named.key_or_platform;
  endpoint.url = found->url;
  endpoint.endpoint_key = found->key;
  return endpoint;
}

constexpr std::string_view kEnableHint =
    "\nEvents of a disabled endpoint wait. When it takes callbacks again: yizhan endpoints enable KEY\n";

std::string state_line(std::int64_t endpoint_key, bool disabled) {
  return JsonWriter()
             .begin_object()
             .text("key", std::to_string(endpoint_key))
             .boolean("disabled", disabled)
             .end_object()
             .take() +
         '\n';
}

/// Without a service only what the store holds is known: which endpoints are disabled.
Result<ExitStatus> list_disabled(const Context& context, const config::Config& config) {
  const auto opened = Context::open_store(config);
  if (!opened) return std::unexpected(opened.error());
  const auto endpoints = (*opened)->disabled_endpoints();
  if (!endpoints) return std::unexpected(endpoints.error());
  if (context.options.json) {
    for (const store::DisabledEndpoint& endpoint : *endpoints) {
      context.out() << json_line(write_disabled_endpoint, endpoint);
    }
    return ExitStatus::kOk;
  }
  if (endpoints->empty()) {
    context.out() << "No endpoint is disabled.\n";
    return ExitStatus::kOk;
  }
  const UtcTime now = utc_now();
  Table table({{"KEY", Align::kRight},
               {"PLATFORM", Align::kLeft, true},
               {"URL", Align::kLeft, true},
               {"DISABLED", Align::kRight},
               {"REASON", Align::kLeft, true}});
  for (const store::DisabledEndpoint& endpoint : *endpoints) {
    table.add_row({{std::to_string(endpoint.endpoint_key)},
                   {endpoint.platform},
                   {endpoint.url},
                   {relative_time(endpoint.disabled_at, now)},
                   {endpoint.reason, Style::kWarning}});
  }
  context.out() << table.render(context.terminal) << kEnableHint;
  return ExitStatus::kOk;
}

using Members = std::map<std::string, std::string, std::less<>>;

/// How an endpoint stands, in a word or two.
Cell state_of(const Members& endpoint, UtcTime now) {
  const auto value = [&](std::string_view name) {
    const auto found = endpoint.find(name);
    return found == endpoint.end() ? std::string() : found->second;
  };
  if (value("disabled") == "true") return {"disabled", Style::kBad};
  const auto paused_until = parse_time(value("paused_until"));
  const std::string until = paused_until && *paused_until > now ? ", tried " + relative_time(*paused_until, now) : "";
  if (value("breaker") == "open") return {"breaker open" + until, Style::kBad};
  if (value("breaker") == "half_open") return {"breaker half open" + until, Style::kWarning};
  if (!until.empty()) return {"slowed" + until, Style::kWarning};
  return {"open", Style::kGood};
}

Result<ExitStatus> list_of_service(const Context& context, const ServiceClient& service) {
  const auto answer = service.request("GET", "/api/v1/endpoints", "");
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) return std::unexpected(service_error(*answer, service.base_url()));
  const std::vector<std::string> endpoints = array_elements(answer->body, "endpoints");
  if (context.options.json) {
    for (const std::string& endpoint : endpoints) context.out() << endpoint << '\n';
    return ExitStatus::kOk;
  }
  if (endpoints.empty()) {
    context.out() << "No endpoint is in use or disabled.\n";
    return ExitStatus::kOk;
  }
  const UtcTime now = utc_now();
  bool any_disabled = false;
  Table table({{"KEY", Align::kRight},
               {"PLATFORM", Align::kLeft, true},
               {"URL", Align::kLeft, true},
               {"STATE"},
               {"IN FLIGHT", Align::kRight},
               {"QUEUED", Align::kRight},
               {"FAILURES", Align::kRight},
               {"LAST ERROR", Align::kLeft, true}});
  for (const std::string& text : endpoints) {
    Members endpoint = simple_members(text);
    any_disabled = any_disabled || endpoint["disabled"] == "true";
    table.add_row({{endpoint["key"]},
                   {endpoint["platform"]},
                   {endpoint["url"]},
                   state_of(endpoint, now),
                   {endpoint["in_flight"]},
                   {endpoint["queued"]},
                   {endpoint["failures_in_row"]},
                   {endpoint["disabled"] == "true" ? endpoint["disabled_reason"] : endpoint["last_error"]}});
  }
  context.out() << table.render(context.terminal);
  if (any_disabled) context.out() << kEnableHint;
  return ExitStatus::kOk;
}

Result<ExitStatus> list(const Context& context, const ServiceOptions& options) {
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const auto service = find_service(context, loaded->config, options);
  if (!service) return std::unexpected(service.error());
  return *service ? list_of_service(context, **service) : list_disabled(context, loaded->config);
}

Result<ExitStatus> enable(const Context& context, const NamedEndpoint& named) {
  const auto endpoint = find_endpoint(context, named);
  if (!endpoint) return std::unexpected(endpoint.error());
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto enabled = change_audited<bool>(
      *opened->store, audit_entry(context, "endpoint.enable", std::to_string(endpoint->endpoint_key)),
      [&] { return (*opened)->enable_endpoint(endpoint->endpoint_key); },
      [](bool was_disabled) { return was_disabled; });
  if (!enabled) return std::unexpected(enabled.error());
  if (!*enabled) {
    return fail("endpoint_not_found", "that endpoint is not disabled: 'yizhan endpoints list' shows those that are");
  }
  if (context.options.json) {
    context.out() << state_line(endpoint->endpoint_key, false);
  } else {
    context.out() << "Enabled: its events go out again at the next poll.\n";
  }
  return ExitStatus::kOk;
}

Result<ExitStatus> disable(const Context& context, const NamedEndpoint& named) {
  auto endpoint = find_endpoint(context, named);
  if (!endpoint) return std::unexpected(endpoint.error());
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  endpoint->reason = named.reason;
  endpoint->disabled_at = utc_now();
  const auto done =
      store::audited(*opened->store,
                     audit_entry(context, "endpoint.disable", std::to_string(endpoint->endpoint_key), endpoint->reason),
                     [&](store::AuditEntry&) { return (*opened)->disable_endpoint(*endpoint); });
  if (!done) return std::unexpected(done.error());
  if (context.options.json) {
    context.out() << state_line(endpoint->endpoint_key, true);
  } else {
    context.out() << fmt::format("Disabled {}: its events wait until 'yizhan endpoints enable {}'.\n", endpoint->url,
                                 endpoint->endpoint_key);
  }
  return ExitStatus::kOk;
}

}  // namespace

void add_endpoints(Command parent, Context& context) {
  const Command endpoints = add_command(
      parent, "endpoints", "list, enable and disable endpoints",
      "An endpoint is a platform and a URL. One that answers 410 is disabled by the service: its events wait.",
      {{"yizhan endpoints list", "which are in use, and how they behave"},
       {"yizhan endpoints enable 4611686018427387904", "let its events go out again"}});
  endpoints.group(kActGroup);

  auto service = std::make_shared<ServiceOptions>();
  const Command list_command =
      add_command(endpoints, "list", "list the endpoints: breaker, what is in flight, which are disabled",
                  "Asks the running service; where none listens the store tells which are disabled. With --json, one "
                  "object a line.",
                  {{"yizhan endpoints list", "which are in use, and how they behave"},
                   {"yizhan endpoints list --direct", "which are disabled, since when and why, from the store"}});
  add_service_options(list_command, *service, "events:read");
  on_run(list_command, context, [&context, service] { return list(context, *service); });

  auto enabled = std::make_shared<NamedEndpoint>();
  const Command enable_command =
      add_command(endpoints, "enable", "let an endpoint's events go out again", "",
                  {{"yizhan endpoints enable 4611686018427387904", "by its key, from 'yizhan endpoints list'"},
                   {"yizhan endpoints enable sub2api https://example.com/callback", "by platform and URL"}});
  enable_command.add_option("key", enabled->key_or_platform, "the endpoint's key, or its platform")
      .type_name("KEY")
      .required();
  enable_command.add_option("url", enabled->url, "with a platform: its URL, or a path below the base URL")
      .type_name("URL");
  on_run(enable_command, context, [&context, enabled] { return enable(context, *enabled); });

  auto disabled = std::make_shared<NamedEndpoint>();
  const Command disable_command =
      add_command(endpoints, "disable", "hold an endpoint's events back", "",
                  {{"yizhan endpoints disable sub2api https://example.com/callback --reason 'maintenance until 18:00'",
                    "its events wait; nothing is lost"}});
  disable_command.add_option("platform", disabled->key_or_platform, "the platform").type_name("PLATFORM").required();
  disable_command.add_option("url", disabled->url, "its URL, or a path below the base URL").type_name("URL").required();
  disable_command.add_option("--reason", disabled->reason, "why; shown in the list and with the events")
      .type_name("TEXT");
  on_run(disable_command, context, [&context, disabled] { return disable(context, *disabled); });
}

}  // namespace yizhan::cli
