// The few fields of an answer or a body that a command looks at.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace yizhan::cli {

/// The members of a JSON object whose values are strings (unescaped), numbers or booleans (as they are written). Empty
/// when `document` is no JSON object.
std::map<std::string, std::string, std::less<>> simple_members(std::string_view document);

/// The elements of the array that is member `name` of an object, each as the bytes it was written in. Empty when there
/// is no such array.
std::vector<std::string> array_elements(std::string_view document, std::string_view name);

}  // namespace yizhan::cli
