#include "cli/sql_text.h"

#include <cstddef>

namespace yizhan::cli {
namespace {

bool is_name_character(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') || character == '_';
}

/// The length of a dollar quote's opening (`$$`, `$body$`) at the front; 0 when there is none.
std::size_t dollar_quote(std::string_view text) {
  if (!text.starts_with('$')) return 0;
  std::size_t length = 1;
  while (length < text.size() && is_name_character(text[length])) ++length;
  return length < text.size() && text[length] == '$' ? length + 1 : 0;
}

/// Where the piece that begins at the front of `text` ends; npos when it does not end here.
std::size_t skip_past(std::string_view text, std::size_t from, std::string_view end) {
  const std::size_t found = text.find(end, from);
  return found == std::string_view::npos ? found : found + end.size();
}

}  // namespace

bool ends_statement(std::string_view text) {
  bool complete = true;
  while (!text.empty()) {
    std::size_t length = 1;
    if (text.starts_with("--")) {
      const std::size_t end = text.find('\n');
      length = end == std::string_view::npos ? text.size() : end + 1;
    } else if (text.starts_with("/*")) {
      length = skip_past(text, 2, "*/");
    } else if (text.front() == '\'' || text.front() == '"') {
      // A doubled quote inside closes and opens again: the same in effect.
      length = skip_past(text, 1, text.substr(0, 1));
      complete = false;
    } else if (const std::size_t opening = dollar_quote(text); opening > 0) {
      length = skip_past(text, opening, text.substr(0, opening));
      complete = false;
    } else if (text.front() == ';') {
      complete = true;
    } else if (text.front() != ' ' && text.front() != '\t' && text.front() != '\n' && text.front() != '\r') {
      complete = false;
    }
    if (length == std::string_view::npos) return false;
    text.remove_prefix(length);
  }
  return complete;
}

}  // namespace yizhan::cli
