// A server on its own thread and a peer that writes whatever bytes it likes.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "http/server.h"

namespace yizhan::http {

class RunningServer {
 public:
  explicit RunningServer(Server::Handler handler, ServerOptions options = {},
                         const ListenAddress& address = {"127.0.0.1", 0})
      : work_(asio::make_work_guard(io)) {
    auto listening = Server::listen(io, address, std::move(options), std::move(handler));
    if (!listening) throw std::runtime_error(listening.error().message);
    server = std::move(*listening);
    port = server->address().port;
    thread_ = std::thread([this] { io.run(); });
  }
  ~RunningServer() {
    asio::post(io, [this] {
      server.reset();
      work_.reset();
    });
    thread_.join();
  }

  /// Runs `function` on the server's thread and answers what it returns.
  template <class Function>
  auto on_thread(Function function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    auto result = task.get_future();
    asio::post(io, [&task] { task(); });
    return result.get();
  }
  ServerCounters counters() {
    return on_thread([this] { return server->counters(); });
  }

  asio::io_context io;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;

 private:
  asio::executor_work_guard<Executor> work_;
  std::thread thread_;
};

/// A response taken apart.
struct RawResponse {
  int status = 0;
  std::string head;
  std::string body;

  bool has_line(std::string_view line) const { return head.find("\r\n" + std::string(line) + "\r\n") != head.npos; }
};

class RawPeer {
 public:
  explicit RawPeer(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // A test that would wait for ever fails instead.
    const timeval patience{60, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawPeer() {
    if (socket_ >= 0) ::close(socket_);
  }
  RawPeer(RawPeer&& other) noexcept : connected(other.connected), socket_(std::exchange(other.socket_, -1)) {}
  RawPeer& operator=(RawPeer&&) = delete;

  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void finish_sending() const { ::shutdown(socket_, SHUT_WR); }

  /// The next response; status 0 when the connection ended before it was whole.
  RawResponse receive(bool head_only = false) {
    RawResponse response;
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive_some()) return response;
    }
    response.head = received_.substr(0, end + 2);
    received_.erase(0, end + 4);
    const auto length_at = response.head.find("\r\nContent-Length: ");
    const std::size_t length = length_at == std::string::npos ? 0 : std::stoul(response.head.substr(length_at + 18));
    while (!head_only && received_.size() < length) {
      if (!receive_some()) return response;
    }
    if (!head_only) {
      response.body = received_.substr(0, length);
      received_.erase(0, length);
    }
    response.status = std::stoi(response.head.substr(9, 3));
    return response;
  }
  /// Whether something has arrived by now.
  bool has_received() const {
    pollfd readable{socket_, POLLIN, 0};
    return !received_.empty() || ::poll(&readable, 1, 0) > 0;
  }
  /// True when the peer ends the connection without sending anything more.
  bool ended() { return received_.empty() && !receive_some() && end_seen_; }
  /// Everything until the end.
  std::string receive_all() {
    while (receive_some()) {
    }
    return std::exchange(received_, {});
  }

  bool connected = false;
  bool was_reset = false;  ///< the connection did not end in order

 private:
  bool receive_some() {
    char bytes[65536];
    const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
    was_reset = count < 0 && errno == ECONNRESET;
    end_seen_ = count == 0 || was_reset;
    if (count <= 0) return false;
    received_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  int socket_;
  bool end_seen_ = false;
  std::string received_;
};

/// Answers with the method, the path and the body, separated by spaces.
inline void echo(ServerRequest& request, Responder responder) {
  ServerResponse response;
  response.content_type = "text/plain";
  response.body = std::string(request.method) + " " + std::string(request.path) + " " + request.body;
  responder.answer(response);
}

}  // namespace yizhan::http
