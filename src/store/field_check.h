// What has to be stored as it is and cannot be: found before the database is asked, which would refuse the whole
// transaction for it.
#pragma once

#include <optional>
#include <string_view>

#include "base/error.h"

namespace yizhan::store {

/// `value_refused` unless the text is UTF-8 without NUL, of `shortest` to `longest` bytes.
std::optional<Error> refuse_text(std::string_view name, std::string_view text, std::size_t shortest,
                                 std::size_t longest);

}  // namespace yizhan::store
