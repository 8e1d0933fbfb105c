// Tells the supervisor that started this process how it stands, where there is one that wants to know.
#pragma once

#include <string_view>

namespace yizhan::app {

/// `READY=1`, `STOPPING=1`, `STATUS=…`: to the socket that NOTIFY_SOCKET names; without one it does nothing. What goes
/// wrong is nobody's trouble: the supervisor has its own time-out.
/// Source: sd_notify(3), "Description" and "Environment".
void tell_supervisor(std::string_view state);

}  // namespace yizhan::app
