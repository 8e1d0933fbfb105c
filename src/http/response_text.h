// An answer as it goes onto the wire.
#pragma once

#include <array>
#include <ctime>
#include <string>
#include <string_view>

#include "http/server.h"

namespace yizhan::http {

/// `OK`, `Not Found`, …; `Status` for one that has no name here.
std::string_view reason_phrase(int status);

/// The field Date, made once a second.
class DateText {
 public:
  /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7); valid until the next call.
  std::string_view now();

 private:
  std::time_t second_ = -1;
  std::array<char, 29> text_{};
};

enum class ConnectionField { kNone, kClose, kKeepAlive };

/// Appends status line, fields and, unless `head_only`, the body. Writes Content-Length itself; 204 and 304 have none.
void append_response(std::string& out, const ServerResponse& response, std::string_view date,
                     ConnectionField connection, bool head_only);

}  // namespace yizhan::http
