// Percent-encoding (RFC 3986 section 2.1), as it stands in paths, queries and forms.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yizhan::http {

/// The bytes that `text` stands for: `%hh` decoded and, with `plus_is_space`, `+` too. Empty when a `%` lacks its two
/// hexadecimal digits. The result may be any bytes, NUL included.
std::optional<std::string> percent_decoded_bytes(std::string_view text, bool plus_is_space);

/// Appends `text` with every byte encoded that is not unreserved (letters, digits, `-`, `.`, `_`, `~`): fit for any
/// part of a path or a query.
void append_percent_encoded(std::string& out, std::string_view text);

}  // namespace yizhan::http
