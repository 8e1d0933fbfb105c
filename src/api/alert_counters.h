// What the watch for trouble has found and told, for /metrics.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace yizhan::api {

struct AlertCounters {
  std::map<std::string, std::uint64_t> raised{};  ///< open episodes, by rule, of the whole store
  std::uint64_t events = 0;                       ///< alert events that this process handed over
};

}  // namespace yizhan::api
