#include "alert/rules.h"

namespace yizhan::alert {
namespace {

std::uint64_t value_of(const std::map<std::string, std::uint64_t>& counts, const std::string& subject) {
  const auto found = counts.find(subject);
  return found == counts.end() ? 0 : found->second;
}

/// What was counted between two moments; from the beginning again where a counter began anew.
std::int64_t added(std::uint64_t before, std::uint64_t after) {
  return static_cast<std::int64_t>(after >= before ? after - before : after);
}

}  // namespace

void TallyHistory::add(Tallies tallies, Seconds window) {
  const UtcTime begins = tallies.at - window;
  samples_.push_back(std::move(tallies));
  // The second one will do to count back from, too.
  while (samples_.size() > 2 && samples_[1].at <= begins) samples_.pop_front();
}

std::map<std::string, std::int64_t> TallyHistory::within_window(Kind kind) const {
  std::map<std::string, std::int64_t> counted;
  const Tallies& first = samples_.front();
  for (const auto& [subject, count] : samples_.back().*kind) {
    const std::int64_t more = added(value_of(first.*kind, subject), count);
    if (more > 0) counted.emplace(subject, more);
  }
  return counted;
}

std::int64_t TallyHistory::added_last(Kind kind, const std::string& subject) const {
  if (samples_.size() < 2) return 0;
  return added(value_of(samples_[samples_.size() - 2].*kind, subject), value_of(samples_.back().*kind, subject));
}

}  // namespace yizhan::alert
