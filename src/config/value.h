// The values that settings take: how each kind is written in a variable, a flag and the TOML file, its bounds, and how
// it is shown. Pure functions.
//
// Durations and sizes are whole numbers in the unit that the setting's name ends with (`timeout_ms = 3000`), or a text
// with its own unit: `"3s"`; units are ms, s, m, h, d and B, KiB, MiB, GiB. In variables and flags, lists are separated
// by commas and tables are `name=value,name=value`; blanks around an item are dropped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "config/shape.h"

namespace yizhan::config {

using TextTable = std::vector<std::pair<std::string, std::string>>;
/// Durations and sizes are whole numbers in their kind's unit.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>, std::vector<std::int64_t>,
                           TextTable>;

enum class Unit { kNone, kMilliseconds, kSeconds, kBytes };

struct BooleanKind {};
struct IntegerKind {
  std::int64_t minimum;
  std::int64_t maximum;
  Unit unit = Unit::kNone;
};
struct RealKind {
  double minimum;
  double maximum;
};
struct TextKind {
  const Shape* shape;
  bool may_be_empty = true;
};
struct ChoiceKind {
  std::vector<std::string_view> names;
};
struct TextListKind {
  const Shape* shape;
  std::size_t minimum_items = 0;
  std::size_t maximum_items = 100;
};
struct IntegerListKind {
  std::int64_t minimum;
  std::int64_t maximum;
  Unit unit;
  std::size_t minimum_items;
  std::size_t maximum_items;
};
struct TextTableKind {
  const Shape* name_shape;
  const Shape* value_shape;
  std::size_t maximum_items = 100;
};
using Kind = std::variant<BooleanKind, IntegerKind, RealKind, TextKind, ChoiceKind, TextListKind, IntegerListKind,
                          TextTableKind>;

/// Completes "must be …": `a whole number from 1 to 1000`.
std::string allowed_text(const Kind& kind);
/// Reads a variable or flag, and checks. Code `config_value_invalid`; the message completes "must be …".
Result<Value> parse_text(const Kind& kind, std::string_view text);
/// Checks what the TOML file gave (texts, whole numbers, … as they stand there; an empty list as a list of texts) and
/// turns it into the kind's own alternative: `"3s"` into 3000.
Result<Value> parse_toml(const Kind& kind, const Value& value);

/// As a variable or flag would give it: parse_text() reads it back.
std::string text_form(const Value& value);
/// As the TOML file would.
std::string toml_form(const Value& value);
std::string json_form(const Value& value);

/// The first 200 bytes, with the full length where that is not all: for messages.
std::string shortened(std::string_view text);
/// The same as `"…"`, with control characters and broken UTF-8 escaped.
std::string in_quotes(std::string_view text);

/// What may be shown of a secret: `whse…(38 characters)`; nothing of its beginning when it has fewer than 16.
std::string masked(std::string_view secret);
/// A URL whose user's password, and what its query calls password, secret, token or key, are replaced by `…`.
std::string without_password(std::string_view url);

}  // namespace yizhan::config
