// W3C Trace Context (https://www.w3.org/TR/trace-context/): the header by which a callback can be followed from system
// to system. It is taken in with what comes, and goes out again with what that causes, each attempt as a span of its
// own. `tracestate` is not passed on, as the standard allows: nothing here would change it, and nobody could vet it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace yizhan {

/// A longer one, which a later version of the standard may bring, is not taken over.
inline constexpr std::size_t kLongestTraceparent = 128;

/// `00-<32 hex>-<16 hex>-<2 hex>` with neither id zero, and at most kLongestTraceparent bytes; a version above 00 may
/// have more after it.
bool is_traceparent(std::string_view text);

/// What an attempt is sent with: the same trace, `span_id` (16 lower-case hexadecimal digits, not all 0) as the parent
/// of what comes next, and the flags that version 00 knows (sampled, random). Empty where `text` is no traceparent.
std::string child_traceparent(std::string_view text, std::string_view span_id);

/// The 32 digits of the trace; empty where `text` is no traceparent.
std::string_view trace_id(std::string_view text);
/// The 16 digits of the parent span; likewise.
std::string_view parent_span_id(std::string_view text);

}  // namespace yizhan
