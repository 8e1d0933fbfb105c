// As much of HTTP/1.1 as the driver needs: whole messages with Content-Length, from a buffer, without copying. It
// shares no code with the service, so that a mistake there cannot hide here.
#pragma once

#include <cstddef>
#include <string_view>

namespace yizhan::bench {

/// A view into the buffer it was found in.
struct Message {
  std::string_view start_line;
  std::string_view header_lines;  ///< each `Name: value\r\n`
  std::string_view body;
  std::size_t size = 0;  ///< bytes of the whole message

  /// Empty when absent. `name` is compared without regard to case.
  std::string_view header(std::string_view name) const;
  /// Of a response; 0 when the start line is not one.
  int status() const;
  /// Of a request: the target of its start line.
  std::string_view target() const;
};

enum class Found { kMessage, kIncomplete, kBroken };

/// The first message in `bytes`. kBroken: chunked, or no length where the start line is not HTTP/1.1.
Found find_message(std::string_view bytes, Message& message);

}  // namespace yizhan::bench
