#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "cli/readable.h"

namespace yizhan::cli {
namespace {

constexpr Milliseconds kBetweenDrawings{100};

}  // namespace

std::string progress_text(std::string_view label, std::int64_t done, std::int64_t total, Microseconds elapsed) {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::string text = fmt::format("{}  {}", label, readable_count(done));
  if (total > 0) {
    text += fmt::format(" of {}  {} %", readable_count(total), std::min<std::int64_t>(100, done * 100 / total));
  }
  if (seconds >= 1 && rate > 0) {
    text += fmt::format("  {}/s",
                        rate >= 10 ? readable_count(static_cast<std::int64_t>(rate)) : fmt::format("{:.1f}", rate));
    if (total > done) {
      const auto left = static_cast<std::int64_t>(static_cast<double>(total - done) / rate * 1e6);
      text += fmt::format("  {} left", readable_span(Microseconds(left)));
    }
  }
  return text;
}

Progress::Progress(const Terminal& terminal, std::string label, std::int64_t total)
    : terminal_(terminal), label_(std::move(label)), total_(total), started_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (shown_) terminal_.err << "\r\x1b[K" << std::flush;
}

void Progress::update(std::int64_t done) {
  if (!terminal_.err_is_terminal) return;
  const SteadyTime now = std::chrono::steady_clock::now();
  if (shown_ && now - drawn_ < kBetweenDrawings) return;
  drawn_ = now;
  shown_ = true;
  const auto elapsed = std::chrono::duration_cast<Microseconds>(now - started_);
  terminal_.err << "\r\x1b[K" << progress_text(label_, done, total_, elapsed) << std::flush;
}

}  // namespace yizhan::cli
