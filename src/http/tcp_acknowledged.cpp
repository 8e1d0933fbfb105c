// A unit of its own: the kernel's header, which knows the newer fields of tcp_info, cannot be included beside the C
// library's, which Asio includes.
#include "http/tcp_acknowledged.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

namespace yizhan::http {

std::optional<std::uint64_t> tcp_bytes_acknowledged(int socket) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return std::nullopt;
  if (length < offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked) return std::nullopt;
  return info.tcpi_bytes_acked;
}

}  // namespace yizhan::http
