// W3C Trace Context (https://www.w3.org/TR/trace-context/): the header by which a callback can be followed from system
// to system. It is taken in with what comes, and goes out again with what that causes.
#pragma once

#include <cstddef>
#include <string_view>

namespace yizhan {

/// A longer one, which a later version of the standard may bring, is not taken over.
inline constexpr std::size_t kLongestTraceparent = 128;

/// `00-<32 hex>-<16 hex>-<2 hex>` with neither id zero, and at most kLongestTraceparent bytes; a version above 00 may
/// have more after it.
bool is_traceparent(std::string_view text);

}  // namespace yizhan
