// Where a source listens.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace yizhan::receive {

/// Where sources listen whose senders ask for no particular path.
inline constexpr std::string_view kGenericPath = "/in/{source}";

/// `pattern` with `name` in place of its one `{…}`: 1 to 64 letters, digits, `-`, `_` and `.`, and not dots alone. Code
/// `source_name_invalid`.
Result<std::string> source_path(std::string_view pattern, std::string_view name);

}  // namespace yizhan::receive
