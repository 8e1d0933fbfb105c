// The few fields of an answer or a body that a command looks at.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace yizhan::cli {

/// The members of a JSON object whose values are strings (unescaped) or booleans (`true`, `false`). Empty when
/// `document` is no JSON object.
std::map<std::string, std::string, std::less<>> simple_members(std::string_view document);

}  // namespace yizhan::cli
