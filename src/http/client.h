// The HTTP/1.1 client that callbacks leave by: keep-alive connections pooled per origin, TLS 1.2 or newer with host
// check, one deadline for the whole attempt, bounded reading, no redirects, no proxies, and every address vetted before
// it is connected to (http/address_guard.h). Hostile servers are expected.
//
// Runs on one io_context thread; nothing here is thread-safe. Name look-ups are asynchronous (c-ares) on the same
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "domain/attempt.h"
#include "http/address_guard.h"
#include "http/asio.h"

namespace yizhan::http {

/// An absolute http or https URL, taken apart once.
struct Url {
  bool tls = false;
  std::string host;  ///< lower case, without brackets; a name or an address literal
  std::uint16_t port = 80;
  std::string target;       ///< path and query as sent on the request line; at least "/"
  std::string host_header;  ///< host[:port] with brackets for IPv6, without the default port

  /// `scheme://host:port`
  std::string origin() const;
  /// Without query; what an operator recognises an endpoint by.
  std::string without_query() const;
};
/// Refuses other schemes, user information, fragments, empty hosts, control characters and spaces, lengths over 2,048.
/// Code `url_invalid`.
Result<Url> parse_url(std::string_view text);
/// `target` when it is a full URL; otherwise joined to `base`: a path that begins with `/` replaces nothing of base's
/// path but is appended to it ("https://a/base" + "/cb" = "https://a/base/cb"); empty means `base` itself.
Result<Url> join_url(std::string_view base, std::string_view target);

/// Certificates of one platform; empty fields mean the system's authorities and no client certificate. PEM files.
struct TlsFiles {
  std::string ca_file;
  std::string client_certificate_file;
  std::string client_key_file;
};
/// Loaded once, shared by the platform's connections; connections of different credentials are never shared.
class TlsCredentials;
/// Code `tls_files_invalid` with the file's name.
Result<std::shared_ptr<TlsCredentials>> load_tls_credentials(const TlsFiles& files);

struct ClientOptions {
  Milliseconds connect_timeout{5000};
  Milliseconds idle_timeout{60000};  ///< an unused connection is closed after this
  std::size_t idle_per_origin = 64;
  Seconds connection_max_age{600};          ///< an older one is not used again, so that a moved name is followed
  std::size_t response_body_limit = 65536;  ///< reading stops here, the connection is closed, the status stands
  std::size_t response_head_limit = 16384;
  std::vector<std::string> dns_servers;  ///< `address[:port]`; empty: as the system is configured
  Milliseconds dns_timeout{3000};
  Seconds dns_ttl_max{300};  ///< an answer is kept for its TTL, at most this, at least 1 s
};

struct Request {
  std::shared_ptr<const Url> url;
  std::shared_ptr<TlsCredentials> tls;  ///< null: the system's authorities
  std::string method = "POST";
  /// Header lines, each `Name: value\r\n`. Host, Content-Length and Connection are written by the client.
  std::string header_lines;
  std::shared_ptr<const std::string> body;
  Milliseconds timeout{3000};  ///< for the whole attempt
  /// Networks that this request may reach although private; null: the guard's own list only.
  std::shared_ptr<const std::vector<Network>> extra_networks;
};

struct Response {
  int status = 0;
  std::string body;  ///< at most response_body_limit bytes
  bool body_truncated = false;
  std::string retry_after;  ///< at most 128 bytes
  std::string date;         ///< likewise
};

struct Failure {
  ErrorClass error_class = ErrorClass::kConnect;
  std::string message;  ///< one line, with the address where there was one
};

struct ClientCounters {
  std::uint64_t connections_opened = 0;
  std::uint64_t connections_reused = 0;
  std::uint64_t tls_resumed = 0;
};

class Client {
 public:
  using Done = std::move_only_function<void(std::expected<Response, Failure>)>;

  Client(asio::io_context& io, AddressGuard guard, ClientOptions options);
  /// Ends every request with kConnect ("stopping"); calls back nobody afterwards. What such a callback sends is dropped
  /// without a call.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Never calls `done` before it returns; calls it once. A request on a pooled connection is sent again, once, on a
  /// fresh one and inside the same deadline, only when it is proved that the server has seen nothing of it: the kernel
  /// refused the first byte, or the server closed in order, answered nothing, and had acknowledged none of the
  /// request's bytes when it did. A reset, or a close after the request arrived, is no proof: that attempt fails with
  /// kConnect (client_connection.cpp has the reasons).
  void send(Request request, Done done);
  ClientCounters counters() const;

  /// Other networks and limits, for what is sent from now on; how names are looked up stays as it began. Where the
  /// networks differ, no connection that was opened before is used again.
  void replace(AddressGuard guard, ClientOptions options);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace yizhan::http
