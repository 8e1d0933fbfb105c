#include "base/json_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "base/hex_digit.h"
#include "base/plain_run.h"
#include "base/utf8.h"

namespace yizhan::json {
namespace {

constexpr std::size_t kQuotedKey = 64;  // bytes of a key in a message

bool is_space(char character) {
  return character == ' ' || character == '\n' || character == '\r' || character == '\t';
}
bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

/// Walks over the text. After a function returned false, what() says what was wrong at position().
class Scanner {
 public:
  Scanner(std::string_view text, std::size_t position) : text_(text), at_(position) {}

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool at_end() const { return at_ == text_.size(); }
  bool take(char character) {
    if (at_end() || text_[at_] != character) return false;
    ++at_;
    return true;
  }
  bool complain(const char* what) {
    problem_ = what;
    return false;
  }

  /// A value, checked, its kind in `kind`. `depth` counts the containers around it.
  bool value(Kind& kind, int depth) {
    if (at_end()) return complain("the text ends where a value is due");
    switch (text_[at_]) {
      case '{':
        kind = Kind::kObject;
        return container('}', true, depth);
      case '[':
        kind = Kind::kArray;
        return container(']', false, depth);
      case '"': {
        kind = Kind::kString;
        bool escaped = false;
        return string(escaped);
      }
      case 't':
        kind = Kind::kBoolean;
        return literal("true");
      case 'f':
        kind = Kind::kBoolean;
        return literal("false");
      case 'n':
        kind = Kind::kNull;
        return literal("null");
      default:
        kind = Kind::kNumber;
        return number();
    }
  }

  /// A string with its quotes; `escaped` when it has a backslash.
  bool string(bool& escaped) {
    if (!take('"')) return complain("a string in double quotes is due");
    while (true) {
      at_ += plain_json_run(text_.substr(at_));
      if (at_end()) return complain("a string is not ended");
      const char character = text_[at_];
      const auto byte = static_cast<unsigned char>(character);
      if (character == '"') {
        ++at_;
        return true;
      }
      if (character == '\\') {
        escaped = true;
        if (!escape()) return false;
      } else if (byte < 0x20) {
        return complain("a control character inside a string must be escaped");
      } else if (byte < 0x80) {
        ++at_;
      } else {
        const std::size_t length = utf8_sequence_length(text_.substr(at_));
        if (length == 0) return complain("a string is not valid UTF-8");
        at_ += length;
      }
    }
  }

  std::size_t position() const { return at_; }
  const char* what() const { return problem_; }

 private:
  bool escape() {
    const char kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (kind == 'u') {
      if (text_.size() - at_ < 6) return complain("an escape \\u needs four hexadecimal digits");
      for (std::size_t i = 2; i < 6; ++i) {
        if (hex_digit_value(text_[at_ + i]) < 0) return complain("an escape \\u needs four hexadecimal digits");
      }
      at_ += 6;
      return true;
    }
    if (kind == '\0' || std::string_view("\"\\/bfnrt").find(kind) == std::string_view::npos) {
      return complain("there is no such escape");
    }
    at_ += 2;
    return true;
  }

  bool literal(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return complain("a value is due");
    at_ += word.size();
    return true;
  }

  bool digits() {
    if (at_end() || !is_digit(text_[at_])) return false;
    while (!at_end() && is_digit(text_[at_])) ++at_;
    return true;
  }

  bool number() {
    const bool negative = take('-');
    if (take('0')) {
      if (!at_end() && is_digit(text_[at_])) return complain("a number has a leading zero");
    } else if (!digits()) {
      return complain(negative ? "a digit is due after the minus sign" : "a value is due");
    }
    if (take('.') && !digits()) return complain("a digit is due after the decimal point");
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return complain("a digit is due in the exponent");
    }
    return true;
  }

  bool container(char end, bool keyed, int depth) {
    if (depth >= kMaxDepth) return complain("the value is nested too deep; 64 levels are the limit");
    ++at_;
    skip_space();
    if (take(end)) return true;
    while (true) {
      if (keyed) {
        bool escaped = false;
        if (!string(escaped)) return false;
        skip_space();
        if (!take(':')) return complain("a colon is due after the key");
        skip_space();
      }
      Kind kind{};
      if (!value(kind, depth + 1)) return false;
      skip_space();
      if (take(end)) return true;
      if (!take(',')) return complain(keyed ? "a comma or } is due" : "a comma or ] is due");
      skip_space();
    }
  }

  std::string_view text_;
  std::size_t at_;
  const char* problem_ = "";
};

std::unexpected<Error> invalid_at(std::size_t position, std::string_view what) {
  return fail("json_invalid", fmt::format("at byte {}: {}", position, what));
}

std::unexpected<Error> complaint(const Scanner& scanner, std::size_t offset) {
  return invalid_at(offset + scanner.position(), scanner.what());
}

/// What precedes a member: the container's begin or a comma. True when a member follows, false at the proper end.
Result<bool> step(Scanner& scanner, std::size_t offset, bool& begun, char begin, char end) {
  const auto wrong = [&](const char* what) {
    scanner.complain(what);
    return complaint(scanner, offset);
  };
  scanner.skip_space();
  if (!begun) {
    if (!scanner.take(begin)) return wrong(begin == '{' ? "an object is due" : "an array is due");
    begun = true;
    scanner.skip_space();
    if (!scanner.take(end)) return true;
  } else if (!scanner.take(end)) {
    if (!scanner.take(',')) return wrong(begin == '{' ? "a comma or } is due" : "a comma or ] is due");
    scanner.skip_space();
    return true;
  }
  scanner.skip_space();
  if (!scanner.at_end()) return wrong("something follows the value");
  return false;
}

/// A UTF-16 code unit from four checked digits.
unsigned code_unit(std::string_view digits) {
  unsigned unit = 0;
  for (const char digit : digits.substr(0, 4)) unit = unit * 16 + static_cast<unsigned>(hex_digit_value(digit));
  return unit;
}

/// `inner`: what stands between the quotes of a checked string. False at half a surrogate pair.
bool unescape(std::string_view inner, std::string& out) {
  out.reserve(inner.size());
  while (!inner.empty()) {
    const std::string_view plain = inner.substr(0, inner.find('\\'));
    out += plain;
    inner.remove_prefix(plain.size());
    if (inner.empty()) break;
    const char kind = inner[1];
    inner.remove_prefix(2);
    switch (kind) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {
        unsigned unit = code_unit(inner);
        inner.remove_prefix(4);
        if (unit >= 0xd800 && unit < 0xe000) {
          const unsigned low = inner.starts_with("\\u") ? code_unit(inner.substr(2)) : 0;
          if (unit >= 0xdc00 || low < 0xdc00 || low >= 0xe000) return false;
          inner.remove_prefix(6);
          unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        }
        append_utf8(out, unit);
        break;
      }
      default:
        out += kind;
    }
  }
  return true;
}

constexpr std::string_view kHalfPair = "a string has half a surrogate pair";

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return "a boolean";
    case Kind::kNumber:
      return "a number";
    case Kind::kString:
      return "a string";
    case Kind::kArray:
      return "an array";
    case Kind::kObject:
      return "an object";
  }
  return "";
}

Result<Value> read_document(std::string_view text) {
  Scanner scanner(text, 0);
  scanner.skip_space();
  Value value;
  value.offset = scanner.position();
  if (!scanner.value(value.kind, 0)) return complaint(scanner, 0);
  value.text = text.substr(value.offset, scanner.position() - value.offset);
  scanner.skip_space();
  if (!scanner.at_end()) return invalid_at(scanner.position(), "something follows the value");
  return value;
}

ObjectReader::ObjectReader(std::string_view text, std::size_t offset) : text_(text), offset_(offset) {}

bool ObjectReader::is_repeated(std::string_view key) {
  const auto first_end = first_keys_.begin() + static_cast<std::ptrdiff_t>(first_count_);
  if (std::find(first_keys_.begin(), first_end, key) != first_end) return true;
  if (first_count_ == first_keys_.size()) return !more_keys_.insert(key).second;
  first_keys_[first_count_++] = key;
  return false;
}

Result<std::optional<Member>> ObjectReader::next() {
  Scanner scanner(text_, position_);
  const auto more = step(scanner, offset_, begun_, '{', '}');
  if (!more) return std::unexpected(more.error());
  position_ = scanner.position();
  if (!*more) return std::nullopt;

  const std::size_t key_at = scanner.position();
  bool escaped = false;
  if (!scanner.string(escaped)) return complaint(scanner, offset_);
  std::string_view key = text_.substr(key_at + 1, scanner.position() - key_at - 2);
  if (escaped) {
    std::string& storage = *unescaped_.emplace_back(std::make_unique<std::string>());
    if (!unescape(key, storage)) return invalid_at(offset_ + key_at, kHalfPair);
    key = storage;
  }
  if (is_repeated(key)) {
    return invalid_at(offset_ + key_at, fmt::format("the key \"{}\" is there twice", key.substr(0, kQuotedKey)));
  }

  scanner.skip_space();
  if (!scanner.take(':')) {
    scanner.complain("a colon is due after the key");
    return complaint(scanner, offset_);
  }
  scanner.skip_space();
  Member member;
  member.key = key;
  const std::size_t value_at = scanner.position();
  if (!scanner.value(member.value.kind, 1)) return complaint(scanner, offset_);
  member.value.text = text_.substr(value_at, scanner.position() - value_at);
  member.value.offset = offset_ + value_at;
  position_ = scanner.position();
  return member;
}

ArrayReader::ArrayReader(std::string_view text, std::size_t offset) : text_(text), offset_(offset) {}

Result<std::optional<Value>> ArrayReader::next() {
  Scanner scanner(text_, position_);
  const auto more = step(scanner, offset_, begun_, '[', ']');
  if (!more) return std::unexpected(more.error());
  position_ = scanner.position();
  if (!*more) return std::nullopt;
  Value value;
  value.offset = offset_ + position_;
  if (!scanner.value(value.kind, 1)) return complaint(scanner, offset_);
  value.text = text_.substr(position_, scanner.position() - position_);
  position_ = scanner.position();
  return value;
}

Result<std::string> read_string(const Value& value) {
  if (value.kind != Kind::kString) {
    return invalid_at(value.offset, fmt::format("a string is due, not {}", to_string(value.kind)));
  }
  std::string text;
  if (!unescape(value.text.substr(1, value.text.size() - 2), text)) return invalid_at(value.offset, kHalfPair);
  return text;
}

Result<std::int64_t> read_integer(const Value& value) {
  if (value.kind != Kind::kNumber) {
    return invalid_at(value.offset, fmt::format("an integer is due, not {}", to_string(value.kind)));
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), number);
  if (error != std::errc{} || end != value.text.data() + value.text.size()) {
    return invalid_at(value.offset, "an integer of at most 64 bits is due");
  }
  return number;
}

Result<bool> read_boolean(const Value& value) {
  if (value.kind != Kind::kBoolean) {
    return invalid_at(value.offset, fmt::format("true or false is due, not {}", to_string(value.kind)));
  }
  return value.text == "true";
}

}  // namespace yizhan::json
