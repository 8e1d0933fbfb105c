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

Result<std::string> read_text_field(const json::Member& member, std::size_t limit, Empty empty) {
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
  if (has_control_character(*text)) {
    return fail("field_invalid", fmt::format("'{}' has a control character", member.key));
  }
  return text;
}

Result<void> set_text_field(const json::Member& member, std::size_t limit, Empty empty, std::string& target) {
  auto text = read_text_field(member, limit, empty);
  if (!text) return std::unexpected(std::move(text.error()));
  target = std::move(*text);
  return {};
}

}  // namespace yizhan::api
