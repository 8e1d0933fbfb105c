// Writing JSON text (RFC 8259) where a document is only ever written, never read back: log lines, answers, envelopes.
#pragma once

#include <string>
#include <string_view>

namespace yizhan {

/// Appends `text` as a JSON string with its quotes. Control characters, quotes and backslashes are escaped; bytes that
/// are not valid UTF-8 become U+FFFD, so that the result is always valid JSON.
void append_json_string(std::string& out, std::string_view text);

}  // namespace yizhan
