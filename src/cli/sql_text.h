// Reading SQL as people write it: where a statement ends, and what it says without its values.
#pragma once

#include <string>
#include <string_view>

namespace yizhan::cli {

/// True when `text` ends with a complete statement: a `;` that stands outside of quotes, comments and dollar quotes,
/// with nothing but blanks and comments after it. Also for text that is blank.
bool ends_statement(std::string_view text);

/// `text` for a record that must not hold anybody's data: strings become `'…'`, long numbers `#`, comments are left
/// out, what stands between is one line. At most `longest` bytes.
std::string without_values(std::string_view text, std::size_t longest);

/// Whether every statement of `text` only looks: SELECT, EXPLAIN, SHOW, VALUES, PRAGMA, or a transaction's ends.
bool only_looks(std::string_view text);

}  // namespace yizhan::cli
