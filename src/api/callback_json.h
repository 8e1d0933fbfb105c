// How callbacks that were received are asked for, and how they look in answers.
//
//   ?source=…&event_type=…&verdict=rejected&reason=…&key=…&key_name=…&received_from=…&received_until=…
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "api/selection_request.h"
#include "base/json_writer.h"
#include "store/inbound.h"

namespace yizhan::api {

inline constexpr std::array kAllVerdicts{store::Verdict::kAccepted, store::Verdict::kDuplicate,
                                         store::Verdict::kRejected};
/// `accepted`, `duplicate`, `rejected`.
std::optional<store::Verdict> parse_verdict(std::string_view name);

/// The parameters' names that read_callback_selection() and read_page() know.
inline constexpr std::array<std::string_view, 11> kCallbackParameters{
    "source",        "event_type",     "verdict", "reason", "key",  "key_name",
    "received_from", "received_until", "limit",   "after",  "order"};
/// Code `parameter_invalid`.
Result<store::CallbackSelection> read_callback_selection(const QueryParameters& parameters);

/// The members of a callback into an object that is open; without its headers and its body.
void write_callback_members(JsonWriter& writer, const store::CallbackView& view);
/// `headers` as one text, a line for each, and `body` where it is UTF-8, `body_base64` otherwise.
void write_callback_content(JsonWriter& writer, const store::CallbackView& view);

}  // namespace yizhan::api
