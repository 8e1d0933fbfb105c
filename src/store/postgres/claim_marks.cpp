#include "store/postgres/claim_marks.h"

#include <algorithm>

namespace yizhan::store::postgres {

std::optional<UtcTime> ClaimMarks::mark(std::int64_t endpoint_key, SteadyTime now) const {
  const auto found = marks_.find(endpoint_key);
  if (found == marks_.end() || now - found->second.last_from_the_front >= kLongest) return std::nullopt;
  return found->second.from;
}

bool ClaimMarks::claimed(const ClaimRequest& claim, const ClaimReply& reply, std::optional<UtcTime> mark,
                         SteadyTime now) {
  const bool full = !reply.events.empty() && reply.events.size() >= static_cast<std::size_t>(claim.limit);
  if (!full) {
    marks_.erase(claim.endpoint_key);
    return mark.has_value();
  }
  Mark& kept = marks_[claim.endpoint_key];
  if (!mark) kept.last_from_the_front = now;
  // An event whose lease had ended stood further back than its due time says: then more is walked over than need be.
  kept.from = std::ranges::max(reply.events, {}, &ClaimedEvent::next_attempt_at).next_attempt_at;
  return true;
}

}  // namespace yizhan::store::postgres
