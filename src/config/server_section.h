// How a listener serves: the API's, the receiver's and the push server's.
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.h"

namespace yizhan::config {

struct ServerSection {
  std::string certificate_file;  ///< PEM chain; with key_file: HTTPS. Both or none.
  std::string key_file;
  std::size_t body_limit = 1 << 20;  ///< bytes
  std::size_t connection_limit = 10000;
  std::size_t connections_per_address = 10000;
  Milliseconds head_timeout{10000};
  Milliseconds body_timeout{30000};
  Milliseconds idle_timeout{75000};

  bool operator==(const ServerSection&) const = default;
};

}  // namespace yizhan::config
