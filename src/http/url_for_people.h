// A URL as messages and logs may show it.
#pragma once

#include <string>
#include <string_view>

namespace yizhan::http {

/// `text`, which may be a URL or nonsense, without user information and query, where secrets stand; printable, not
/// long.
std::string url_for_people(std::string_view text);

}  // namespace yizhan::http
