// HTTP on one channel: writes a request, reads its response, and says whether the connection may carry another. Between
// requests it listens, so that a peer's close is known before the next request is given to it.
#pragma once

#include <memory>
#include <string>

#include "http/client_channel.h"
#include "http/client_exchange.h"
#include "http/deadline_wheel.h"
#include "http/response_parser.h"

namespace yizhan::http {

class Connection final : public Channel, private DeadlineWheel::Entry {
 public:
  /// Each call is the connection's last act before it returns to its event loop.
  struct Owner {
    virtual ~Owner() = default;
    virtual void connection_opened(Connection& connection) = 0;
    virtual void connection_not_opened(Connection& connection, Failure failure) = 0;
    /// `reusable`: the connection is as good as new.
    virtual void exchange_ended(Connection& connection, ExchangeResult&& result, bool reusable) = 0;
    /// The peer closed before it got any of the request: it may be sent again.
    virtual void exchange_unsent(Connection& connection) = 0;
    /// An unused connection was closed by the peer, had unasked-for bytes, or has been idle for its time.
    virtual void idle_connection_ended(Connection& connection) = 0;
  };

  /// `for_exchange` is what the connection is opened for.
  Connection(Owner& owner, asio::io_context& io, const tcp::endpoint& peer, std::unique_ptr<TlsFilter> tls,
             Exchange& for_exchange, ResponseParser::Limits limits);

  /// Writes the exchange's request and waits for the response. False when the connection proved dead before the kernel
  /// took a byte; no callback follows then.
  bool run(Exchange& exchange);
  /// The exchange in hand; null while idle.
  Exchange* exchange() const { return exchange_; }
  /// The exchange goes its own way; nothing that happens here concerns it any more.
  void leave() { exchange_ = nullptr; }
  Origin& origin() const { return origin_; }

  /// Idle from now on, for as long as the server allows and at most until then.
  void rest(DeadlineWheel& wheel, SteadyTime now, Milliseconds idle_timeout);
  /// Never opened to an address that callbacks may generally go to: may only serve requests that are allowed it.
  bool needs_extra_network = false;
  SteadyTime opened_at{};

  /// Where a request that did not end in time stands, in words.
  std::string progress() const;

 private:
  void on_open() override;
  void on_open_failed(Failure failure) override;
  void on_data() override;
  void on_end(EndKind kind, const std::string& what) override;
  void deadline_passed() override;
  void end_exchange(ExchangeResult&& result, bool reusable);
  void write_head(const Request& request);

  Owner& owner_;
  Origin& origin_;
  Exchange* exchange_;
  ResponseParser parser_;
  const ResponseParser::Limits limits_;
  std::string head_;
  std::uint64_t requests_ = 0;
  bool answer_began_ = false;  // of the request in hand
};

}  // namespace yizhan::http
