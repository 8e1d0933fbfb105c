#include "cli/sql_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

#include "base/utf8.h"

namespace yizhan::cli {
namespace {

bool is_name_character(char character) {
  return std::isalnum(static_cast<unsigned char>(character)) != 0 || character == '_';
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

/// PostgreSQL's E'…': a backslash takes the quote after it in.
std::size_t skip_escaped(std::string_view text) {
  for (std::size_t i = 2; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '\'') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

struct Piece {
  enum class Kind { kBlank, kComment, kString, kName, kWord, kEnd, kOther } kind = Kind::kOther;
  std::size_t length = 1;  ///< npos: it does not end in this text
};

/// The piece at the front of `text`, which is not empty. Doubled quotes close and open again: two strings in a row.
Piece next_piece(std::string_view text) {
  const char first = text.front();
  if (text.starts_with("--")) {
    const std::size_t end = text.find('\n');
    return {Piece::Kind::kComment, end == std::string_view::npos ? text.size() : end + 1};
  }
  if (text.starts_with("/*")) return {Piece::Kind::kComment, skip_past(text, 2, "*/")};
  if (text.starts_with("E'") || text.starts_with("e'")) return {Piece::Kind::kString, skip_escaped(text)};
  if (first == '\'') return {Piece::Kind::kString, skip_past(text, 1, "'")};
  if (first == '"') return {Piece::Kind::kName, skip_past(text, 1, "\"")};
  if (const std::size_t opening = dollar_quote(text); opening > 0) {
    return {Piece::Kind::kString, skip_past(text, opening, text.substr(0, opening))};
  }
  if (first == ';') return {Piece::Kind::kEnd};
  if (first == ' ' || first == '\t' || first == '\n' || first == '\r') return {Piece::Kind::kBlank};
  if (is_name_character(first)) {
    const auto end = std::ranges::find_if_not(text, is_name_character);
    return {Piece::Kind::kWord, static_cast<std::size_t>(end - text.begin())};
  }
  return {};
}

bool is_long_number(std::string_view word) {
  constexpr std::size_t kLongNumber = 5;
  return word.size() >= kLongNumber && std::isdigit(static_cast<unsigned char>(word.front())) != 0;
}

bool is_plain_name(std::string_view quoted) {
  return std::ranges::all_of(quoted.substr(1, quoted.size() - 2), is_name_character);
}

std::string in_capitals(std::string_view word) {
  std::string capitals(word);
  for (char& character : capitals) character = static_cast<char>(std::toupper(static_cast<unsigned char>(character)));
  return capitals;
}

}  // namespace

bool ends_statement(std::string_view text) {
  bool complete = true;
  while (!text.empty()) {
    const Piece piece = next_piece(text);
    if (piece.kind == Piece::Kind::kEnd) {
      complete = true;
    } else if (piece.kind != Piece::Kind::kBlank && piece.kind != Piece::Kind::kComment) {
      complete = false;
    }
    if (piece.length == std::string_view::npos) return false;
    text.remove_prefix(piece.length);
  }
  return complete;
}

std::string without_values(std::string_view text, std::size_t longest) {
  std::string kept;
  const auto add = [&](std::string_view words) {
    if (words == " " && (kept.empty() || kept.ends_with(' '))) return;
    if (words == "'…'" && kept.ends_with("'…'")) return;
    kept += words;
  };
  while (!text.empty()) {
    const Piece piece = next_piece(text);
    const std::string_view words = text.substr(0, piece.length);
    switch (piece.kind) {
      case Piece::Kind::kBlank:
      case Piece::Kind::kComment:
        add(" ");
        break;
      case Piece::Kind::kString:
        add("'…'");
        break;
      case Piece::Kind::kName:  // SQLite takes one that is no column for a string
        add(piece.length != std::string_view::npos && is_plain_name(words) ? words : "'…'");
        break;
      case Piece::Kind::kWord:
        add(is_long_number(words) ? "#" : words);
        break;
      case Piece::Kind::kEnd:
      case Piece::Kind::kOther:
        add(words);
    }
    text.remove_prefix(std::min(piece.length, text.size()));
  }
  while (kept.ends_with(' ')) kept.pop_back();
  return std::string(utf8_prefix(kept, longest));
}

bool only_looks(std::string_view text) {
  constexpr std::array<std::string_view, 13> kLooking{"SELECT",   "EXPLAIN",   "SHOW",   "VALUES", "TABLE",
                                                      "PRAGMA",   "BEGIN",     "START",  "COMMIT", "END",
                                                      "ROLLBACK", "SAVEPOINT", "RELEASE"};
  bool at_beginning = true;
  while (!text.empty()) {
    const Piece piece = next_piece(text);
    if (piece.kind == Piece::Kind::kEnd) {
      at_beginning = true;
    } else if (piece.kind != Piece::Kind::kBlank && piece.kind != Piece::Kind::kComment && at_beginning) {
      if (std::ranges::find(kLooking, in_capitals(text.substr(0, piece.length))) == kLooking.end()) return false;
      at_beginning = false;
    }
    text.remove_prefix(std::min(piece.length, text.size()));
  }
  return true;
}

}  // namespace yizhan::cli
