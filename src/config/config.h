// The configuration as the rest of the program sees it: plain values, checked and complete. START HERE; load.h fills
// it, settings.cpp declares each value once (name, bounds, help), docs/configuration.md is generated from there.
//
// Only `app` sees the whole of it and turns it into each part's own Options. Immutable once loaded; secrets are in it
// in clear: never log a part of it, show.h masks.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "config/alert_channel.h"
#include "config/alerts.h"
#include "config/hmac_options.h"
#include "config/notify.h"
#include "config/push.h"
#include "config/retention.h"
#include "config/server_section.h"
#include "config/source.h"
#include "domain/policy.h"
#include "domain/signing_scheme.h"

namespace yizhan::config {

/// What this process does; several processes on one PostgreSQL may share the roles out.
struct Roles {
  bool receive = true;
  bool dispatch = true;
  bool push = true;
  bool console = true;  ///< the console and the API

  bool operator==(const Roles&) const = default;
};

/// Each address is `address:port`, `[v6]:port`, `:port` (every interface) or `localhost:port`.
struct ListenSection {
  std::string api = "127.0.0.1:7401";
  std::string receive = "127.0.0.1:7201";
  std::string push = "127.0.0.1:7301";
};

struct StoreSection {
  /// `sqlite:PATH` or `postgresql://…`. After load() never empty: `sqlite:<data_dir>/yizhan.db` where nothing was set.
  std::string url;
};

/// Which attempts are logged above the level `debug`.
enum class LoggedAttempts { kFailed, kAll };

struct SecretsSection {
  bool require_sealed = false;  ///< a secret that lies in clear in the configuration file is refused
};

struct LogSection {
  log::Level level = log::Level::kInfo;
  LoggedAttempts attempts = LoggedAttempts::kFailed;
  log::Destination to = log::Destination::kStandardError;
  /// After load() never empty: `<data_dir>/yizhan.log` where nothing was set.
  std::string file;
  std::size_t rotate_size = 64 << 20;  ///< bytes; 0: not by size
  bool rotate_daily = false;
  std::size_t rotate_keep = 7;
  std::string journal_socket{log::kJournalSocket};
};

/// What holds for every callback that comes in.
struct ReceiveSection {
  ServerSection server;
  std::vector<std::string> trusted_proxies;  ///< networks whose X-Forwarded-For is believed
  double rejections_per_second = 100;        ///< put on record; more are counted
  std::int64_t kept_rejected = 10'000;       ///< rows
  std::int64_t kept_duplicates = 100'000;    ///< rows
};

/// What holds for every callback that leaves.
struct OutboundSection {
  std::vector<std::string> allow;  ///< networks that callbacks may reach although private: `10.0.0.0/8`, `::1`
  Milliseconds connect_timeout{5000};
  std::size_t response_limit = 65536;    ///< bytes of a response body that are read
  std::vector<std::string> dns_servers;  ///< `address[:port]`; empty: as the system is configured
  Milliseconds dns_timeout{3000};
  std::size_t idle_connections = 64;  ///< kept open per endpoint
  Milliseconds idle_timeout{60000};
};

struct DispatchSection {
  std::size_t queue_memory = 32 << 20;    ///< bytes of payloads that wait in memory; more wait in the store
  std::size_t queue_per_endpoint = 1024;  ///< events of one endpoint that wait in memory
  std::size_t in_flight_limit = 4096;     ///< attempts at once, over all endpoints
};

/// Inbound webhooks of platforms, as the seed's variables AI_CS_WEBHOOK_* and AI_CS_PLATFORM_ADAPTERS_ENABLED name
/// them.
struct WebhookSection {
  bool platform_adapters_enabled = true;
  /// Of the scheme x-cs, inbound and outbound, where a platform does not name its own.
  std::string signature_header = "X-CS-Signature";
  Seconds max_skew{300};
};

struct Signing {
  SigningScheme scheme = SigningScheme::kStandardWebhooks;
  /// In the order given; the contents of the secret files (without a line end) come last.
  std::vector<std::string> secrets;
  std::vector<std::string> secret_files;  ///< already read into `secrets`
  /// The header that carries the signature. Empty for none and the Standard Webhooks schemes, whose headers are fixed.
  std::string signature_header;
  HmacOptions hmac;
};

enum class Envelope {
  kNone,      ///< the payload goes out byte for byte
  kStandard,  ///< inside `{"type":…,"timestamp":…,"data":…}`, as Standard Webhooks recommends
};

struct Platform {
  std::string name;  ///< lower-case letters, digits, `-`, `_`; at most 64
  bool enabled = true;
  std::string base_url;  ///< empty: every event must bring a full URL
  DeliveryPolicy policy;
  Signing signing;
  std::string ingress_secret;  ///< for webhooks that the platform sends us; has made the source `<name>-ingress`
  std::string event_id_header;
  std::string event_type_header = "X-Yizhan-Event-Type";  ///< empty: the type is not sent
  Envelope envelope = Envelope::kNone;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>>
      headers;          ///< extra ones, checked; none that the service writes itself
  std::string ca_file;  ///< PEM; empty: the system's authorities
  std::string client_certificate_file;
  std::string client_key_file;
  std::vector<std::string>
      outbound_allow;   ///< networks that this platform's callbacks may reach, beside outbound.allow
  bool ordered = true;  ///< whether an event's order_key is honoured
};

struct Config {
  std::string data_dir = "./yizhan-data";
  Roles roles;
  Seconds stop_grace{20};
  bool core_files = false;  ///< whether a crash may leave one: it holds secrets
  StoreSection store;
  ListenSection listen;
  SecretsSection secrets;
  LogSection log;
  OutboundSection outbound;
  DispatchSection dispatch;
  ServerSection api;  ///< the API's and the console's listener
  ReceiveSection receive;
  WebhookSection webhook;
  NotifySection notify;
  PushSection push;
  RetentionSection retention;
  AlertsSection alerts;
  std::vector<Platform> platforms;               ///< by name
  std::vector<Source> sources;                   ///< by name
  std::vector<Route> routes;                     ///< in their order
  std::vector<NotifyTemplate> notify_templates;  ///< in their order
  std::vector<AlertChannel> alert_channels;      ///< by name

  /// Null when there is none. names.h has the enumerations' names.
  const Platform* find_platform(std::string_view name) const;
  const Source* find_source(std::string_view name) const;
};

}  // namespace yizhan::config
