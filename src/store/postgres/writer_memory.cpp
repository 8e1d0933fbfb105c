#include "store/postgres/writer_memory.h"

namespace yizhan::store::postgres {

std::optional<std::vector<std::int64_t>> CallbackIds::take(std::size_t count, SteadyTime now) {
  if (now - added_at_ > kFresh) ids_.clear();
  if (ids_.size() < count) return std::nullopt;
  const auto end = ids_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<std::int64_t> taken(ids_.begin(), end);
  ids_.erase(ids_.begin(), end);
  return taken;
}

std::size_t CallbackIds::wanted(std::size_t count) const {
  if (count < kBusy) return 0;
  const std::size_t enough = std::min(2 * count, kMost);
  return enough > ids_.size() ? enough - ids_.size() : 0;
}

void CallbackIds::add(std::int64_t id, SteadyTime now) {
  ids_.push_back(id);
  added_at_ = now;
}

}  // namespace yizhan::store::postgres
