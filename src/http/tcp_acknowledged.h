// What the kernel knows of a connection beyond what was written to it: how much of it the peer has.
#pragma once

#include <cstdint>
#include <optional>

namespace yizhan::http {

/// How many bytes of ours the peer's kernel has acknowledged on this TCP socket, the SYN counted as one (RFC 4898,
/// tcpEStatsAppHCThruOctetsAcked). Empty where the system does not tell.
std::optional<std::uint64_t> tcp_bytes_acknowledged(int socket);

}  // namespace yizhan::http
