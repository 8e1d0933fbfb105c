// The HTTP/1.1 server behind the API, the receivers and the push server: keep-alive, pipelining in order, strict
// parsing and hard limits (design: headers 16 KiB and 100 fields, body 1 MiB, 10 s for the head, 30 s for the body). A
// request that could be read in two ways (Content-Length with Transfer-Encoding, two Content-Lengths, bare LF) gets 400
// and the connection closes.
//
// Runs on one io_context thread; nothing here is thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "http/asio.h"

namespace yizhan::http {

struct ListenAddress {
  std::string host;        ///< an address literal; "0.0.0.0" and "::" mean every interface
  std::uint16_t port = 0;  ///< 0: the system chooses

  bool loopback_only() const;
  std::string to_string() const;  ///< `127.0.0.1:7401`, `[::1]:7401`
};
/// `address:port`, `[v6]:port`, `:port`, `localhost:port`. Code `listen_address_invalid`.
Result<ListenAddress> parse_listen_address(std::string_view text);

struct ServerOptions {
  std::size_t head_limit = 16384;    ///< bytes; over: 431 (request line over 8 KiB: 414)
  std::size_t field_limit = 100;     ///< header fields; over: 431
  std::size_t body_limit = 1 << 20;  ///< bytes; over: 413
  Milliseconds head_timeout{10000};
  Milliseconds body_timeout{30000};
  Milliseconds write_timeout{30000};  ///< for the peer to take an answer
  Milliseconds idle_timeout{75000};   ///< between requests
  /// At the limit, the connection that has waited longest without a request in hand (a second at least) makes room for
  /// a new one; when there is none, the new one is answered 503 and closed.
  std::size_t connection_limit = 10000;
  std::size_t connections_per_address = 10000;
  /// Bytes of bodies that are coming in or not yet answered, of all connections together; above it, a body of more than
  /// kSmallBody gets 503. Otherwise as many connections as are allowed could fill the memory with bodies that they
  /// never complete.
  std::size_t body_memory_limit = 256 << 20;
  std::string certificate_file;  ///< PEM chain; empty: plain HTTP
  std::string key_file;
};

/// Bodies up to this are taken even when much is coming in: together they are no more than the heads may be.
inline constexpr std::size_t kSmallBody = 16384;

/// A request, whole. Views stay valid until it is answered.
struct ServerRequest {
  std::string_view method;
  std::string_view target;                                             ///< as received: path and query
  std::string_view path;                                               ///< before the `?`, not decoded
  std::string_view query;                                              ///< after the `?`
  std::vector<std::pair<std::string_view, std::string_view>> headers;  ///< as received, in order
  std::string body;                                                    ///< raw bytes; may be moved from
  asio::ip::address peer;
  bool tls = false;

  /// The first field of that name, compared without regard to case; empty when absent.
  std::string_view header(std::string_view name) const;
};

struct ServerResponse {
  int status = 200;
  std::string_view content_type = "application/json";  ///< not copied: of static storage
  std::string extra_header_lines{};                    ///< each `Name: value\r\n`
  std::string body{};
  bool close = false;
};

/// Answers one request, once, now or later, on the io_context thread. Dropping it unanswered, on any thread while the
/// io_context lives, sends 500. If the connection is gone by then the answer is dropped.
class Responder {
 public:
  class Connection;
  explicit Responder(std::shared_ptr<Connection> connection);
  Responder(Responder&&) noexcept;
  Responder& operator=(Responder&&) noexcept;
  ~Responder();
  void answer(const ServerResponse& response);

 private:
  std::shared_ptr<Connection> connection_;
};

struct ServerCounters {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t requests = 0;
  std::uint64_t malformed_requests = 0;
  std::uint64_t timed_out_requests = 0;   ///< 408: head or body did not arrive in time
  std::uint64_t connections_evicted = 0;  ///< idle ones that made room for new ones
  std::size_t connections_open = 0;
  std::size_t body_bytes = 0;                         ///< coming in, or not yet answered
  std::array<std::uint64_t, 6> responses_by_class{};  ///< index 2: 200–299, and so on
};

class Server {
 public:
  /// Called on the io_context thread, one request of a connection at a time. What it throws is logged and answered 500.
  using Handler = std::function<void(ServerRequest&, Responder)>;

  /// Listens at once. Codes `address_in_use` (names the process that has the port, where /proc tells), `listen_failed`,
  /// `tls_files_invalid`.
  static Result<std::unique_ptr<Server>> listen(asio::io_context& io, const ListenAddress& address,
                                                ServerOptions options, Handler handler);
  virtual ~Server() = default;
  /// The address with the port really used.
  virtual ListenAddress address() const = 0;
  /// Stops accepting connections; those open finish the request in hand, are answered `Connection: close`, and end.
  /// `done` is called once, when the last has ended or `grace` has passed and the rest were cut off.
  virtual void stop(Milliseconds grace, std::move_only_function<void()> done) = 0;
  virtual ServerCounters counters() const = 0;

  /// Other limits and another certificate: reads the files, and answers what puts them in force. New connections shake
  /// hands with the new certificate, those that are open go on as they are; limits hold from their next request on.
  /// The server outlives the answer. Code `tls_files_invalid`.
  virtual Result<std::move_only_function<void()>> prepare(ServerOptions options) = 0;
};

/// `process 'nginx' (pid 123)`, or empty where it cannot be told. Reads /proc/net and /proc/*/fd.
std::string owner_of_port(std::uint16_t port);

}  // namespace yizhan::http
