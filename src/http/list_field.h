// A field value that is a comma-separated list: RFC 9110, 5.6.1.
#pragma once

#include <string_view>

#include "base/ascii.h"

namespace yizhan::http {

/// Calls `visit` with each member, without the blanks around it; empty ones as well.
template <class Visit>
void for_each_member(std::string_view list, Visit visit) {
  while (true) {
    const auto comma = list.find(',');
    visit(trimmed(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace yizhan::http
