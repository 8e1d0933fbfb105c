#include "store/field_check.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace yizhan::store {

std::optional<Error> refuse_text(std::string_view name, std::string_view text, std::size_t shortest,
                                 std::size_t longest) {
  if (text.size() < shortest || text.size() > longest) {
    return Error{"value_refused",
                 fmt::format("{} has {} bytes; {} to {} are allowed", name, text.size(), shortest, longest)};
  }
  if (text.find('\0') != std::string_view::npos || !is_utf8(text)) {
    return Error{"value_refused", fmt::format("{} is not UTF-8 text; send it as UTF-8, without NUL bytes", name)};
  }
  return std::nullopt;
}

}  // namespace yizhan::store
