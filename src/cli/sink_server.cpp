#include "cli/sink_server.h"

#include <fmt/format.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "http/chunked_body.h"
#include "http/request_head.h"

namespace yizhan::cli {
namespace {

namespace asio = http::asio;
using http::ErrorCode;
using Kind = SinkBehaviour::Kind;
using Acceptor = asio::basic_socket_acceptor<http::tcp, http::Executor>;

constexpr std::size_t kHeadLimit = 64 * 1024;
constexpr std::size_t kFieldLimit = 200;
constexpr std::size_t kBodyLimit = 64 << 20;
constexpr std::size_t kReadSize = 16 * 1024;
constexpr Milliseconds kDripInterval{100};

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 302:
      return "Found";
    case 410:
      return "Gone";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

class Connection;

class Server final : public SinkServer {
 public:
  Server(asio::io_context& io, Decide decide) : acceptor_(io.get_executor()), decide_(std::move(decide)) {}
  ~Server() override;

  Result<void> open(const http::ListenAddress& address);
  http::ListenAddress address() const override;
  void accept();
  SinkAnswer decide(SinkRequest request) { return decide_(std::move(request)); }
  void forget(Connection* connection) { connections_.erase(connection); }

 private:
  Acceptor acceptor_;
  Decide decide_;
  std::set<Connection*> connections_;  ///< alive; each takes itself out
};

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Server& server, http::TcpSocket socket)
      : server_(&server), socket_(std::move(socket)), timer_(socket_.get_executor()) {}
  ~Connection() {
    if (server_ != nullptr) server_->forget(this);
  }

  void read();
  /// The server is going away.
  void abandon() {
    server_ = nullptr;
    close();
  }

 private:
  void close() {
    ErrorCode ignored;
    socket_.close(ignored);
    timer_.cancel();
    tell_answered();
  }
  void tell_answered() {
    if (const auto answered = std::exchange(answered_, nullptr)) answered();
  }
  void advance();
  bool read_body();
  void finish_request();
  void refuse(const http::Refusal& refusal);
  void act(const SinkAnswer& answer);
  void answer(int status, const SinkAnswer& answer);
  void send(std::string bytes, bool then_close);
  void watch_for_close();
  void drip();
  void flood();

  Server* server_;
  http::TcpSocket socket_;
  http::Timer timer_;
  std::string input_;  ///< received and not used yet
  std::string output_;
  http::HeadScanner scanner_;
  http::ChunkedBody chunked_;
  std::size_t head_length_ = 0;  ///< of the request in hand; 0 while its head is not complete
  http::ServerRequest head_;     ///< views into head_text_
  std::string head_text_;
  http::Framing framing_;
  std::string body_;
  std::function<void()> answered_;
};

Server::~Server() {
  for (Connection* connection : connections_) connection->abandon();
}

Result<void> Server::open(const http::ListenAddress& address) {
  ErrorCode error;
  const auto host = asio::ip::make_address(address.host, error);
  if (error) return fail("listen_address_invalid", fmt::format("'{}' is not an address", address.host));
  const http::tcp::endpoint endpoint(host, address.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use) {
    const std::string owner = http::owner_of_port(address.port);
    return fail("address_in_use", fmt::format("{} is taken{}: choose another with --listen", address.to_string(),
                                              owner.empty() ? "" : " by " + owner));
  }
  if (error) return fail("listen_failed", fmt::format("cannot listen on {}: {}", address.to_string(), error.message()));
  accept();
  return {};
}

http::ListenAddress Server::address() const {
  ErrorCode ignored;
  const auto endpoint = acceptor_.local_endpoint(ignored);
  return {endpoint.address().to_string(), endpoint.port()};
}

void Server::accept() {
  acceptor_.async_accept([this](ErrorCode error, http::TcpSocket socket) {
    if (error == asio::error::operation_aborted) return;  // the server may be gone
    if (!error) {
      auto connection = std::make_shared<Connection>(*this, std::move(socket));
      connections_.insert(connection.get());
      connection->read();
    }
    accept();
  });
}

void Connection::read() {
  const std::size_t used = input_.size();
  input_.resize(used + kReadSize);
  socket_.async_read_some(asio::buffer(input_.data() + used, kReadSize),
                          [self = shared_from_this(), used](ErrorCode error, std::size_t length) {
                            self->input_.resize(used + length);
                            if (error) return self->close();
                            self->advance();
                          });
}

void Connection::advance() {
  if (server_ == nullptr) return;
  if (head_length_ == 0) {
    const auto length = scanner_.scan(input_, kHeadLimit);
    if (!length) return refuse(length.error());
    if (*length == 0) return read();
    head_length_ = *length;
    head_text_ = input_.substr(0, head_length_);
    input_.erase(0, head_length_);
    head_ = {};
    framing_ = {};
    if (const auto refusal = http::parse_head(head_text_, kFieldLimit, head_, framing_)) return refuse(*refusal);
    if (framing_.content_length > kBodyLimit) return refuse({"body_too_large", "the body is over the sink's limit"});
  }
  if (!read_body()) return;
  finish_request();
}

/// True when the body is there; otherwise more is being read, or the request was refused.
bool Connection::read_body() {
  if (framing_.chunked) {
    const auto progress = chunked_.take(input_, body_, kBodyLimit);
    if (!progress) {
      refuse(progress.error());
      return false;
    }
    input_.erase(0, progress->used);
    if (progress->complete) return true;
    read();
    return false;
  }
  const auto wanted = static_cast<std::size_t>(framing_.content_length);
  if (input_.size() < wanted) {
    read();
    return false;
  }
  body_ = input_.substr(0, wanted);
  input_.erase(0, wanted);
  return true;
}

void Connection::finish_request() {
  SinkRequest request;
  request.received_at = utc_now();
  request.method = head_.method;
  request.target = head_.target;
  for (const auto& [name, value] : head_.headers) request.headers.emplace_back(name, value);
  request.body = std::move(body_);
  body_.clear();
  scanner_.reset();
  chunked_.reset();
  head_length_ = 0;
  act(server_->decide(std::move(request)));
}

void Connection::refuse(const http::Refusal& refusal) {
  send(
      fmt::format(
          "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}\n",
          refusal.detail.size() + 1, refusal.detail),
      true);
}

void Connection::act(const SinkAnswer& wanted) {
  answered_ = wanted.answered;
  switch (wanted.behaviour.kind) {
    case Kind::kAnswer:
    case Kind::kFlaky:
    case Kind::kRetryAfter:
      return answer(wanted.behaviour.status, wanted);
    case Kind::kRedirect:
      return answer(302, wanted);
    case Kind::kSlow:
      timer_.expires_after(wanted.behaviour.delay);
      timer_.async_wait([self = shared_from_this(), wanted](ErrorCode error) {
        if (!error) self->answer(200, wanted);
      });
      return;
    case Kind::kHang:
      return watch_for_close();
    case Kind::kDrip:
      watch_for_close();
      output_ = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000000\r\n\r\n";
      return drip();
    case Kind::kFlood:
      output_ = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
      return flood();
    case Kind::kClose:
      return close();
    case Kind::kGarbage:
      return send("\x16\x03\x01 this is not HTTP\r\n\r\n", true);
  }
}

void Connection::answer(int status, const SinkAnswer& wanted) {
  const bool keep_alive = framing_.keep_alive;
  send(fmt::format("HTTP/1.1 {} {}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n{}{}\r\n{}", status,
                   reason_phrase(status), wanted.body.size(), wanted.header_lines,
                   keep_alive ? "" : "Connection: close\r\n", wanted.body),
       !keep_alive);
}

void Connection::send(std::string bytes, bool then_close) {
  output_ = std::move(bytes);
  asio::async_write(socket_, asio::buffer(output_),
                    [self = shared_from_this(), then_close](ErrorCode error, std::size_t) {
                      if (error || then_close) return self->close();
                      self->tell_answered();
                      self->advance();
                    });
}

/// The peer's end of a connection that gets no proper answer must be noticed, or it would stay open.
void Connection::watch_for_close() {
  input_.resize(kReadSize);
  socket_.async_read_some(asio::buffer(input_), [self = shared_from_this()](ErrorCode error, std::size_t) {
    if (error) return self->close();
    self->watch_for_close();
  });
}

void Connection::drip() {
  asio::async_write(socket_, asio::buffer(output_), [self = shared_from_this()](ErrorCode error, std::size_t) {
    if (error) return self->close();
    self->output_ = ".";
    self->timer_.expires_after(kDripInterval);
    self->timer_.async_wait([self](ErrorCode cancelled) {
      if (!cancelled) self->drip();
    });
  });
}

void Connection::flood() {
  asio::async_write(socket_, asio::buffer(output_), [self = shared_from_this()](ErrorCode error, std::size_t) {
    if (error) return self->close();
    if (!self->output_.ends_with("~\r\n")) {
      constexpr std::size_t kChunk = 65536;
      self->output_ = fmt::format("{:x}\r\n{}\r\n", kChunk, std::string(kChunk, '~'));
    }
    self->flood();
  });
}

}  // namespace

std::string_view SinkRequest::header(std::string_view name) const {
  std::string lower(name);
  for (char& letter : lower) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  for (const auto& [field, value] : headers) {
    if (http::equals_ignoring_case(field, lower)) return value;
  }
  return {};
}

Result<std::unique_ptr<SinkServer>> SinkServer::listen(asio::io_context& io, const http::ListenAddress& address,
                                                       Decide decide) {
  auto server = std::make_unique<Server>(io, std::move(decide));
  if (const auto opened = server->open(address); !opened) return std::unexpected(opened.error());
  return server;
}

}  // namespace yizhan::cli
