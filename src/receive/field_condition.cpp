#include "receive/field_condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <compare>
#include <cstdint>
#include <optional>

#include "base/ascii.h"
#include "base/json_scan.h"
#include "receive/json_field.h"

namespace yizhan::receive {
namespace {

constexpr std::string_view kEndsPath = " \t=!~^><\"";

std::unexpected<Error> invalid(std::string_view text, std::string_view why) {
  return fail("condition_invalid",
              fmt::format("'{}' is no condition: {}. Write it like `resource.amount.total > 100`, `state = \"3\"` or "
                          "`refund exists`; the operators are = != ~ ^ > < and exists",
                          text, why));
}

/// A number is a JSON number, so that neither `inf` nor `0x10` is one.
bool is_number(std::string_view text) {
  const auto value = json::read_document(text);
  return value && value->kind == json::Kind::kNumber && value->text.size() == text.size();
}

template <class Number>
std::optional<Number> read_whole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Unordered where one of them is no number, or too large for one.
std::partial_ordering compare_numbers(std::string_view left, std::string_view right) {
  if (!is_number(left) || !is_number(right)) return std::partial_ordering::unordered;
  // Order numbers have more digits than a double holds: whole numbers are compared as such.
  const auto left_whole = read_whole<std::int64_t>(left), right_whole = read_whole<std::int64_t>(right);
  if (left_whole && right_whole) return *left_whole <=> *right_whole;
  const auto left_real = read_whole<double>(left), right_real = read_whole<double>(right);
  if (!left_real || !right_real) return std::partial_ordering::unordered;
  return *left_real <=> *right_real;
}

/// The path at the front of `rest`, which is left at what follows it.
Result<std::vector<std::string>> take_path(std::string_view text, std::string_view& rest) {
  const std::string_view path = rest.substr(0, rest.find_first_of(kEndsPath));
  rest = trimmed(rest.substr(path.size()));
  if (path.empty()) return invalid(text, "it begins with no field");
  auto segments = split_path(path);
  if (std::ranges::any_of(segments, &std::string::empty)) {
    return invalid(text, "its path has a part with nothing in it");
  }
  return segments;
}

struct OperatorText {
  std::string_view text;
  FieldCondition::Operator compare;
};
constexpr OperatorText kOperators[] = {
    {"!=", FieldCondition::Operator::kDiffers}, {"=", FieldCondition::Operator::kEquals},
    {"~", FieldCondition::Operator::kContains}, {"^", FieldCondition::Operator::kStartsWith},
    {">", FieldCondition::Operator::kGreater},  {"<", FieldCondition::Operator::kLess},
};

Result<std::string> read_value(std::string_view text, std::string_view value) {
  if (value.starts_with('"')) {
    const auto quoted = json::read_document(value);
    auto unquoted = quoted ? json::read_string(*quoted) : Result<std::string>(std::unexpected(quoted.error()));
    if (!unquoted) return invalid(text, "the value in double quotes is not ended, or not escaped as in JSON");
    return unquoted;
  }
  if (value.empty()) return invalid(text, "a value is missing; write \"\" for an empty one");
  if (kEndsPath.find(value.front()) != std::string_view::npos) {
    return invalid(text, "there is no such operator; a value that begins like one stands in double quotes");
  }
  return std::string(value);
}

}  // namespace

Result<FieldCondition> parse_condition(std::string_view text) {
  using Operator = FieldCondition::Operator;
  std::string_view rest = trimmed(text);
  FieldCondition condition;
  auto path = take_path(text, rest);
  if (!path) return std::unexpected(std::move(path.error()));
  condition.path = std::move(*path);
  if (rest == "exists") {
    condition.compare = Operator::kExists;
    return condition;
  }
  const auto known = std::ranges::find_if(kOperators, [&](const auto& each) { return rest.starts_with(each.text); });
  if (known == std::ranges::end(kOperators)) return invalid(text, "no operator follows the field");
  condition.compare = known->compare;
  auto value = read_value(text, trimmed(rest.substr(known->text.size())));
  if (!value) return std::unexpected(std::move(value.error()));
  condition.value = std::move(*value);
  const bool of_numbers = condition.compare == Operator::kGreater || condition.compare == Operator::kLess;
  if (of_numbers && !is_number(condition.value)) return invalid(text, "> and < compare with a number");
  return condition;
}

bool holds(const FieldCondition& condition, std::string_view document) {
  using Operator = FieldCondition::Operator;
  const auto value = find_field(condition.path, document);
  if (!value) return false;
  if (condition.compare == Operator::kExists) return true;
  std::string unescaped;
  std::string_view said = value->text;
  if (value->kind == json::Kind::kString) {
    auto text = json::read_string(*value);
    if (!text) return false;
    unescaped = std::move(*text);
    said = unescaped;
  }
  switch (condition.compare) {
    case Operator::kEquals:
      return said == condition.value;
    case Operator::kDiffers:
      return said != condition.value;
    case Operator::kContains:
      return said.find(condition.value) != std::string_view::npos;
    case Operator::kStartsWith:
      return said.starts_with(condition.value);
    case Operator::kGreater:
      return compare_numbers(said, condition.value) > 0;
    case Operator::kLess:
      return compare_numbers(said, condition.value) < 0;
    case Operator::kExists:
      break;
  }
  return true;
}

}  // namespace yizhan::receive
