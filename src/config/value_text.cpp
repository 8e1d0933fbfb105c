// How values are written down: for variables, TOML, JSON and people.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "base/json_text.h"
#include "config/overload.h"
#include "config/value.h"

namespace yizhan::config {
namespace {

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string real_text(double number) {
  // A TOML float needs a point.
  std::string text = fmt::format("{}", number);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

template <class Items, class Form>
std::string joined(const Items& items, std::string_view separator, Form form) {
  std::string out;
  for (const auto& item : items) {
    if (!out.empty()) out += separator;
    out += form(item);
  }
  return out;
}

/// Of a parameter in a URL's query, by its name.
bool names_a_secret(std::string_view name) {
  constexpr std::array<std::string_view, 4> kEnds{"password", "secret", "token", "key"};
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return lower.ends_with(end); });
}

}  // namespace

std::string text_form(const Value& value) {
  const auto number_text = [](std::int64_t number) { return fmt::to_string(number); };
  return std::visit(Overload{
                        [](bool flag) { return std::string(flag ? "true" : "false"); },
                        number_text,
                        [](double number) { return fmt::to_string(number); },
                        [](const std::string& text) { return text; },
                        [](const std::vector<std::string>& items) { return joined(items, ",", std::identity{}); },
                        [&](const std::vector<std::int64_t>& items) { return joined(items, ",", number_text); },
                        [](const TextTable& table) {
                          return joined(table, ",", [](const auto& entry) { return entry.first + "=" + entry.second; });
                        },
                    },
                    value);
}

std::string toml_form(const Value& value) {
  // A JSON string is a TOML basic string: both escape alike what append_json_string() escapes.
  return std::visit(
      Overload{
          [](const auto& plain) { return text_form(plain); },
          [](double number) { return real_text(number); },
          [](const std::string& text) { return json_string(text); },
          [](const std::vector<std::string>& items) { return "[" + joined(items, ", ", json_string) + "]"; },
          [](const std::vector<std::int64_t>& items) {
            return "[" + joined(items, ", ", [](std::int64_t item) { return fmt::to_string(item); }) + "]";
          },
          [](const TextTable& table) -> std::string {
            if (table.empty()) return "{}";
            return "{ " +
                   joined(
                       table, ", ",
                       [](const auto& entry) { return json_string(entry.first) + " = " + json_string(entry.second); }) +
                   " }";
          },
      },
      value);
}

std::string json_form(const Value& value) {
  if (const auto* table = std::get_if<TextTable>(&value)) {
    return "{" +
           joined(*table, ",",
                  [](const auto& entry) { return json_string(entry.first) + ":" + json_string(entry.second); }) +
           "}";
  }
  if (const auto* number = std::get_if<double>(&value)) return fmt::to_string(*number);
  return toml_form(value);
}

std::string shortened(std::string_view text) {
  constexpr std::size_t kShown = 200;
  if (text.size() <= kShown) return std::string(text);
  std::size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not inside a UTF-8 character
  return fmt::format("{}… ({} bytes)", text.substr(0, end), text.size());
}

std::string in_quotes(std::string_view text) {
  return json_string(shortened(text));
}

std::string masked(std::string_view secret) {
  if (secret.empty()) return "";
  // Short secrets would lose too much of themselves; and a cut inside a character would be no text.
  const std::string_view beginning = secret.substr(0, secret.size() >= 16 ? 4 : 0);
  const bool ascii = std::ranges::all_of(beginning, [](char c) { return c > 0x20 && c < 0x7f; });
  return fmt::format("{}…({} characters)", ascii ? beginning : std::string_view(), secret.size());
}

std::string without_password(std::string_view url) {
  std::string shown(url);
  const auto authority_begin = shown.find("://");
  if (authority_begin == std::string::npos) return shown;
  for (auto begin = shown.find('?'); begin != std::string::npos; begin = shown.find('&', begin)) {
    ++begin;
    const auto end = std::min(shown.find('&', begin), shown.size());
    const auto equals = shown.find('=', begin);
    if (equals >= end || !names_a_secret(std::string_view(shown).substr(begin, equals - begin))) continue;
    shown.replace(equals + 1, end - equals - 1, "…");
  }
  const auto user_begin = authority_begin + 3;
  const auto authority_end = std::min(shown.find_first_of("/?", user_begin), shown.size());
  const auto at = shown.rfind('@', authority_end);
  const auto colon = shown.find(':', user_begin);
  if (at != std::string::npos && at >= user_begin && colon < at) shown.replace(colon + 1, at - colon - 1, "…");
  return shown;
}

}  // namespace yizhan::config
