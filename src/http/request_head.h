// The head of a request, read strictly (RFC 9112). Whatever two programs might read in two ways is refused, because
// behind such a difference a second request can hide (request smuggling, fault 35):
//
//   refused with 400                                              because
//   a line that ends with a bare LF, a bare CR anywhere           some end lines there, others do not
//   space before a field's colon, a line that begins with space   some take it off or join it, others do not
//   Content-Length twice, as a list, signed, or not a number      two lengths, or one that not all can read
//   Content-Length with Transfer-Encoding                         the classic pair
//   Transfer-Encoding twice, in HTTP/1.0, or obscured             "chunked" to some, nothing to others
//   no Host, two of them, or one that is no host                  two sites
//   control characters, NUL, a method or name that is no token
//
// The connection closes after any of them.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "http/ascii_case.h"
#include "http/server.h"

namespace yizhan::http {

inline constexpr std::size_t kRequestLineLimit = 8192;

/// What to answer to a request that is refused; `code` is one of server_problems().
struct Refusal {
  std::string_view code;
  std::string detail;
};

/// Finds the end of a head in bytes that come in piece by piece; each byte is looked at once.
class HeadScanner {
 public:
  /// `bytes` begins where the request begins and only grows from call to call. The head's length with its empty line,
  /// or 0 while it is not complete.
  std::expected<std::size_t, Refusal> scan(std::string_view bytes, std::size_t head_limit);
  void reset() { scanned_ = line_start_ = 0; }

 private:
  std::size_t scanned_ = 0;
  std::size_t line_start_ = 0;
};

/// How the body is delimited and what happens to the connection afterwards.
struct Framing {
  std::uint64_t content_length = 0;
  bool chunked = false;
  bool keep_alive = true;
  bool http_1_0 = false;
  bool expect_continue = false;
};

/// Reads a complete head into `request` (method, target, path, query, headers: views into `head`) and `framing`.
std::optional<Refusal> parse_head(std::string_view head, std::size_t field_limit, ServerRequest& request,
                                  Framing& framing);

/// The length of the field line's name when the line is a proper one, or why it is not. Shared with the trailer
/// section.
std::optional<Refusal> check_field_line(std::string_view line, std::size_t& name_length);

}  // namespace yizhan::http
