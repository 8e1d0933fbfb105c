#include "http/client_connection.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>

namespace yizhan::http {

// When a request may be sent again
// --------------------------------
// A server may close a kept-alive connection at any moment (RFC 9112 section 9.3.1), also at the moment at which the
// next request leaves. That request must go out on another connection, but only if no server can have seen it: a
// webhook's consumer acts on what it gets. Two things prove that, and nothing else is taken as proof:
//
//  1. The kernel refused the first write (EPIPE, ECONNRESET): not one byte left. Connection::run() returns false.
//  2. The peer closed in order (FIN, or close_notify in TLS), not one byte of a response came, and its kernel has not
//     acknowledged one byte of the request (tcpi_bytes_acked). Every segment acknowledges all that its sender's kernel
//     has received, the one with the FIN or the close_notify too: so when that one was sent, nothing of the request had
//     been received, and a socket that is closed receives nothing.
//
// A reset is no proof, although most resets mean the same: we do not process the acknowledgement in a RST, so a server
// that read the request, acted on it and then died looks the same as one that had forgotten the connection. Nor is an
// orderly close after the request was acknowledged: "read, acted, crashed" looks like that. Those attempts fail with
// class connect, and the delivery's own schedule repeats them, under the same event id.
//
// Only a connection that has answered before is given this benefit: a server that closes every fresh connection unread
// would otherwise be asked for ever.

Connection::Connection(Owner& owner, asio::io_context& io, const tcp::endpoint& peer, std::unique_ptr<TlsFilter> tls,
                       Exchange& for_exchange, ResponseParser::Limits limits)
    : Channel(io, peer, std::move(tls)),
      owner_(owner),
      origin_(*for_exchange.origin),
      exchange_(&for_exchange),
      limits_(limits) {}

void Connection::write_head(const Request& request) {
  const std::size_t body_size = request.body ? request.body->size() : 0;
  head_.clear();
  head_.append(request.method).append(" ").append(request.url->target).append(" HTTP/1.1\r\nHost: ");
  head_.append(request.url->host_header).append("\r\n").append(request.header_lines);
  // A method that means nothing by a body says nothing about its length (RFC 9110 section 8.6).
  if (body_size > 0 || (request.method != "GET" && request.method != "HEAD" && request.method != "DELETE")) {
    fmt::format_to(std::back_inserter(head_), FMT_COMPILE("Content-Length: {}\r\n"), body_size);
  }
  head_.append("\r\n");
}

bool Connection::run(Exchange& exchange) {
  exchange_ = &exchange;
  exchange.phase = Exchange::Phase::kAnswer;
  answer_began_ = false;
  ++requests_;
  DeadlineWheel::disarm(*this);
  parser_.begin(limits_, exchange.request.method == "HEAD");
  write_head(exchange.request);
  return write(head_, exchange.request.body ? std::string_view(*exchange.request.body) : std::string_view());
}

void Connection::rest(DeadlineWheel& wheel, SteadyTime now, Milliseconds idle_timeout) {
  if (const auto limit = parser_.idle_limit()) {
    // Before the server's own time is up, so that its close and our next request do not cross on the way.
    idle_timeout = std::min<Milliseconds>(idle_timeout, std::max<Milliseconds>(*limit - Seconds(1), *limit / 2));
  }
  wheel.arm(*this, now + idle_timeout);
}

std::string Connection::progress() const {
  if (!is_connected()) return fmt::format("connecting to {}", peer_text());
  if (!is_open()) return fmt::format("in the TLS handshake with {}", peer_text());
  if (writing()) return fmt::format("sending the request to {}", peer_text());
  return fmt::format(fmt::runtime(answer_began_ ? "reading the response of {}" : "waiting for the response of {}"),
                     peer_text());
}

void Connection::deadline_passed() {
  owner_.idle_connection_ended(*this);
}

void Connection::on_open() {
  owner_.connection_opened(*this);
}

void Connection::on_open_failed(Failure failure) {
  owner_.connection_not_opened(*this, std::move(failure));
}

void Connection::end_exchange(ExchangeResult&& result, bool reusable) {
  owner_.exchange_ended(*this, std::move(result), reusable);
}

void Connection::on_data() {
  if (exchange_ == nullptr) return owner_.idle_connection_ended(*this);
  answer_began_ = true;
  std::size_t consumed = 0;
  const ResponseParser::State state = parser_.read(unread(), consumed);
  consume(consumed);
  switch (state) {
    case ResponseParser::State::kMore:
      return;
    case ResponseParser::State::kComplete: {
      // Bytes beyond the response, or an answer to a request that was not sent whole: who knows what comes next.
      const bool reusable = parser_.keeps_alive() && unread().empty() && !writing();
      return end_exchange(parser_.take_response(), reusable);
    }
    case ResponseParser::State::kFailed:
      return end_exchange(
          std::unexpected(Failure{parser_.failure_class(), fmt::format("{}: {}", peer_text(), parser_.problem())}),
          false);
  }
}

void Connection::on_end(EndKind kind, const std::string& what) {
  if (exchange_ == nullptr) return owner_.idle_connection_ended(*this);
  ErrorClass error_class = ErrorClass::kConnect;
  std::string message;
  if (kind == EndKind::kTlsFailure) {
    error_class = ErrorClass::kTls;
    message = fmt::format("{}: {}", peer_text(), what);
  } else if (!answer_began_) {
    if (kind == EndKind::kPeerClosed && requests_ > 1 && nothing_acknowledged()) return owner_.exchange_unsent(*this);
    message = fmt::format("{}: {} before a response began", peer_text(), what);
  } else if (kind == EndKind::kPeerClosed) {
    if (parser_.end_of_input() == ResponseParser::State::kComplete) return end_exchange(parser_.take_response(), false);
    error_class = ErrorClass::kProtocol;
    message = fmt::format("{}: {}", peer_text(), parser_.problem());
  } else {
    error_class = ErrorClass::kProtocol;
    message = fmt::format("{}: {} inside the response", peer_text(), what);
  }
  end_exchange(std::unexpected(Failure{error_class, std::move(message)}), false);
}

}  // namespace yizhan::http
