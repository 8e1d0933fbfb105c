#include "drive/connection.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace yizhan::bench {
namespace {

constexpr std::size_t kFirstBuffer = 8192;
constexpr int kListenBacklog = 4096;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

void set_no_delay(int descriptor) {
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

int connect_to(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("socket");
  const sockaddr_in address = loopback(port);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    close(descriptor);
    errno = error;
    fail("connect");
  }
  set_no_delay(descriptor);
  fcntl(descriptor, F_SETFL, O_NONBLOCK);
  return descriptor;
}

int listen_on(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) fail("socket");
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (listen(descriptor, kListenBacklog) != 0) fail("listen");
  return descriptor;
}

int accept_from(int listener) {
  const int descriptor = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor >= 0) set_no_delay(descriptor);
  return descriptor;
}

Connection::Connection(Poller& poller, int descriptor)
    : poller_(poller), descriptor_(descriptor), incoming_(kFirstBuffer) {
  poller_.add(descriptor_, EPOLLIN, *this);
}

Connection::~Connection() {
  close(descriptor_);
}

void Connection::ready(std::uint32_t events) {
  const bool usable =
      ((events & EPOLLOUT) == 0 || flush()) && ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0 || read_some());
  if (!usable) ended();
}

bool Connection::read_some() {
  if (filled_ == incoming_.size()) incoming_.resize(incoming_.size() * 2);
  const ssize_t count = recv(descriptor_, incoming_.data() + filled_, incoming_.size() - filled_, 0);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) return false;
  filled_ += static_cast<std::size_t>(count);

  std::size_t taken = 0;
  Message message;
  Found found = Found::kIncomplete;
  while (taken < filled_ &&
         (found = find_message({incoming_.data() + taken, filled_ - taken}, message)) == Found::kMessage) {
    received(message);
    taken += message.size;
  }
  if (taken > 0) {
    std::memmove(incoming_.data(), incoming_.data() + taken, filled_ - taken);
    filled_ -= taken;
  }
  return found != Found::kBroken;
}

void Connection::send(std::string_view bytes) {
  if (outgoing_.empty()) {
    const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count == static_cast<ssize_t>(bytes.size())) return;
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  // A broken connection is noticed by the read that epoll then asks for.
  outgoing_.append(bytes);
  poller_.change(descriptor_, EPOLLIN | EPOLLOUT, *this);
}

bool Connection::flush() {
  const ssize_t count = ::send(descriptor_, outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  outgoing_.erase(0, static_cast<std::size_t>(count));
  if (outgoing_.empty()) poller_.change(descriptor_, EPOLLIN, *this);
  return true;
}

}  // namespace yizhan::bench
