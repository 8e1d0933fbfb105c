// The lane of an event: those of one lane go out one after the other.
#pragma once

#include <string>

#include "store/store.h"

namespace yizhan::store::postgres {

/// As the schema's outbox_lane() makes it; empty for an event without order.
inline std::string lane_of(const Event& event) {
  if (event.order_key.empty()) return {};
  return event.platform + '\x1f' + event.order_key;
}

}  // namespace yizhan::store::postgres
