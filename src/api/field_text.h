// Text fields of a body's object.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_scan.h"

namespace yizhan::api {

bool has_control_character(std::string_view text);

enum class Empty { kRefused, kAllowed };

/// A string of at most `limit` bytes without control characters; where it may be empty, null stands for that. Code
/// `field_invalid`; the message names the field and what is allowed.
Result<std::string> read_text_field(const json::Member& member, std::size_t limit, Empty empty);
/// The same for a text of several lines: line ends and tabs are allowed.
Result<std::string> read_lines_field(const json::Member& member, std::size_t limit);
/// read_text_field() into `target`.
Result<void> set_text_field(const json::Member& member, std::size_t limit, Empty empty, std::string& target);

/// One of several fields that may be there, be null or be empty.
struct TextField {
  std::string_view name;
  std::size_t limit;
  std::string* target;
  bool several_lines = false;
};
/// Sets the field that the member is; false when it is none of them.
Result<bool> set_one_of(std::span<const TextField> fields, const json::Member& member);

}  // namespace yizhan::api
