#include "http/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>

#include "base/log.h"
#include "http/coarse_clock.h"
#include "http/problem.h"
#include "http/server_core.h"

namespace yizhan::http {
namespace {

constexpr int kAcceptsAtOnce = 64;
constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn
constexpr Milliseconds kAcceptPause{100};
constexpr std::int64_t kYoungestEvicted = 1000;  // milliseconds of waiting
constexpr std::size_t kGarbage = 65536;

/// An IPv4 peer of a listener for both families appears as itself.
asio::ip::address plain(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

std::string address_bytes(const asio::ip::address& address) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = address.to_v6().to_bytes();
  return {bytes.begin(), bytes.end()};
}

/// Often enough to notice each time-out when little more than it has passed.
Milliseconds sweep_period(const ServerOptions& options) {
  const auto shortest =
      std::min({options.head_timeout, options.body_timeout, options.idle_timeout, options.write_timeout});
  return std::clamp(shortest / 4, Milliseconds{10}, Milliseconds{1000});
}

/// Null for plain HTTP.
Result<SslContext> tls_of(const ServerOptions& options) {
  if (options.certificate_file.empty() && options.key_file.empty()) return nullptr;
  return make_server_tls(options.certificate_file, options.key_file);
}

}  // namespace

ServerCore::ServerCore(asio::io_context& context, ServerOptions server_options, Server::Handler request_handler)
    : io(context),
      options(std::move(server_options)),
      handler(std::move(request_handler)),
      acceptor(context.get_executor()),
      accept_pause(context.get_executor()),
      sweep_timer(context.get_executor()),
      grace_timer(context.get_executor()),
      garbage(kGarbage) {}

void ServerCore::accept_next() {
  acceptor.async_accept(accepted_peer, [self = shared_from_this()](const ErrorCode& error, TcpSocket socket) {
    self->on_accept(error, std::move(socket));
  });
}

void ServerCore::on_accept(ErrorCode error, TcpSocket socket) {
  for (int taken = 0; !stopping; ++taken) {
    if (error == asio::error::would_block || error == asio::error::try_again) break;
    if (error == asio::error::connection_aborted) {
      // The peer was gone before it was accepted.
    } else if (error) {
      return pause_accepting(error);
    } else {
      admit(std::move(socket), accepted_peer);
    }
    if (taken == kAcceptsAtOnce) break;
    socket = acceptor.accept(accepted_peer, error);
  }
  if (!stopping) accept_next();
}

/// Out of file descriptors or memory: trying again at once would only burn the processor.
void ServerCore::pause_accepting(ErrorCode error) {
  log::warning("http_accept_failed", {{"reason", error.message()}, {"connectionsOpen", counters.connections_open}});
  make_room();
  accept_pause.expires_after(kAcceptPause);
  accept_pause.async_wait([self = shared_from_this()](const ErrorCode& cancelled) {
    if (!cancelled && !self->stopping) self->accept_next();
  });
}

void ServerCore::admit(TcpSocket socket, const tcp::endpoint& endpoint) {
  const asio::ip::address peer = plain(endpoint.address());
  const bool full = counters.connections_open >= options.connection_limit && !make_room();
  const bool per_address_limited = options.connections_per_address < options.connection_limit;
  if (full) return turn_away(std::move(socket));
  if (per_address_limited) {
    std::size_t& from_peer = per_address[address_bytes(peer)];
    if (from_peer >= options.connections_per_address) return turn_away(std::move(socket));
    ++from_peer;
  }
  ++counters.connections_accepted;
  ++counters.connections_open;
  const auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket), peer);
  open.push_back(*connection);
  arm_sweep();
  connection->start();
}

/// Ends the connection that has waited longest without a request in hand.
bool ServerCore::make_room() {
  if (waiting.empty()) return false;
  const auto longest = waiting.front().shared_from_this();
  if (coarse_milliseconds() - longest->waiting_since() < kYoungestEvicted) return false;
  ++counters.connections_evicted;
  longest->close();
  return true;
}

void ServerCore::turn_away(TcpSocket socket) {
  ++counters.connections_refused;
  if (tls) return;
  ServerResponse response = problem_response(server_problem("connection_limit"), "");
  response.extra_header_lines = "Retry-After: 1\r\n";
  std::string text;
  append_response(text, response, date.now(), ConnectionField::kClose, false);
  ErrorCode ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

void ServerCore::closed(const Connection& connection) {
  --counters.connections_open;
  if (const auto from_peer = per_address.find(address_bytes(connection.peer())); from_peer != per_address.end()) {
    if (--from_peer->second == 0) per_address.erase(from_peer);
  }
  if (stopping && counters.connections_open == 0) finish_stop();
}

/// One timer looks after the time-outs of all connections; without connections it rests.
void ServerCore::arm_sweep() {
  if (sweeping) return;
  sweeping = true;
  sweep_timer.expires_after(sweep_period(options));
  sweep_timer.async_wait([self = shared_from_this()](const ErrorCode& cancelled) {
    self->sweeping = false;
    if (!cancelled) self->sweep();
  });
}

void ServerCore::sweep() {
  const std::int64_t now = coarse_milliseconds();
  for (auto next = open.begin(); next != open.end();) {
    const auto connection = (next++)->shared_from_this();
    connection->check_deadline(now);
  }
  if (!open.empty()) arm_sweep();
}

void ServerCore::stop(Milliseconds grace, std::move_only_function<void()> done) {
  if (stopping) {
    if (done) asio::post(io, std::move(done));
    return;
  }
  stopping = true;
  stopped = std::move(done);
  ErrorCode ignored;
  acceptor.close(ignored);
  accept_pause.cancel();
  for (auto next = open.begin(); next != open.end();) {
    const auto connection = (next++)->shared_from_this();
    connection->stop_if_idle();
  }
  if (open.empty()) return finish_stop();
  grace_timer.expires_after(grace);
  grace_timer.async_wait([self = shared_from_this()](const ErrorCode& cancelled) {
    if (!cancelled) self->cut_off();
  });
}

void ServerCore::finish_stop() {
  grace_timer.cancel();
  sweep_timer.cancel();
  if (stopped) asio::post(io, std::exchange(stopped, nullptr));
}

void ServerCore::cut_off() {
  while (!open.empty()) open.front().shared_from_this()->close();
  finish_stop();
}

namespace {

class ListeningServer final : public Server {
 public:
  explicit ListeningServer(std::shared_ptr<ServerCore> core) : core_(std::move(core)) {
    ErrorCode ignored;
    const auto endpoint = core_->acceptor.local_endpoint(ignored);
    address_ = {endpoint.address().to_string(), endpoint.port()};
  }
  ~ListeningServer() override {
    core_->stopping = true;
    core_->stopped = nullptr;
    ErrorCode ignored;
    core_->acceptor.close(ignored);
    core_->accept_pause.cancel();
    core_->cut_off();
  }
  ListenAddress address() const override { return address_; }
  void stop(Milliseconds grace, std::move_only_function<void()> done) override { core_->stop(grace, std::move(done)); }
  ServerCounters counters() const override { return core_->counters; }
  Result<std::move_only_function<void()>> prepare(ServerOptions options) override {
    auto tls = tls_of(options);
    if (!tls) return std::unexpected(std::move(tls.error()));
    return [core = core_, options = std::move(options), tls = std::move(*tls)]() mutable {
      core->options = std::move(options);
      core->tls = std::move(tls);
    };
  }

 private:
  std::shared_ptr<ServerCore> core_;
  ListenAddress address_;
};

std::unexpected<Error> cannot_listen(const ListenAddress& address, const ErrorCode& error) {
  if (error == asio::error::address_in_use) {
    const std::string owner = owner_of_port(address.port);
    return fail("address_in_use",
                fmt::format("{} is taken by {}; stop that, or listen on another port", address.to_string(),
                            owner.empty() ? "a process that cannot be told without its owner's rights" : owner));
  }
  return fail("listen_failed", fmt::format("cannot listen on {}: {}", address.to_string(), error.message()));
}

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(asio::io_context& io, const ListenAddress& address,
                                               ServerOptions options, Handler handler) {
  auto core = std::make_shared<ServerCore>(io, std::move(options), std::move(handler));
  auto tls = tls_of(core->options);
  if (!tls) return std::unexpected(std::move(tls.error()));
  core->tls = std::move(*tls);
  ErrorCode error;
  const auto literal = asio::ip::make_address(address.host, error);
  if (error) return cannot_listen(address, error);
  const tcp::endpoint endpoint(literal, address.port);
  auto& acceptor = core->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (error) return cannot_listen(address, error);
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (literal.is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  acceptor.set_option(tcp::no_delay(true), error);  // accepted sockets inherit it on Linux
  acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
  if (error) return cannot_listen(address, error);
  acceptor.non_blocking(true, error);
  core->accept_next();
  return std::make_unique<ListeningServer>(std::move(core));
}

}  // namespace yizhan::http
