// The declarations of everything that is not in a table of which there may be several.
#include <fmt/format.h>

#include <algorithm>

#include "config/setting.h"
#include "config/setting_groups.h"

namespace yizhan::config {
namespace {

constexpr std::int64_t kMebibyte = 1 << 20;

/// WEBHOOK_PORT says the port alone.
std::string loopback_port(std::string_view port) {
  return fmt::format("127.0.0.1:{}", port);
}

/// The settings of a listener, as keys: they need storage that lasts.
struct ServerKeys {
  std::string_view certificate_file, key_file, body_limit, connection_limit, connections_per_address, head_timeout,
      body_timeout, idle_timeout;
};
constexpr ServerKeys kApiKeys{
    "api.certificate_file",        "api.key_file",        "api.body_limit",      "api.connection_limit",
    "api.connections_per_address", "api.head_timeout_ms", "api.body_timeout_ms", "api.idle_timeout_ms"};
constexpr ServerKeys kReceiveKeys{
    "receive.certificate_file",        "receive.key_file",        "receive.body_limit",      "receive.connection_limit",
    "receive.connections_per_address", "receive.head_timeout_ms", "receive.body_timeout_ms", "receive.idle_timeout_ms"};
constexpr ServerKeys kPushKeys{
    "push.certificate_file",        "push.key_file",        "push.body_limit",      "push.connection_limit",
    "push.connections_per_address", "push.head_timeout_ms", "push.body_timeout_ms", "push.idle_timeout_ms"};

template <class... Way>
std::vector<Setting<Config>> declare_server(const ServerKeys& keys, Way... way) {
  return {
      {.key = keys.certificate_file,
       .kind = text(kFilePath),
       .field = at(way..., &ServerSection::certificate_file),
       .help = "The listener's certificate chain (PEM). With it and `key_file` the listener speaks HTTPS."},
      {.key = keys.key_file,
       .kind = text(kFilePath),
       .field = at(way..., &ServerSection::key_file),
       .help = "The private key of `certificate_file` (PEM)."},
      {.key = keys.body_limit,
       .kind = bytes(1024, 64 * kMebibyte),
       .field = at(way..., &ServerSection::body_limit),
       .help = "The largest request body. A larger one is answered 413."},
      {.key = keys.connection_limit,
       .kind = whole_number(1, 1'000'000),
       .field = at(way..., &ServerSection::connection_limit),
       .help = "Connections at once. One more is answered 503."},
      {.key = keys.connections_per_address,
       .kind = whole_number(1, 1'000'000),
       .field = at(way..., &ServerSection::connections_per_address),
       .help = "Connections at once from one address."},
      {.key = keys.head_timeout,
       .kind = milliseconds(100, 600'000),
       .field = at(way..., &ServerSection::head_timeout),
       .help = "The longest that a request's head may take to arrive."},
      {.key = keys.body_timeout,
       .kind = milliseconds(100, 600'000),
       .field = at(way..., &ServerSection::body_timeout),
       .help = "The longest that a request's body may take to arrive."},
      {.key = keys.idle_timeout,
       .kind = milliseconds(100, 3'600'000),
       .field = at(way..., &ServerSection::idle_timeout),
       .help = "How long a connection is kept open between requests."},
  };
}

std::vector<Setting<Config>> declare_receiving() {
  return {
      {.key = "receive.trusted_proxies",
       .kind = list_of(kNetwork),
       .field = at(&Config::receive, &ReceiveSection::trusted_proxies),
       .help = "Networks whose `X-Forwarded-For` is believed: the proxies that stand before the receiver. From anybody "
               "else that header is ignored."},
      {.key = "receive.rejections_per_second",
       .kind = RealKind{0, 100'000},
       .field = at(&Config::receive, &ReceiveSection::rejections_per_second),
       .help =
           "How many rejected callbacks a second are put on record. Those above it are answered and counted only, so "
           "that a flood cannot fill the disk."},
      {.key = "receive.kept_rejected",
       .kind = whole_number(0, 100'000'000),
       .field = at(&Config::receive, &ReceiveSection::kept_rejected),
       .help = "How many rejected callbacks stay on record, with at most 16 KiB of body each; the oldest go first."},
      {.key = "receive.kept_duplicates",
       .kind = whole_number(0, 1'000'000'000),
       .field = at(&Config::receive, &ReceiveSection::kept_duplicates),
       .help = "How many repetitions of accepted callbacks stay on record; the oldest go first."},
  };
}

std::vector<Setting<Config>> declare_general() {
  return {
      {.key = "data_dir",
       .kind = text_not_empty(kFilePath),
       .field = at(&Config::data_dir),
       .help = "The folder of the embedded store. Made when it does not exist.",
       .flag = "--data-dir",
       .needs_restart = true},
      {.key = "roles",
       .kind = list_of(kRole, 1),
       .field = at(&Config::roles),
       .help =
           "What this process does. `console` is the console and the API. Several processes that share one PostgreSQL "
           "may share the roles out. `push` is the push server, the step that makes notifications of what happened to "
           "parcels, and the one that sends them to devices.",
       .flag = "--roles",
       .needs_restart = true},
      {.key = "stop_grace_seconds",
       .kind = seconds(0, 3600),
       .field = at(&Config::stop_grace),
       .help =
           "How long a stop waits for what is in hand before the rest is cut off. What was cut off is delivered after "
           "the next start."},
      {.key = "core_files",
       .kind = BooleanKind{},
       .field = at(&Config::core_files),
       .help = "Whether a crash may leave a core file, as far as the system's own limit allows one. It holds what the "
               "memory held, secrets too: switch it on only to find the cause of a crash.",
       .needs_restart = true},

      {.key = "store.url",
       .kind = text(kStoreUrl),
       .field = at(&Config::store, &StoreSection::url),
       .help = "Where everything is kept: an embedded SQLite file, or PostgreSQL, which several nodes may share.",
       .variable = "YIZHAN_STORE",
       .flag = "--store",
       .secrecy = Secrecy::kPasswordInUrl,
       .default_note = "`sqlite:` and `yizhan.db` in `data_dir`",
       .needs_restart = true},

      {.key = "listen.api",
       .kind = text_not_empty(kListenAddress),
       .field = at(&Config::listen, &ListenSection::api),
       .help = "Where the API and the console are served. Beyond loopback every request needs an API key "
               "(`yizhan keys create`).",
       .variable = "YIZHAN_API_LISTEN",
       .flag = "--api-listen",
       .needs_restart = true},
      {.key = "listen.receive",
       .kind = text_not_empty(kListenAddress),
       .field = at(&Config::listen, &ListenSection::receive),
       .help =
           "Where callbacks come in. Every source checks who sends, so it may be an address that strangers reach; a "
           "source without any secret is then refused.",
       .variable = "YIZHAN_RECEIVE_LISTEN",
       .seed_variable = "WEBHOOK_PORT",
       .flag = "--receive-listen",
       .from_seed = loopback_port,
       .needs_restart = true},
      {.key = "listen.push",
       .kind = text_not_empty(kListenAddress),
       .field = at(&Config::listen, &ListenSection::push),
       .help = "Where devices register for notifications, and other services send them."
               " Every request but `/health` needs a token or an API key where it is not loopback.",
       .variable = "YIZHAN_PUSH_LISTEN",
       .flag = "--push-listen",
       .needs_restart = true},

      {.key = "secrets.require_sealed",
       .kind = BooleanKind{},
       .field = at(&Config::secrets, &SecretsSection::require_sealed),
       .help = "Whether a secret that lies in clear in the configuration file is refused. Seal secrets with `yizhan "
               "secrets seal`; files of their own (`secret_file`) and variables may hold them in clear."},

      {.key = "log.level",
       .kind = choice_of<log::Level>(),
       .field = at(&Config::log, &LogSection::level),
       .help = "What is logged: this level and above. Every event and its fields: [logs.md](logs.md).",
       .flag = "--log-level"},
      {.key = "log.attempts",
       .kind = choice_of<LoggedAttempts>(),
       .field = at(&Config::log, &LogSection::attempts),
       .help = "Which attempts are logged: `failed`, or `all`, with those that delivered (otherwise at level `debug`). "
               "Every attempt is on record in the store either way."},
      {.key = "log.to",
       .kind = choice_of<log::Destination>(),
       .field = at(&Config::log, &LogSection::to),
       .help = "Where lines go: `stderr`, `stdout`, `file`, or `journald` (systemd's journal, with each field as a "
               "field of its own). `yizhan up` writes a file in any case but `journald`."},
      {.key = "log.file",
       .kind = text(kFilePath),
       .field = at(&Config::log, &LogSection::file),
       .help = "The log file, where lines go to a `file`. When another program moves it away, it is made anew within a "
               "second.",
       .default_note = "`yizhan.log` in `data_dir`"},
      {.key = "log.rotate_size",
       .kind = bytes(0, 16'384 * kMebibyte),
       .field = at(&Config::log, &LogSection::rotate_size),
       .help = "A log file that would become larger is renamed to `yizhan.log.1`, the one before to `.2`, and so on. "
               "0: never; for logrotate."},
      {.key = "log.rotate_daily",
       .kind = BooleanKind{},
       .field = at(&Config::log, &LogSection::rotate_daily),
       .help = "Whether each day (UTC) begins a new file."},
      {.key = "log.rotate_keep",
       .kind = whole_number(1, 10'000),
       .field = at(&Config::log, &LogSection::rotate_keep),
       .help = "How many renamed files are kept."},
      {.key = "log.journal_socket",
       .kind = text_not_empty(kFilePath),
       .field = at(&Config::log, &LogSection::journal_socket),
       .help = "Where the journal takes lines."},

      {.key = "outbound.allow",
       .kind = list_of(kNetwork),
       .field = at(&Config::outbound, &OutboundSection::allow),
       .help = "Networks that callbacks may reach although they are not public. Without it only public addresses are "
               "connected to; cloud metadata services never are.",
       .flag = "--outbound-allow"},
      {.key = "outbound.connect_timeout_ms",
       .kind = milliseconds(50, 60'000),
       .field = at(&Config::outbound, &OutboundSection::connect_timeout),
       .help = "The longest that opening a connection may take, within the attempt's own time-out."},
      {.key = "outbound.response_limit",
       .kind = bytes(0, 16 * kMebibyte),
       .field = at(&Config::outbound, &OutboundSection::response_limit),
       .help = "How much of a response body is read. At the limit the connection is closed; the status stands."},
      {.key = "outbound.dns_servers",
       .kind = list_of(kDnsServer),
       .field = at(&Config::outbound, &OutboundSection::dns_servers),
       .help = "Name servers to ask.",
       .default_note = "as the system is configured",
       .needs_restart = true},
      {.key = "outbound.dns_timeout_ms",
       .kind = milliseconds(50, 60'000),
       .field = at(&Config::outbound, &OutboundSection::dns_timeout),
       .help = "The longest that a name look-up may take, within the attempt's own time-out.",
       .needs_restart = true},
      {.key = "outbound.idle_connections",
       .kind = whole_number(0, 10'000),
       .field = at(&Config::outbound, &OutboundSection::idle_connections),
       .help = "Connections that are kept open per endpoint."},
      {.key = "outbound.idle_timeout_ms",
       .kind = milliseconds(100, 3'600'000),
       .field = at(&Config::outbound, &OutboundSection::idle_timeout),
       .help = "How long an unused connection is kept open."},

      {.key = "dispatch.queue_memory",
       .kind = bytes(kMebibyte, 16'384 * kMebibyte),
       .field = at(&Config::dispatch, &DispatchSection::queue_memory),
       .help = "Payloads that may wait in memory. What is more waits in the store."},
      {.key = "dispatch.queue_per_endpoint",
       .kind = whole_number(1, 1'000'000),
       .field = at(&Config::dispatch, &DispatchSection::queue_per_endpoint),
       .help = "Events of one endpoint that may wait in memory."},
      {.key = "dispatch.in_flight_limit",
       .kind = whole_number(1, 100'000),
       .field = at(&Config::dispatch, &DispatchSection::in_flight_limit),
       .help = "Attempts at once, over all endpoints."},
  };
}

std::vector<Setting<Config>> declare_webhook() {
  return {
      {.key = "webhook.platform_adapters_enabled",
       .kind = BooleanKind{},
       .field = at(&Config::webhook, &WebhookSection::platform_adapters_enabled),
       .help =
           "The master switch of the platforms: `false` disables every one of them, whatever its own `enabled` says.",
       .seed_variable = "AI_CS_PLATFORM_ADAPTERS_ENABLED"},
      {.key = "webhook.signature_header",
       .kind = text_not_empty(kHeaderName),
       .field = at(&Config::webhook, &WebhookSection::signature_header),
       .help =
           "The header that carries the signature of the scheme `x-cs`, outbound and inbound, where a platform or a "
           "source does not name its own.",
       .seed_variable = "AI_CS_WEBHOOK_SIGNATURE_HEADER"},
      {.key = "webhook.max_skew_seconds",
       .kind = seconds(1, 86'400),
       .field = at(&Config::webhook, &WebhookSection::max_skew),
       .help =
           "How far the timestamp of a signed inbound callback may be from now, in either direction, where a source "
           "does not say its own.",
       .seed_variable = "AI_CS_WEBHOOK_MAX_SKEW_SECONDS"},
  };
}

std::vector<Setting<Config>> declare_service() {
  std::vector<Setting<Config>> all;
  for (auto&& group : {declare_general(), declare_server(kApiKeys, &Config::api), declare_receiving(),
                       declare_server(kReceiveKeys, &Config::receive, &ReceiveSection::server), declare_webhook(),
                       declare_notify(), declare_push(), declare_server(kPushKeys, &Config::push, &PushSection::server),
                       declare_retention(), declare_alerts()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

struct RoleName {
  std::string_view name;
  bool Roles::* flag;
};
constexpr std::array kRoleNames{RoleName{"receive", &Roles::receive}, RoleName{"dispatch", &Roles::dispatch},
                                RoleName{"push", &Roles::push}, RoleName{"console", &Roles::console}};

}  // namespace

const std::vector<Setting<Config>>& settings() {
  static const std::vector<Setting<Config>> kSettings = declare_service();
  return kSettings;
}

std::vector<std::string> role_names(const Roles& roles) {
  std::vector<std::string> names;
  for (const auto& [name, flag] : kRoleNames) {
    if (roles.*flag) names.emplace_back(name);
  }
  return names;
}

Roles roles_of(const std::vector<std::string>& names) {
  Roles roles;
  for (const auto& [name, flag] : kRoleNames) roles.*flag = std::ranges::find(names, name) != names.end();
  return roles;
}

std::string variable_part(std::string_view key) {
  std::string part(key);
  for (char& c : part) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '.' || c == '-') c = '_';
  }
  return part;
}

std::string variable_name(const Setting<Config>& setting) {
  if (!setting.variable.empty()) return std::string(setting.variable);
  return "YIZHAN_" + variable_part(setting.key);
}

}  // namespace yizhan::config
