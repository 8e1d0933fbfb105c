// Event ids: UUID version 7 (RFC 9562 section 5.7), lower-case, 36 characters. They begin with the time, so that new
// rows go to the end of every index: random ids cost the store two to three times as much on insert.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace yizhan {

/// Makes ids that increase within one maker: 48 bits of Unix milliseconds, 12 bits that count within the millisecond,
/// 62 random bits. When the clock steps back the maker goes on from the last millisecond it used. Not thread-safe.
class IdMaker {
 public:
  std::string make(UtcTime now);

 private:
  Random random_;
  std::uint64_t last_ = 0;  // milliseconds << 12 | counter
};

/// A 63-bit key for a text, the same on every machine and in every version: FNV-1a with a final mix, never 0.
std::int64_t stable_key(std::string_view text);

}  // namespace yizhan
