// Text as PostgreSQL takes it: UTF-8 without NUL.
#pragma once

#include <string>
#include <string_view>

namespace yizhan::store::postgres {

/// Whether a text column can hold it as it is.
bool is_storable(std::string_view text);

/// The same text with U+FFFD for each byte that a text column cannot hold. For what is shown to people and must be kept
/// whatever a hostile server put into it.
std::string storable_text(std::string_view text);

}  // namespace yizhan::store::postgres
