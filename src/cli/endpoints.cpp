#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <ostream>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/event_endpoint.h"
#include "cli/json_output.h"
#include "cli/readable.h"
#include "cli/table.h"

namespace yizhan::cli {
namespace {

/// An endpoint is named by its key, as `endpoints list` shows it, or by platform and URL.
struct Named {
  std::string key_or_platform;
  std::string url;
  std::string reason = "disabled by hand";
};

Result<store::DisabledEndpoint> find_endpoint(const Context& context, const Named& named) {
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

std::string state_line(std::int64_t endpoint_key, bool disabled) {
  return JsonWriter()
             .begin_object()
             .text("key", std::to_string(endpoint_key))
             .boolean("disabled", disabled)
             .end_object()
             .take() +
         '\n';
}

Result<ExitStatus> list(const Context& context) {
  const auto opened = context.open_store();
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
  context.out() << table.render(context.terminal)
                << "\nTheir events wait. When one takes callbacks again: yizhan endpoints enable KEY\n";
  return ExitStatus::kOk;
}

Result<ExitStatus> enable(const Context& context, const Named& named) {
  const auto endpoint = find_endpoint(context, named);
  if (!endpoint) return std::unexpected(endpoint.error());
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto enabled = (*opened)->enable_endpoint(endpoint->endpoint_key);
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

Result<ExitStatus> disable(const Context& context, const Named& named) {
  auto endpoint = find_endpoint(context, named);
  if (!endpoint) return std::unexpected(endpoint.error());
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  endpoint->reason = named.reason;
  endpoint->disabled_at = utc_now();
  const auto done = (*opened)->disable_endpoint(*endpoint);
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

void add_endpoints(CLI::App& parent, Context& context) {
  CLI::App* endpoints = add_command(
      parent, "endpoints", "list, enable and disable endpoints",
      "An endpoint is a platform and a URL. One that answers 410 is disabled by the service: its events wait.",
      {{"yizhan endpoints list", "which are disabled, since when and why"},
       {"yizhan endpoints enable 4611686018427387904", "let its events go out again"}});
  endpoints->group(kActGroup);

  CLI::App* list_command =
      add_command(*endpoints, "list", "list the disabled endpoints", "With --json, one object a line.",
                  {{"yizhan endpoints list", "which are disabled, since when and why"}});
  on_run(*list_command, context, [&context] { return list(context); });

  auto enabled = std::make_shared<Named>();
  CLI::App* enable_command =
      add_command(*endpoints, "enable", "let an endpoint's events go out again", "",
                  {{"yizhan endpoints enable 4611686018427387904", "by its key, from 'yizhan endpoints list'"},
                   {"yizhan endpoints enable sub2api https://example.com/callback", "by platform and URL"}});
  enable_command->add_option("key", enabled->key_or_platform, "the endpoint's key, or its platform")
      ->type_name("KEY")
      ->required();
  enable_command->add_option("url", enabled->url, "with a platform: its URL, or a path below the base URL")
      ->type_name("URL");
  on_run(*enable_command, context, [&context, enabled] { return enable(context, *enabled); });

  auto disabled = std::make_shared<Named>();
  CLI::App* disable_command =
      add_command(*endpoints, "disable", "hold an endpoint's events back", "",
                  {{"yizhan endpoints disable sub2api https://example.com/callback --reason 'maintenance until 18:00'",
                    "its events wait; nothing is lost"}});
  disable_command->add_option("platform", disabled->key_or_platform, "the platform")->type_name("PLATFORM")->required();
  disable_command->add_option("url", disabled->url, "its URL, or a path below the base URL")
      ->type_name("URL")
      ->required();
  disable_command->add_option("--reason", disabled->reason, "why; shown in the list and with the events")
      ->type_name("TEXT");
  on_run(*disable_command, context, [&context, disabled] { return disable(context, *disabled); });
}

}  // namespace yizhan::cli
