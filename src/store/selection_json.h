// A selection of events as JSON: what requests carry, and what a replay job keeps.
//
//   {"ids": […], "statuses": […], "platform": …, "event_type": …, "error_class": …, "correlation": …,
//    "created_from": …, "created_until": …}
//
// Errors: `field_unknown`, `field_invalid`, `json_invalid`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_scan.h"
#include "store/store.h"

namespace yizhan::store {

inline constexpr std::size_t kMostSelectionIds = 1000;

Result<void> read_selection_json(const json::Value& value, Selection& selection);
/// read_selection_json() reads it.
std::string selection_json(const Selection& selection);

// What read_selection_json() is made of, for those who read a selection from somewhere else.
Result<std::vector<EventStatus>> parse_statuses(const std::vector<std::string>& names);
/// Empty stands for no condition.
Result<void> check_error_class(std::string_view name);
Result<UtcTime> parse_moment(std::string_view name, std::string_view text);
/// A string that the store can hold.
Result<std::string> read_text_field(const json::Member& member);

}  // namespace yizhan::store
