// Reading JSON (RFC 8259) without copying or normalising it: an object's or array's members one after the other, each
// value as the very bytes it was written in. That is how a payload goes out byte for byte as it was handed over.
//
// Strict: UTF-8 (RFC 3629), escapes, numbers and separators as the grammar has them, no byte order mark, nothing after
// the value, at most kMaxDepth levels, no key twice in the object that is read. Inside values that are only passed on,
// an escape may name half a surrogate pair, as the grammar allows and JavaScript writes; read_string() refuses it.
//
// Errors (code `json_invalid`) say at which byte of the text, counted from 0.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/error.h"

namespace yizhan::json {

inline constexpr int kMaxDepth = 64;

enum class Kind { kNull, kBoolean, kNumber, kString, kArray, kObject };
/// `null`, `a boolean`, `a number`, `a string`, `an array`, `an object`: for messages.
std::string_view to_string(Kind kind);

/// A value that has been checked, all the way down.
struct Value {
  Kind kind = Kind::kNull;
  std::string_view text;   ///< its bytes, without white space around them
  std::size_t offset = 0;  ///< of its first byte in the whole text; for messages
};

struct Member {
  std::string_view key;  ///< unescaped; valid as long as the reader
  Value value;
};

/// Checks `text`, which is one value with white space around it.
Result<Value> read_document(std::string_view text);

/// The members of an object, each checked when it is read: an error may come after good members.
class ObjectReader {
 public:
  /// `text`: a document that is an object, or a value found by another reader with its `offset`.
  explicit ObjectReader(std::string_view text, std::size_t offset = 0);
  /// The next member; nothing at the end of the object, after which only white space may follow.
  Result<std::optional<Member>> next();

 private:
  bool is_repeated(std::string_view key);

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t offset_;
  bool begun_ = false;
  std::array<std::string_view, 16> first_keys_{};
  std::size_t first_count_ = 0;
  std::unordered_set<std::string_view> more_keys_;
  std::vector<std::unique_ptr<std::string>> unescaped_;  // what keys with escapes refer to
};

/// The elements of an array, likewise.
class ArrayReader {
 public:
  explicit ArrayReader(std::string_view text, std::size_t offset = 0);
  Result<std::optional<Value>> next();

 private:
  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t offset_;
  bool begun_ = false;
};

/// The value of a string, unescaped. Code `json_invalid` when it is no string or has half a surrogate pair.
Result<std::string> read_string(const Value& value);
/// Of a number without fraction and exponent that fits. Code `json_invalid`.
Result<std::int64_t> read_integer(const Value& value);
/// Code `json_invalid`.
Result<bool> read_boolean(const Value& value);

}  // namespace yizhan::json
