// Retry-After as a hostile server sends it (fault 24): whatever comes, the wait is within its bounds.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "domain/retry_after.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  constexpr UtcTime kNow{Seconds{1777777777}};
  constexpr Seconds kCap{3600};
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  const auto wait = parse_retry_after(value, kNow, kCap);
  if (wait && (*wait <= Microseconds::zero() || *wait > kCap)) std::abort();
  return 0;
}
