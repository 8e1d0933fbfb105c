// The chunked transfer coding (RFC 9112 section 7.1), read strictly:
//
//   chunk = 1*HEXDIG [ ";" extension ] CR LF  data CR LF;   last-chunk = 1*"0" [ ";" extension ] CR LF  *trailer CR LF
//
// Sizes of more than 16 digits, space around them, bare LF and anything but CR LF after the data are refused.
// Extensions and trailers are checked and dropped.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "http/request_head.h"

namespace yizhan::http {

class ChunkedBody {
 public:
  struct Progress {
    std::size_t used =
        0;  ///< bytes of the input that are done with; what remains must be given again, with more after it
    bool complete = false;
  };

  /// Appends the data in `input` to `body`. Over `body_limit` bytes in all: `body_too_large`.
  std::expected<Progress, Refusal> take(std::string_view input, std::string& body, std::size_t body_limit);
  void reset() { *this = ChunkedBody{}; }

  /// The longest size line or trailer line.
  static constexpr std::size_t kLineLimit = 1024;
  static constexpr std::size_t kTrailerLimit = 8192;

 private:
  enum class State { kSize, kData, kDataEnd, kTrailer };

  State state_ = State::kSize;
  std::uint64_t left_in_chunk_ = 0;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace yizhan::http
