// How long what is finished is kept, as it is configured: the section [retention]. What is made of it is in
// domain/retention.h and store/retention.h.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace yizhan::config {

/// Ages in days; 0: for ever.
struct RetentionSection {
  bool enabled = true;
  int delivered_days = 30;
  int delivered_bodies_days = 7;
  int attempts_days = 0;  ///< 0: as long as their event
  int discarded_days = 30;
  int dead_letter_days = 0;
  int callbacks_days = 90;
  int callback_bodies_days = 30;
  int notifications_days = 90;
  Seconds interval{600};  ///< between passes
  int batch_size = 500;   ///< rows in one transaction, at most
  Milliseconds pause{50};
  std::int64_t disk_quota = 0;  ///< bytes; 0: what the file system has room for
  std::string export_dir;       ///< empty: what goes is gone

  bool operator==(const RetentionSection&) const = default;
};

}  // namespace yizhan::config
