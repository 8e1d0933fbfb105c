#include "api/field_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace yizhan::api {

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char character) {
    const auto byte = static_cast<unsigned char>(character);
    return byte < 0x20 || byte == 0x7f;
  });
}

namespace {

enum class Lines { kOne, kSeveral };

Result<std::string> read_field(const json::Member& member, std::size_t limit, Empty empty, Lines lines) {
  if (empty == Empty::kAllowed && member.value.kind == json::Kind::kNull) return std::string();
  if (member.value.kind != json::Kind::kString) {
    return fail("field_invalid",
                fmt::format("'{}' must be a string, not {}", member.key, json::to_string(member.value.kind)));
  }
  auto text = json::read_string(member.value);
  if (!text) return text;
  if (text->empty() && empty == Empty::kRefused) {
    return fail("field_invalid", fmt::format("'{}' must not be empty", member.key));
  }
  if (text->size() > limit) {
    return fail("field_invalid",
                fmt::format("'{}' has {} bytes; at most {} are allowed", member.key, text->size(), limit));
  }
  std::string checked = *text;
  if (lines == Lines::kSeveral) std::erase_if(checked, [](char c) { return c == '\n' || c == '\r' || c == '\t'; });
  if (has_control_character(checked)) {
    return fail("field_invalid", fmt::format("'{}' has a control character", member.key));
  }
  return text;
}

}  // namespace

Result<std::string> read_text_field(const json::Member& member, std::size_t limit, Empty empty) {
  return read_field(member, limit, empty, Lines::kOne);
}

Result<std::string> read_lines_field(const json::Member& member, std::size_t limit) {
  return read_field(member, limit, Empty::kAllowed, Lines::kSeveral);
}

Result<void> set_text_field(const json::Member& member, std::size_t limit, Empty empty, std::string& target) {
  auto text = read_text_field(member, limit, empty);
  if (!text) return std::unexpected(std::move(text.error()));
  target = std::move(*text);
  return {};
}

Result<bool> set_one_of(std::span<const TextField> fields, const json::Member& member) {
  const auto field = std::ranges::find(fields, member.key, &TextField::name);
  if (field == fields.end()) return false;
  auto text = field->several_lines ? read_lines_field(member, field->limit)
                                   : read_text_field(member, field->limit, Empty::kAllowed);
  if (!text) return std::unexpected(std::move(text.error()));
  *field->target = std::move(*text);
  return true;
}

}  // namespace yizhan::api
