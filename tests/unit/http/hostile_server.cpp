#include "hostile_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace yizhan::http::test {
namespace {

void check(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

sockaddr_storage address_of(const std::string& text, std::uint16_t port, socklen_t& length) {
  sockaddr_storage storage{};
  auto* ipv4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* ipv6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (::inet_pton(AF_INET, text.c_str(), &ipv4->sin_addr) == 1) {
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons(port);
    length = sizeof *ipv4;
  } else {
    check(::inet_pton(AF_INET6, text.c_str(), &ipv6->sin6_addr) == 1, "address");
    ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = htons(port);
    length = sizeof *ipv6;
  }
  return storage;
}

}  // namespace

Peer::Peer(int socket, SSL* tls) : socket_(socket), tls_(tls) {}

Peer::~Peer() {
  close();
}

bool Peer::fill() {
  char block[16384];
  const ssize_t count = tls_ != nullptr ? SSL_read(tls_, block, sizeof block) : ::recv(socket_, block, sizeof block, 0);
  if (count <= 0) return false;
  received_.append(block, static_cast<std::size_t>(count));
  return true;
}

std::string Peer::read_request() {
  std::size_t head_end = 0;
  while ((head_end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return {};
  }
  std::size_t length = head_end + 4;
  constexpr std::string_view kField = "Content-Length: ";
  if (const std::size_t field = received_.find(kField); field != std::string::npos && field < head_end) {
    length += std::stoul(received_.substr(field + kField.size()));
  }
  while (received_.size() < length) {
    if (!fill()) return {};
  }
  std::string request = received_.substr(0, length);
  received_.erase(0, length);
  return request;
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = tls_ != nullptr ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                          : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool Peer::wait_for_close() {
  return received_.empty() && !fill();
}

void Peer::end_sending() {
  if (tls_ != nullptr) SSL_shutdown(tls_);
  ::shutdown(socket_, SHUT_WR);
}

void Peer::close() {
  if (socket_ < 0) return;
  if (tls_ != nullptr) {
    SSL_shutdown(tls_);
    SSL_free(tls_);
    tls_ = nullptr;
  }
  close_socket();
}

void Peer::close_socket() {
  const std::lock_guard lock(mutex_);
  ::close(socket_);
  socket_ = -1;
}

void Peer::reset() {
  const linger abort{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  SSL_free(tls_);
  tls_ = nullptr;
  close_socket();
}

bool Peer::tls_resumed() const {
  return SSL_session_reused(tls_) == 1;
}

std::string Peer::server_name() const {
  const char* name = SSL_get_servername(tls_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

std::string Peer::client_subject() const {
  X509* const certificate = SSL_get1_peer_certificate(tls_);
  if (certificate == nullptr) return {};
  char text[256] = {};
  X509_NAME_oneline(X509_get_subject_name(certificate), text, sizeof text);
  X509_free(certificate);
  return text;
}

void Peer::cut() {
  const std::lock_guard lock(mutex_);
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

HostileServer::HostileServer(const Options& options, Script script) : options_(options), script_(std::move(script)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets that clients have closed
  if (options_.tls != nullptr) {
    const ServerIdentity& identity = *options_.tls;
    context_ = SSL_CTX_new(TLS_server_method());
    // Also what no sane server speaks any more: the client must be the one that refuses.
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    if (identity.max_tls_version != 0) SSL_CTX_set_max_proto_version(context_, identity.max_tls_version);
    check(SSL_CTX_use_certificate_chain_file(context_, identity.certificate_file.c_str()) == 1, "certificate");
    check(SSL_CTX_use_PrivateKey_file(context_, identity.key_file.c_str(), SSL_FILETYPE_PEM) == 1, "key");
    if (!identity.client_ca_file.empty()) {
      check(SSL_CTX_load_verify_file(context_, identity.client_ca_file.c_str()) == 1, "client authority");
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    const unsigned char session_context[] = "test";
    SSL_CTX_set_session_id_context(context_, session_context, sizeof session_context);
  }
  socklen_t length = 0;
  sockaddr_storage address = address_of(options_.address, options_.port, length);
  listener_ = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(listener_ >= 0, "socket");
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  check(::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0, "bind");
  check(::listen(listener_, options_.backlog) == 0, "listen");
  length = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);  // at the same place in sockaddr_in6
  if (options_.accepts) acceptor_ = std::thread([this] { accept_loop(); });
}

HostileServer::~HostileServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (Peer* peer : open_) peer->cut();
  }
  ::shutdown(listener_, SHUT_RDWR);
  if (acceptor_.joinable()) acceptor_.join();
  ::close(listener_);
  for (std::thread& thread : threads_) thread.join();
  SSL_CTX_free(context_);
}

std::string HostileServer::url(std::string_view path) const {
  const bool bracketed = options_.address.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}{}", options_.tls != nullptr ? "https" : "http", bracketed ? "[" : "",
                     options_.address, bracketed ? "]" : "", port_, path);
}

int HostileServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

int HostileServer::handshake_failures() const {
  const std::lock_guard lock(mutex_);
  return handshake_failures_;
}

void HostileServer::wait_for_connections(int count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return connections_ >= count; });
}

void HostileServer::accept_loop() {
  while (true) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (stopping_ || socket < 0) {
      if (socket >= 0) ::close(socket);
      return;
    }
    threads_.emplace_back([this, socket, number = connections_] { serve(socket, number); });
    ++connections_;
    changed_.notify_all();
  }
}

void HostileServer::serve(int socket, int number) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  SSL* tls = nullptr;
  if (context_ != nullptr) {
    tls = SSL_new(context_);
    SSL_set_fd(tls, socket);
  }
  Peer peer(socket, tls);
  {
    const std::lock_guard lock(mutex_);
    open_.push_back(&peer);
    if (stopping_) peer.cut();
  }
  const bool ready = tls == nullptr || SSL_accept(tls) == 1;
  if (ready) {
    script_(peer, number);
  }
  const std::lock_guard lock(mutex_);
  if (!ready) ++handshake_failures_;
  open_.remove(&peer);
  peer.close();
  changed_.notify_all();
}

FullListener::FullListener(const std::string& address, std::uint16_t port)
    : server_({.address = address, .port = port, .backlog = 0, .accepts = false}, answer_all) {
  // The queue takes one more than it was told; those after it wait for an answer that does not come.
  for (int i = 0; i < 3; ++i) {
    socklen_t length = 0;
    const sockaddr_storage target = address_of(address, server_.port(), length);
    fillers_.push_back(::socket(target.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    static_cast<void>(::connect(fillers_.back(), reinterpret_cast<const sockaddr*>(&target), length));
  }
}

FullListener::~FullListener() {
  for (const int filler : fillers_) ::close(filler);
}

std::string response_with(std::string_view status_line, std::string_view body, std::string_view extra_lines) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status_line, body.size(), extra_lines, body);
}

void answer_all(Peer& peer, int) {
  while (!peer.read_request().empty()) {
    if (!peer.send(response_with("200 OK", "ok"))) return;
  }
}

void Signal::set() {
  const std::lock_guard lock(mutex_);
  set_ = true;
  changed_.notify_all();
}

void Signal::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return set_; });
}

}  // namespace yizhan::http::test
