// The ranges are those of the IANA registries "IPv4 Special-Purpose Address Space" and "IPv6 Special-Purpose Address
// Space" (RFC 6890) that are not globally reachable, plus multicast, class E and the deprecated forms. Blocks with
// small globally reachable exceptions (192.0.0.0/24, 2001::/23) are refused whole: nothing that takes callbacks lives
// there.
#include "http/address_guard.h"

#include <array>
#include <cstdint>

namespace yizhan::http {
namespace {

struct Range4 {
  std::uint32_t first;
  unsigned prefix_length;
  std::string_view reason;

  constexpr bool contains(std::uint32_t address) const { return (address ^ first) >> (32 - prefix_length) == 0; }
};

constexpr std::uint32_t ipv4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr std::array kRefused4{
    Range4{ipv4(0, 0, 0, 0), 8, "\"this network\""},
    Range4{ipv4(10, 0, 0, 0), 8, "private network"},
    Range4{ipv4(100, 64, 0, 0), 10, "carrier-grade NAT network"},
    Range4{ipv4(127, 0, 0, 0), 8, "loopback"},
    Range4{ipv4(169, 254, 0, 0), 16, "link-local"},
    Range4{ipv4(172, 16, 0, 0), 12, "private network"},
    Range4{ipv4(192, 0, 0, 0), 24, "IETF protocol assignments"},
    Range4{ipv4(192, 0, 2, 0), 24, "documentation network"},
    Range4{ipv4(192, 88, 99, 0), 24, "6to4 relay anycast"},
    Range4{ipv4(192, 168, 0, 0), 16, "private network"},
    Range4{ipv4(198, 18, 0, 0), 15, "benchmarking network"},
    Range4{ipv4(198, 51, 100, 0), 24, "documentation network"},
    Range4{ipv4(203, 0, 113, 0), 24, "documentation network"},
    Range4{ipv4(224, 0, 0, 0), 4, "multicast"},
    Range4{ipv4(240, 0, 0, 0), 4, "reserved"},
};

/// What a machine may learn about itself, credentials included, by asking.
constexpr std::array kMetadata4{
    ipv4(169, 254, 169, 254),  // AWS, Google, Azure, OpenStack, DigitalOcean, Huawei and others
    ipv4(169, 254, 170, 2),    // AWS ECS task credentials
    ipv4(169, 254, 170, 23),   // AWS EKS pod identity
    ipv4(169, 254, 0, 23),     // Tencent
    ipv4(169, 254, 42, 42),    // Scaleway
    ipv4(100, 100, 100, 200),  // Alibaba
    ipv4(100, 96, 0, 96),      // Volcengine
    ipv4(192, 0, 0, 192),      // Oracle
    ipv4(168, 63, 129, 16),    // Azure wire server: a global address
};

/// An IPv6 address as two halves, most significant first.
struct Wide {
  std::uint64_t high;
  std::uint64_t low;
  bool operator==(const Wide&) const = default;
};

constexpr std::array kMetadata6{
    Wide{0xfd00'0ec2'0000'0000, 0x0254},                 // AWS fd00:ec2::254
    Wide{0xfd00'0ec2'0000'0000, 0x0023},                 // AWS EKS fd00:ec2::23
    Wide{0xfd20'00ce'0000'0000, 0x0254},                 // Google fd20:ce::254
    Wide{0xfd00'0042'0000'0000, 0x0042},                 // Scaleway fd00:42::42
    Wide{0xfe80'0000'0000'0000, 0x0000'0000'a9fe'a9fe},  // OpenStack fe80::a9fe:a9fe
};

/// Ranges of IPv6 are told by their first 64 bits at most.
struct Range6 {
  std::uint64_t first;
  unsigned prefix_length;
  std::string_view reason;

  constexpr bool contains(Wide address) const { return (address.high ^ first) >> (64 - prefix_length) == 0; }
};

constexpr std::array kRefused6{
    Range6{0x0064'ff9b'0001'0000, 48, "local-use NAT64"},
    Range6{0x0100'0000'0000'0000, 64, "discard-only"},
    Range6{0x0100'0000'0000'0001, 64, "dummy prefix"},
    Range6{0x2001'0000'0000'0000, 32, "Teredo"},
    Range6{0x2001'0000'0000'0000, 23, "IETF protocol assignments"},
    Range6{0x2001'0db8'0000'0000, 32, "documentation network"},
    Range6{0x3fff'0000'0000'0000, 20, "documentation network"},
    Range6{0x5f00'0000'0000'0000, 16, "segment routing"},
    Range6{0xfc00'0000'0000'0000, 7, "unique local (private) network"},
    Range6{0xfe80'0000'0000'0000, 10, "link-local"},
    Range6{0xfec0'0000'0000'0000, 10, "site-local"},
    Range6{0xff00'0000'0000'0000, 8, "multicast"},
};

constexpr std::string_view kMetadataReason = "cloud metadata service";

bool is_metadata4(std::uint32_t address) {
  for (const std::uint32_t known : kMetadata4) {
    if (known == address) return true;
  }
  return false;
}

std::string_view refusal4(std::uint32_t address) {
  for (const Range4& range : kRefused4) {
    if (range.contains(address)) return range.reason;
  }
  return {};
}

Wide wide_of(const asio::ip::address_v6& address) {
  Wide wide{0, 0};
  const auto bytes = address.to_bytes();
  for (std::size_t i = 0; i < 8; ++i) {
    wide.high = wide.high << 8 | bytes[i];
    wide.low = wide.low << 8 | bytes[i + 8];
  }
  return wide;
}

/// Up to two IPv4 addresses that packets to an IPv6 address may end up at.
struct Embedded4 {
  std::array<std::uint32_t, 2> address{};
  std::size_t count = 0;

  void add(std::uint64_t bits) { address[count++] = static_cast<std::uint32_t>(bits); }
};

Embedded4 embedded4(Wide wide) {
  Embedded4 found;
  const std::uint64_t low32 = wide.low & 0xffff'ffff;
  if (wide.high >> 48 == 0x0064 || wide.high == 0) {
    // NAT64, RFC 6052, and its local-use prefix, RFC 8215 (in the /96 form); compatible and mapped, RFC 4291
    found.add(low32);
  } else if (wide.high >> 48 == 0x2002) {
    found.add(wide.high >> 16 & 0xffff'ffff);  // 6to4, RFC 3056
  } else if (wide.high >> 32 == 0x2001'0000) {
    found.add(wide.high & 0xffff'ffff);  // Teredo server, RFC 4380
    found.add(~low32 & 0xffff'ffff);     // Teredo client, written inverted
  }
  // ISATAP, RFC 5214: 0000:5efe or 0200:5efe before the IPv4 address, below any prefix.
  const std::uint64_t marker = wide.low >> 32;
  if (found.count < 2 && (marker == 0x0000'5efe || marker == 0x0200'5efe)) found.add(low32);
  return found;
}

bool is_metadata6(Wide wide, const Embedded4& embedded) {
  for (const Wide& known : kMetadata6) {
    if (known == wide) return true;
  }
  for (std::size_t i = 0; i < embedded.count; ++i) {
    if (is_metadata4(embedded.address[i])) return true;
  }
  return false;
}

std::string_view refusal6(Wide wide, const Embedded4& embedded) {
  if (wide.high == 0) {
    if (wide.low == 0) return "unspecified address";
    if (wide.low == 1) return "loopback";
    if (wide.low >> 32 == 0) return "IPv4-compatible address";
  }
  for (const Range6& range : kRefused6) {
    if (range.contains(wide)) return range.reason;
  }
  const bool is_nat64 = wide.high == 0x0064'ff9b'0000'0000 && wide.low >> 32 == 0;
  if (wide.high >> 61 != 1 && !is_nat64) return "not a global unicast address";  // outside 2000::/3
  for (std::size_t i = 0; i < embedded.count; ++i) {
    if (const auto reason = refusal4(embedded.address[i]); !reason.empty()) return reason;
  }
  return {};
}

bool any_contains(const std::vector<Network>& networks, const asio::ip::address& address) {
  for (const Network& network : networks) {
    if (network.contains(address)) return true;
  }
  return false;
}

}  // namespace

AddressGuard::AddressGuard(std::vector<Network> allowed) : allowed_(std::move(allowed)) {}

std::string_view AddressGuard::refusal(const asio::ip::address& address,
                                       const std::vector<Network>* extra_allowed) const {
  // A mapped address is connected to as the IPv4 address in it, so it is judged, and may be allowed, as that.
  asio::ip::address judged = address;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    judged = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  std::string_view reason;
  if (judged.is_v4()) {
    const std::uint32_t bits = judged.to_v4().to_uint();
    if (is_metadata4(bits)) return kMetadataReason;
    reason = refusal4(bits);
  } else {
    const Wide wide = wide_of(judged.to_v6());
    const Embedded4 embedded = embedded4(wide);
    if (is_metadata6(wide, embedded)) return kMetadataReason;
    if (judged.to_v6().scope_id() != 0) return "address with a zone";
    reason = refusal6(wide, embedded);
  }
  if (reason.empty()) return {};
  if (any_contains(allowed_, judged) || (extra_allowed != nullptr && any_contains(*extra_allowed, judged))) return {};
  return reason;
}

}  // namespace yizhan::http
