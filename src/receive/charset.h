// The charset that a sender chose for a notice's fields.
#pragma once

#include <string_view>

#include "base/fields.h"

namespace yizhan::receive {

/// `fields` as UTF-8, where `charset` is what the notice calls theirs: GBK or GB2312, both read as GB18030, which
/// contains them. A value that is not what `charset` says stays as it came, and so do all under any other name.
Fields as_utf8(const Fields& fields, std::string_view charset);

}  // namespace yizhan::receive
