// A process of its own that does one thing to a store and may be killed on the way (base/fail_point.h), to show what
// the next process finds (faults 1, 2 and 5).
#pragma once

#include <string>
#include <string_view>

namespace yizhan::store::contract {

/// `accept:ID`, `deliver`, `bury`, `replay`, `retain`, `fan_out`, `migrate`: what the process does to the store at
/// `url`. Its exit status.
int act(const std::string& url, std::string_view deed);

/// Starts the process with the fail point set; true when it was killed there, false when it came to its end.
bool killed_at(std::string_view fail_point, const std::string& url, const std::string& deed);

}  // namespace yizhan::store::contract
