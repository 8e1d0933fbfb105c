#include "verify/timestamp.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace yizhan::verify {

Result<void> check_timestamp(std::string_view header, std::string_view text, UtcTime now, Seconds tolerance) {
  if (text.empty()) return fail("timestamp_missing", fmt::format("The request has no {} header.", header));
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || text.front() == '-') {
    return fail("timestamp_malformed", fmt::format("The time in {} must be Unix time in whole seconds.", header));
  }
  const std::int64_t now_seconds = to_unix_seconds(now);
  if (seconds < now_seconds - tolerance.count() || seconds > now_seconds + tolerance.count()) {
    return fail("timestamp_out_of_tolerance",
                fmt::format("The time in {} is more than {} s from this machine's; an old request sent again, or a "
                            "clock that is wrong.",
                            header, tolerance.count()));
  }
  return {};
}

}  // namespace yizhan::verify
