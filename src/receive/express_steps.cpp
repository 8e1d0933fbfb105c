#include "receive/express_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace yizhan::receive {
namespace {

constexpr std::size_t kLongestCode = 64;
constexpr std::size_t kLongestText = 1024;
constexpr std::size_t kLongestLocation = 256;
constexpr std::string_view kOnItsWay = "IN_TRANSIT";
// What stands for no time in some systems (0001-01-01) is still a time that every store can write.
constexpr UtcTime kEarliest = UtcTime{};
constexpr UtcTime kLatest = UtcTime{Seconds{253'370'764'800}};  // 9999-01-01

/// Cuts UTF-8 between characters.
void cut(std::string& text, std::size_t limit) {
  if (text.size() <= limit) return;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0U) == 0x80U) --limit;
  text.resize(limit);
}

}  // namespace

Result<void> check_tracking_no(std::string_view tracking_no) {
  if (tracking_no.size() <= kLongestTrackingNo) return {};
  return fail("field_invalid", fmt::format("The tracking number has {} bytes; at most {} are allowed.",
                                           tracking_no.size(), kLongestTrackingNo));
}

store::ExpressStep fit_step(store::ExpressStep step) {
  cut(step.status_code, kLongestCode);
  cut(step.received_code, kLongestCode);
  cut(step.carrier_code, kLongestCode);
  cut(step.event_text, kLongestText);
  cut(step.location, kLongestLocation);
  step.event_time = std::clamp(step.event_time, kEarliest, kLatest);
  return step;
}

bool add_steps(store::ExpressEffect& effect, ParcelReport report) {
  const auto newest = std::ranges::max_element(report.lines, {}, &store::ExpressStep::event_time);
  for (auto line = report.lines.begin(); line != report.lines.end(); ++line) {
    if (!line->status_code.empty()) continue;
    line->status_code = line == newest && !report.status_code.empty() ? report.status_code : kOnItsWay;
  }
  const std::size_t room = kMostSteps - effect.steps.size();
  const bool all = report.lines.size() <= room;
  if (!all) report.lines.resize(room);
  while (!report.lines.empty()) {
    store::ExpressStep step = std::move(report.lines.back());
    report.lines.pop_back();
    step.tracking_no = report.tracking_no;
    step.carrier_code = report.carrier_code;
    effect.steps.push_back(fit_step(std::move(step)));
  }
  return all;
}

}  // namespace yizhan::receive
