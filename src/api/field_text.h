// Text fields of a body's object.
#pragma once

#include <cstddef>
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
/// The same into `target`.
Result<void> set_text_field(const json::Member& member, std::size_t limit, Empty empty, std::string& target);

}  // namespace yizhan::api
