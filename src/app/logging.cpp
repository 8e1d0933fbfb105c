#include "app/logging.h"

#include <utility>

#include "base/log.h"

namespace yizhan::app {

Result<std::move_only_function<void()>> prepare_log(const config::LogSection& section) {
  auto target = log::prepare_target({.to = section.to,
                                     .file = section.file,
                                     .rotate_size = section.rotate_size,
                                     .rotate_keep = section.rotate_keep,
                                     .rotate_daily = section.rotate_daily,
                                     .journal_socket = section.journal_socket});
  if (!target) return target;
  return [put_in_force = std::move(*target), level = section.level]() mutable {
    put_in_force();
    log::set_level(level);
  };
}

}  // namespace yizhan::app
