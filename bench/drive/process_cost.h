// What processes cost while they are measured, from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace yizhan::bench {

/// User and system time of the processes and all their descendants, living and reaped.
double cpu_seconds_of(const std::vector<pid_t>& processes);
/// Of the same processes: proportional set sizes, so that shared memory counts once. Takes milliseconds.
std::int64_t resident_bytes_of(const std::vector<pid_t>& processes);
/// CPU seconds of the driver itself.
double own_cpu_seconds();

}  // namespace yizhan::bench
