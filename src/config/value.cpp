#include "config/value.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "config/overload.h"

namespace yizhan::config {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct UnitSuffix {
  std::string_view text;
  std::int64_t factor;  // of the smallest unit: a millisecond, a byte
};
constexpr std::array kTimeSuffixes{UnitSuffix{"ms", 1}, UnitSuffix{"s", 1000}, UnitSuffix{"m", 60'000},
                                   UnitSuffix{"h", 3'600'000}, UnitSuffix{"d", 86'400'000}};
constexpr std::array kSizeSuffixes{UnitSuffix{"KiB", 1 << 10}, UnitSuffix{"MiB", 1 << 20}, UnitSuffix{"GiB", 1 << 30},
                                   UnitSuffix{"B", 1}};

/// `3000` (already in `unit`), `3s`: the number in `unit`. Nothing when it is no whole number of them.
std::optional<std::int64_t> parse_quantity(std::string_view text, Unit unit) {
  const auto digits_end = text.find_first_not_of("-0123456789");
  const auto number = parse_number<std::int64_t>(text.substr(0, digits_end));
  if (!number) return std::nullopt;
  if (digits_end == std::string_view::npos) return number;
  const std::string_view suffix = trimmed(text.substr(digits_end));
  const auto in_smallest = [&](const auto& suffixes, std::int64_t per_unit) -> std::optional<std::int64_t> {
    const auto found = std::ranges::find(suffixes, suffix, &UnitSuffix::text);
    std::int64_t smallest = 0;
    if (found == suffixes.end() || __builtin_mul_overflow(*number, found->factor, &smallest)) return std::nullopt;
    if (smallest % per_unit != 0) return std::nullopt;
    return smallest / per_unit;
  };
  switch (unit) {
    case Unit::kNone:
      return std::nullopt;
    case Unit::kMilliseconds:
      return in_smallest(kTimeSuffixes, 1);
    case Unit::kSeconds:
      return in_smallest(kTimeSuffixes, 1000);
    case Unit::kBytes:
      return in_smallest(kSizeSuffixes, 1);
  }
  return std::nullopt;
}

std::string_view unit_name(Unit unit) {
  switch (unit) {
    case Unit::kNone:
      return "";
    case Unit::kMilliseconds:
      return " milliseconds";
    case Unit::kSeconds:
      return " seconds";
    case Unit::kBytes:
      return " bytes";
  }
  return "";
}

std::string item_count(std::size_t minimum, std::size_t maximum, std::string_view what) {
  if (minimum == 0) return fmt::format("at most {} {}", maximum, what);
  return fmt::format("{} to {} {}", minimum, maximum, what);
}

std::string range_text(std::int64_t minimum, std::int64_t maximum, Unit unit) {
  const std::string_view example = unit == Unit::kNone    ? ""
                                   : unit == Unit::kBytes ? ", or a size such as \"64KiB\""
                                                          : ", or a duration such as \"5s\"";
  return fmt::format("from {} to {}{}{}", minimum, maximum, unit_name(unit), example);
}

std::unexpected<Error> refused(const Kind& kind) {
  return fail("config_value_invalid", allowed_text(kind));
}
std::unexpected<Error> refused(std::string allowed) {
  return fail("config_value_invalid", std::move(allowed));
}

/// The items between commas; nothing when one is empty. An empty text is an empty list.
std::optional<std::vector<std::string_view>> split_list(std::string_view text) {
  std::vector<std::string_view> items;
  if (trimmed(text).empty()) return items;
  while (true) {
    const auto comma = text.find(',');
    items.push_back(trimmed(text.substr(0, comma)));
    if (items.back().empty()) return std::nullopt;
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

Result<Value> check_integer(const IntegerKind& kind, std::optional<std::int64_t> number) {
  if (!number || *number < kind.minimum || *number > kind.maximum) return refused(Kind(kind));
  return Value(*number);
}

Result<Value> check_real(const RealKind& kind, std::optional<double> number) {
  if (!number || !std::isfinite(*number) || *number < kind.minimum || *number > kind.maximum)
    return refused(Kind(kind));
  return Value(*number);
}

Result<Value> check_text(const TextKind& kind, std::string_view text) {
  if (text.empty() ? !kind.may_be_empty : !kind.shape->matches(text)) return refused(Kind(kind));
  return Value(std::string(text));
}

Result<Value> check_choice(const ChoiceKind& kind, std::string_view text) {
  if (std::ranges::find(kind.names, text) == kind.names.end()) return refused(Kind(kind));
  return Value(std::string(text));
}

Result<Value> check_texts(const TextListKind& kind, std::vector<std::string> items) {
  if (items.size() < kind.minimum_items || items.size() > kind.maximum_items) return refused(Kind(kind));
  if (!std::ranges::all_of(items, kind.shape->matches)) return refused(Kind(kind));
  return Value(std::move(items));
}

Result<Value> check_integers(const IntegerListKind& kind, std::vector<std::int64_t> items) {
  const auto in_bounds = [&](std::int64_t item) { return item >= kind.minimum && item <= kind.maximum; };
  if (items.size() < kind.minimum_items || items.size() > kind.maximum_items) return refused(Kind(kind));
  if (!std::ranges::all_of(items, in_bounds)) return refused(Kind(kind));
  return Value(std::move(items));
}

template <class Texts>
Result<Value> check_quantities(const IntegerListKind& kind, const Texts& items) {
  std::vector<std::int64_t> numbers;
  for (const auto& item : items) {
    const auto number = parse_quantity(item, kind.unit);
    if (!number) return refused(Kind(kind));
    numbers.push_back(*number);
  }
  return check_integers(kind, std::move(numbers));
}

Result<Value> check_table(const TextTableKind& kind, TextTable table) {
  if (table.size() > kind.maximum_items) return refused(Kind(kind));
  for (const auto& [name, value] : table) {
    if (!kind.name_shape->matches(name)) {
      return refused(fmt::format("a table of texts; the name {} is not {}", in_quotes(name), kind.name_shape->allowed));
    }
    if (!kind.value_shape->matches(value)) {
      return refused(
          fmt::format("a table of texts; the value of {} is not {}", in_quotes(name), kind.value_shape->allowed));
    }
  }
  return Value(std::move(table));
}

}  // namespace

std::string allowed_text(const Kind& kind) {
  return std::visit(
      Overload{
          [](const BooleanKind&) { return std::string("true or false"); },
          [](const IntegerKind& k) { return "a whole number " + range_text(k.minimum, k.maximum, k.unit); },
          [](const RealKind& k) { return fmt::format("a number from {} to {}", k.minimum, k.maximum); },
          [](const TextKind& k) { return fmt::format("{}{}", k.shape->allowed, k.may_be_empty ? ", or empty" : ""); },
          [](const ChoiceKind& k) { return fmt::format("one of {}", fmt::join(k.names, ", ")); },
          [](const TextListKind& k) {
            return fmt::format("a list of {}, each {}", item_count(k.minimum_items, k.maximum_items, "items"),
                               k.shape->allowed);
          },
          [](const IntegerListKind& k) {
            return fmt::format("a list of {}, each {}", item_count(k.minimum_items, k.maximum_items, "whole numbers"),
                               range_text(k.minimum, k.maximum, k.unit));
          },
          [](const TextTableKind& k) {
            return fmt::format("a table of {}: {}, each with {}", item_count(0, k.maximum_items, "entries"),
                               k.name_shape->allowed, k.value_shape->allowed);
          },
      },
      kind);
}

Result<Value> parse_text(const Kind& kind, std::string_view text) {
  return std::visit(Overload{
                        [&](const BooleanKind&) -> Result<Value> {
                          const std::string_view word = trimmed(text);
                          if (word == "true" || word == "1" || word == "yes" || word == "on") return Value(true);
                          if (word == "false" || word == "0" || word == "no" || word == "off") return Value(false);
                          return refused(kind);
                        },
                        [&](const IntegerKind& k) { return check_integer(k, parse_quantity(trimmed(text), k.unit)); },
                        [&](const RealKind& k) { return check_real(k, parse_number<double>(trimmed(text))); },
                        [&](const TextKind& k) { return check_text(k, text); },
                        [&](const ChoiceKind& k) { return check_choice(k, trimmed(text)); },
                        [&](const TextListKind& k) -> Result<Value> {
                          const auto items = split_list(text);
                          if (!items) return refused(kind);
                          return check_texts(k, {items->begin(), items->end()});
                        },
                        [&](const IntegerListKind& k) -> Result<Value> {
                          const auto items = split_list(text);
                          if (!items) return refused(kind);
                          return check_quantities(k, *items);
                        },
                        [&](const TextTableKind& k) -> Result<Value> {
                          const auto items = split_list(text);
                          if (!items) return refused(kind);
                          TextTable table;
                          for (const std::string_view item : *items) {
                            const auto equals = item.find('=');
                            if (equals == std::string_view::npos)
                              return refused("entries of the form name=value, separated by commas");
                            table.emplace_back(trimmed(item.substr(0, equals)), trimmed(item.substr(equals + 1)));
                          }
                          return check_table(k, std::move(table));
                        },
                    },
                    kind);
}

Result<Value> parse_toml(const Kind& kind, const Value& value) {
  return std::visit(Overload{
                        [&](const BooleanKind&) -> Result<Value> {
                          if (std::holds_alternative<bool>(value)) return value;
                          return refused(kind);
                        },
                        [&](const IntegerKind& k) -> Result<Value> {
                          if (const auto* number = std::get_if<std::int64_t>(&value)) return check_integer(k, *number);
                          const auto* text = std::get_if<std::string>(&value);
                          if (text && k.unit != Unit::kNone)
                            return check_integer(k, parse_quantity(trimmed(*text), k.unit));
                          return refused(kind);
                        },
                        [&](const RealKind& k) -> Result<Value> {
                          if (const auto* number = std::get_if<double>(&value)) return check_real(k, *number);
                          if (const auto* whole = std::get_if<std::int64_t>(&value))
                            return check_real(k, static_cast<double>(*whole));
                          return refused(kind);
                        },
                        [&](const TextKind& k) -> Result<Value> {
                          if (const auto* text = std::get_if<std::string>(&value)) return check_text(k, *text);
                          return refused(kind);
                        },
                        [&](const ChoiceKind& k) -> Result<Value> {
                          if (const auto* text = std::get_if<std::string>(&value)) return check_choice(k, *text);
                          return refused(kind);
                        },
                        [&](const TextListKind& k) -> Result<Value> {
                          if (const auto* texts = std::get_if<std::vector<std::string>>(&value))
                            return check_texts(k, *texts);
                          return refused(kind);
                        },
                        [&](const IntegerListKind& k) -> Result<Value> {
                          if (const auto* numbers = std::get_if<std::vector<std::int64_t>>(&value))
                            return check_integers(k, *numbers);
                          if (const auto* texts = std::get_if<std::vector<std::string>>(&value))
                            return check_quantities(k, *texts);
                          return refused(kind);
                        },
                        [&](const TextTableKind& k) -> Result<Value> {
                          if (const auto* table = std::get_if<TextTable>(&value)) return check_table(k, *table);
                          return refused(kind);
                        },
                    },
                    kind);
}

}  // namespace yizhan::config
