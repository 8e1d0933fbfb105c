#include "http/client.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/client_connection.h"
#include "http/client_exchange.h"
#include "http/client_origin.h"
#include "http/deadline_wheel.h"
#include "http/resolver.h"
#include "http/tls_filter.h"

namespace yizhan::http {
namespace {

constexpr Milliseconds kDeadlineResolution{8};
constexpr Milliseconds kIdleResolution{250};

}  // namespace

// The way of a request: an idle connection of its origin if there is one, else: look the name up, vet its addresses,
// connect to the first allowed one that takes us, shake hands; then write, read, and call back.
struct Client::State final : Exchange::Owner, Connection::Owner, std::enable_shared_from_this<Client::State> {
  State(asio::io_context& io_context, AddressGuard address_guard, ClientOptions client_options)
      : io(io_context),
        guard(std::move(address_guard)),
        options(std::move(client_options)),
        limits{options.response_head_limit, options.response_body_limit},
        deadlines(io, kDeadlineResolution),
        idle_deadlines(io, kIdleResolution),
        exchanges(*this),
        resolver(io, {options.dns_servers, options.dns_timeout, options.dns_ttl_max}) {}

  void send(Request request, Done done) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (stopping) return;
    Exchange& exchange = exchanges.take();
    exchange.request = std::move(request);
    exchange.done = std::move(done);
    exchange.deadline = now + exchange.request.timeout;
    exchange.origin = &origins.find(*exchange.request.url, exchange.request.tls, now);
    ++exchange.origin->users;
    exchange.origin->last_used = now;
    deadlines.arm(exchange, exchange.deadline);
    if (!run_on_idle(exchange)) open_fresh(exchange, now);
  }

  // ---- An idle connection ----

  bool run_on_idle(Exchange& exchange) {
    auto& idle = exchange.origin->idle;
    for (std::size_t i = idle.size(); i-- > 0;) {
      if (!may_use(*idle[i], exchange)) continue;
      const std::shared_ptr<Connection> connection = std::move(idle[i]);
      idle.erase(idle.begin() + static_cast<std::ptrdiff_t>(i));
      exchange.connection = connection;
      if (connection->run(exchange)) {
        ++counters.connections_reused;
        return true;
      }
      connection->leave();
      connection->close(false);
      exchange.connection.reset();
      return false;
    }
    return false;
  }

  bool may_use(const Connection& connection, const Exchange& exchange) const {
    return !connection.needs_extra_network ||
           guard.refusal(connection.peer().address(), exchange.request.extra_networks.get()).empty();
  }

  void rest_or_close(Connection& connection, bool reusable) {
    const SteadyTime now = std::chrono::steady_clock::now();
    Origin& origin = connection.origin();
    if (!reusable || stopping || origin.idle.size() >= options.idle_per_origin || connection.opened_at < guard_since ||
        now - connection.opened_at >= options.connection_max_age) {
      return connection.close(true);
    }
    origin.idle.push_back(std::static_pointer_cast<Connection>(connection.shared_from_this()));
    connection.rest(idle_deadlines, now, options.idle_timeout);
  }

  void idle_connection_ended(Connection& connection) override {
    connection.close(true);
    connection.origin().remove_idle(connection);
  }

  // ---- A fresh connection ----

  void open_fresh(Exchange& exchange, SteadyTime now) {
    const std::string& host = exchange.request.url->host;
    if (const auto literal = parse_address_literal(host)) return vet(exchange, {*literal}, now);
    if (const auto* known = resolver.known(host, now)) return looked_up(exchange, *known, now);
    exchange.phase = Exchange::Phase::kLookUp;
    resolver.look_up(host, [weak = weak_from_this(), &exchange, serial = exchange.serial](const auto& outcome) {
      const auto self = weak.lock();
      if (!self || exchange.serial != serial) return;
      self->looked_up(exchange, outcome, std::chrono::steady_clock::now());
    });
  }

  void looked_up(Exchange& exchange, const Resolver::Outcome& outcome, SteadyTime now) {
    if (!outcome) return fail_soon(exchange, {ErrorClass::kDns, outcome.error()});
    vet(exchange, **outcome, now);
  }

  void vet(Exchange& exchange, const std::vector<asio::ip::address>& addresses, SteadyTime now) {
    exchange.endpoints.clear();
    exchange.next_endpoint = 0;
    std::string refusals;
    for (const asio::ip::address& address : addresses) {
      const std::string_view reason = guard.refusal(address, exchange.request.extra_networks.get());
      if (reason.empty()) {
        exchange.endpoints.emplace_back(address, exchange.request.url->port);
      } else {
        refusals += fmt::format("{}{} ({})", refusals.empty() ? "" : ", ", address.to_string(), reason);
      }
    }
    if (exchange.endpoints.empty()) {
      return fail_soon(exchange, {ErrorClass::kBlockedAddress,
                                  fmt::format("callbacks to {} are refused: {}. To allow a private network, list it in "
                                              "YIZHAN_OUTBOUND_ALLOW; metadata services are never allowed",
                                              exchange.request.url->host, refusals)});
    }
    exchange.origin->put_unreachable_last(exchange.endpoints, now);
    exchange.connect_ends_at = std::min(exchange.deadline, now + options.connect_timeout);
    connect_next(exchange, now);
  }

  void connect_next(Exchange& exchange, SteadyTime now) {
    const std::size_t left = exchange.endpoints.size() - exchange.next_endpoint;
    if (left == 0 || (now >= exchange.connect_ends_at && exchange.next_endpoint > 0)) {
      return fail_soon(exchange, std::move(exchange.last_failure));
    }
    const tcp::endpoint& endpoint = exchange.endpoints[exchange.next_endpoint++];
    auto tls = make_tls_filter(exchange);
    if (!tls) return fail_soon(exchange, {ErrorClass::kTls, tls.error().message});
    // Each address gets its share of what is left, so that one that swallows packets does not use up the others' time.
    const auto share = (exchange.connect_ends_at - now) / static_cast<std::ptrdiff_t>(left);
    exchange.phase = Exchange::Phase::kConnect;
    exchange.connection = std::make_shared<Connection>(*this, io, endpoint, std::move(*tls), exchange, limits);
    exchange.connection->needs_extra_network = !guard.refusal(endpoint.address()).empty();
    deadlines.arm(exchange, now + share);
    exchange.connection->open();
  }

  /// Null for a plain connection.
  Result<std::unique_ptr<TlsFilter>> make_tls_filter(Exchange& exchange) {
    const Url& url = *exchange.request.url;
    if (!url.tls) return nullptr;
    std::shared_ptr<TlsCredentials> credentials = exchange.request.tls;
    if (!credentials) {
      // Read when first needed: it takes some milliseconds, and many a service never speaks TLS.
      if (!system_credentials) {
        auto loaded = load_tls_credentials({});
        if (!loaded) return std::unexpected(std::move(loaded.error()));
        system_credentials = std::move(*loaded);
      }
      credentials = system_credentials;
    }
    return std::make_unique<TlsFilter>(std::move(credentials), url.host, exchange.origin->sessions);
  }

  void connection_opened(Connection& connection) override {
    Exchange& exchange = *connection.exchange();
    ++counters.connections_opened;
    if (connection.tls_resumed()) ++counters.tls_resumed;
    connection.opened_at = std::chrono::steady_clock::now();
    deadlines.arm(exchange, exchange.deadline);
    // When it is dead already, the read that follows finds out why: a server that refuses our certificate says so in an
    // alert after the handshake (TLS 1.3).
    connection.run(exchange);
  }

  void connection_not_opened(Connection& connection, Failure failure) override {
    Exchange& exchange = *connection.exchange();
    if (failure.error_class != ErrorClass::kConnect) return fail(exchange, std::move(failure));
    next_address(exchange, std::move(failure));
  }

  void next_address(Exchange& exchange, Failure failure) {
    const SteadyTime now = std::chrono::steady_clock::now();
    exchange.origin->note_unreachable(exchange.connection->peer().address(), now);
    exchange.last_failure = std::move(failure);
    exchange.connection.reset();
    deadlines.arm(exchange, exchange.deadline);
    connect_next(exchange, now);
  }

  // ---- Ends ----

  void exchange_ended(Connection& connection, ExchangeResult&& result, bool reusable) override {
    Exchange& exchange = *connection.exchange();
    connection.leave();
    // First back to the pool, then the callback: a request that it sends goes out on this connection.
    rest_or_close(connection, reusable);
    finish(exchange, std::move(result));
  }

  void exchange_unsent(Connection& connection) override {
    Exchange& exchange = *connection.exchange();
    connection.leave();
    connection.close(true);
    exchange.connection.reset();
    open_fresh(exchange, std::chrono::steady_clock::now());
  }

  void deadline_passed(Exchange& exchange) override {
    if (std::chrono::steady_clock::now() >= exchange.deadline) {
      const std::string where = exchange.connection ? exchange.connection->progress()
                                                    : fmt::format("looking up {}", exchange.request.url->host);
      return fail(exchange, {ErrorClass::kTimeout,
                             fmt::format("no response within {} ms ({})", exchange.request.timeout.count(), where)});
    }
    // Only the share of time for one address ended; its handshake, if it has come so far, may take the rest.
    if (exchange.phase != Exchange::Phase::kConnect || exchange.connection->is_connected()) {
      return deadlines.arm(exchange, exchange.deadline);
    }
    exchange.connection->close(false);
    next_address(exchange,
                 {ErrorClass::kConnect, fmt::format("no connection to {} in time", exchange.connection->peer_text())});
  }

  /// Not before the caller returned: send() must not call back.
  void fail_soon(Exchange& exchange, Failure failure) {
    asio::post(io,
               [weak = weak_from_this(), &exchange, serial = exchange.serial, reason = std::move(failure)]() mutable {
                 const auto self = weak.lock();
                 if (self && exchange.serial == serial) self->fail(exchange, std::move(reason));
               });
  }

  void fail(Exchange& exchange, Failure failure) {
    if (exchange.connection) {
      exchange.connection->leave();
      exchange.connection->close(false);
    }
    finish(exchange, std::unexpected(std::move(failure)));
  }

  /// The callback may destroy the client: nothing of it is touched afterwards.
  void finish(Exchange& exchange, ExchangeResult&& result) {
    DeadlineWheel::disarm(exchange);
    --exchange.origin->users;
    Done done = std::move(exchange.done);
    exchanges.give_back(exchange);
    done(std::move(result));
  }

  void replace(AddressGuard new_guard, ClientOptions new_options) {
    options = std::move(new_options);
    limits = {options.response_head_limit, options.response_body_limit};
    if (new_guard == guard) return;
    guard = std::move(new_guard);
    guard_since = std::chrono::steady_clock::now();
    close_idle();
  }

  void stop() {
    stopping = true;
    while (Exchange* exchange = exchanges.any_active()) {
      fail(*exchange, {ErrorClass::kConnect, "stopping"});
    }
    close_idle();
  }

  void close_idle() {
    origins.for_each([](Origin& origin) {
      for (const auto& connection : origin.idle) connection->close(true);
      origin.idle.clear();
    });
  }

  asio::io_context& io;
  AddressGuard guard;
  SteadyTime guard_since{};  ///< connections that are older were vetted by another guard
  ClientOptions options;
  ResponseParser::Limits limits;
  DeadlineWheel deadlines;
  DeadlineWheel idle_deadlines;
  OriginTable origins;
  ExchangePool exchanges;
  Resolver resolver;
  std::shared_ptr<TlsCredentials> system_credentials;
  ClientCounters counters;
  bool stopping = false;
};

Client::Client(asio::io_context& io, AddressGuard guard, ClientOptions options)
    : state_(std::make_shared<State>(io, std::move(guard), std::move(options))) {}

Client::~Client() {
  state_->stop();
}

void Client::send(Request request, Done done) {
  state_->send(std::move(request), std::move(done));
}

void Client::replace(AddressGuard guard, ClientOptions options) {
  state_->replace(std::move(guard), std::move(options));
}

ClientCounters Client::counters() const {
  return state_->counters;
}

}  // namespace yizhan::http
