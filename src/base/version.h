// Which version of the program this is: the project's version in CMakeLists.txt.
#pragma once

#include <string_view>

namespace yizhan {

/// `0.1.0`
std::string_view version();

}  // namespace yizhan
