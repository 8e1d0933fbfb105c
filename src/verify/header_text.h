// Text that comes from elsewhere as the value of a header that we send.
#pragma once

#include <string>
#include <string_view>

namespace yizhan::verify {

/// Appends `text`; bytes other than visible ASCII (0x21–0x7E) are percent-encoded, so that no event id or type can end
/// a header line and begin another (an id set by SQL may be any text).
void append_header_text(std::string& out, std::string_view text);

/// Whether `name` is a token (RFC 9110 section 5.6.2), as a header's name has to be.
bool is_header_name(std::string_view name);

/// Compares header names: without regard to ASCII case.
bool same_header_name(std::string_view left, std::string_view right);

}  // namespace yizhan::verify
