// What a command sees of the service on this machine (cli/doctor_service.h gathers it), and what it means.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace yizhan::doctor {

/// An address that the service is to listen at.
struct ListenerState {
  std::string name;     ///< `api`, `receive`, `push`
  std::string setting;  ///< `listen.api`
  std::string address;
  bool listening = false;   ///< somebody takes connections there
  bool is_service = false;  ///< who does is a service of this program
  bool answers = false;     ///< and it answers
  std::string owner;        ///< `process 'nginx' (pid 123)`, where it can be told
};

/// As the service's API tells it.
struct EndpointSeen {
  std::string key;
  std::string platform;
  std::string url;
  std::string breaker;  ///< `closed`, `open`, `half_open`
  std::string last_error;
  std::int64_t failures_in_row = 0;
};

struct ServiceState {
  bool examined = false;                ///< false: nobody looked, or it runs elsewhere
  std::optional<pid_t> background_pid;  ///< that `yizhan up` started in this data directory
  bool store_is_embedded = false;
  std::optional<pid_t> store_owner;  ///< who serves the embedded store
  std::vector<ListenerState> listeners{};
  bool ready = false;
  std::string not_ready_because;
  std::vector<EndpointSeen> endpoints;
  std::string endpoints_unknown_because;  ///< empty: `endpoints` is what there is
};

}  // namespace yizhan::doctor
