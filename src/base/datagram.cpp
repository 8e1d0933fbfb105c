#include "base/datagram.h"

#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

namespace yizhan {
namespace {

constexpr timeval kPatience{.tv_sec = 1, .tv_usec = 0};

}  // namespace

std::optional<DatagramSender> DatagramSender::to(std::string_view path) {
  sockaddr_un address{};
  // An abstract name begins with a zero byte.
  if (path.empty() || (path[0] != '/' && path[0] != '@') || path.size() >= sizeof(address.sun_path))
    return std::nullopt;
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, address.sun_path);
  if (path[0] == '@') address.sun_path[0] = '\0';
  Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return std::nullopt;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
  return DatagramSender(std::move(socket), address,
                        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size()));
}

DatagramSender::DatagramSender(Descriptor socket, const sockaddr_un& address, socklen_t length)
    : socket_(std::move(socket)), address_(address), length_(length) {}

int DatagramSender::send(std::string_view message) {
  for (;;) {
    const int flags = MSG_NOSIGNAL | (stalled_ ? MSG_DONTWAIT : 0);
    const auto* address = reinterpret_cast<const sockaddr*>(&address_);
    const bool sent = ::sendto(socket_.get(), message.data(), message.size(), flags, address, length_) >= 0;
    if (!sent && errno == EINTR) continue;
    stalled_ = !sent && errno == EAGAIN;
    return sent ? 0 : errno;
  }
}

}  // namespace yizhan
