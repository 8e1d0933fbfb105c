// Fail points: named places where a test build can be told to die, to prove that the next start finds everything.
// A build without YIZHAN_FAIL_POINTS has none of this in it.
//
// The variable YIZHAN_FAIL_POINT names one place and how often it may be passed: `record.before_commit:3` kills the
// process (SIGKILL, nothing is flushed or closed) the third time that place is reached.
#pragma once

#include <string_view>

namespace yizhan {

#ifdef YIZHAN_FAIL_POINTS
/// Thread-safe.
void fail_point(std::string_view name);
#else
inline void fail_point(std::string_view) {}
#endif

}  // namespace yizhan
