// Reading SQL typed line by line: where a statement ends.
#pragma once

#include <string_view>

namespace yizhan::cli {

/// True when `text` ends with a complete statement: a `;` that stands outside of quotes, comments and dollar quotes,
/// with nothing but blanks and comments after it. Also for text that is blank.
bool ends_statement(std::string_view text);

}  // namespace yizhan::cli
