// A server for tests that does to a client exactly what its script says, byte by byte: answers well, badly, slowly, too
// much or not at all. Real sockets; one thread for each connection; TLS on request. Scripts wait for the peer's acts
// (a request read, a close seen), never for time.
#pragma once

#include <openssl/types.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace yizhan::http::test {

/// The server's end of one connection. Used on the connection's thread only, but for `cut`.
class Peer {
 public:
  Peer(int socket, SSL* tls);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// Reads one request, head and body as Content-Length says. Empty when the client closed instead.
  std::string read_request();
  /// False when the client is gone.
  bool send(std::string_view bytes);
  /// Blocks until the client closes; false if it sends something instead.
  bool wait_for_close();
  /// Forgets what was received and not yet read.
  void discard() { received_.clear(); }
  /// A FIN (with TLS: close_notify first), and nothing more is sent; reading goes on.
  void end_sending();
  /// Closes in order.
  void close();
  /// Closes with a reset.
  void reset();
  bool tls_resumed() const;
  /// The name that the client indicated (SNI); empty when it did not.
  std::string server_name() const;
  /// The client's certificate's subject; empty when it showed none.
  std::string client_subject() const;
  /// From another thread: makes every blocked call return.
  void cut();

 private:
  bool fill();
  void close_socket();
  std::mutex mutex_;
  int socket_;  // closed, and cut, under mutex_
  SSL* tls_;
  std::string received_;
};

struct ServerIdentity {
  std::string certificate_file;
  std::string key_file;
  std::string client_ca_file;  ///< set: clients must show a certificate that this authority issued
  int max_tls_version = 0;     ///< 0: any; else as TLS1_1_VERSION
};

class HostileServer {
 public:
  /// Runs once for each connection (after the TLS handshake, when it succeeds); the connection closes when it returns.
  /// `connection` counts from 0.
  using Script = std::function<void(Peer& peer, int connection)>;

  struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    ServerIdentity* tls = nullptr;
    int backlog = 1024;
    bool accepts = true;  ///< false: connections stay in the kernel's queue, unanswered
  };

  explicit HostileServer(Script script) : HostileServer(Options{}, std::move(script)) {}
  HostileServer(const Options& options, Script script);
  ~HostileServer();
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  std::uint16_t port() const { return port_; }
  /// `http://127.0.0.1:port` + path
  std::string url(std::string_view path = "/") const;
  int connections() const;
  int handshake_failures() const;
  /// Blocks until that many connections have been accepted.
  void wait_for_connections(int count);

 private:
  void accept_loop();
  void serve(int socket, int number);

  Options options_;
  Script script_;
  SSL_CTX* context_ = nullptr;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Peer*> open_;             // guarded by mutex_
  std::vector<std::thread> threads_;  // guarded by mutex_
  int connections_ = 0;               // guarded by mutex_
  int handshake_failures_ = 0;        // guarded by mutex_
  bool stopping_ = false;             // guarded by mutex_
  std::thread acceptor_;
};

/// A listener whose queue is full: who wants to connect gets no answer at all, as from behind a packet filter.
class FullListener {
 public:
  explicit FullListener(const std::string& address = "127.0.0.1", std::uint16_t port = 0);
  ~FullListener();
  std::string url() const { return server_.url(); }

 private:
  HostileServer server_;
  std::vector<int> fillers_;
};

/// A complete response with that body.
std::string response_with(std::string_view status_line, std::string_view body = "", std::string_view extra_lines = "");
/// Answers every request on the connection with 200 until the client closes.
void answer_all(Peer& peer, int connection);

/// Something that one thread does and another waits for.
class Signal {
 public:
  void set();
  void wait();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

}  // namespace yizhan::http::test
