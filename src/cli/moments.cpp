#include "cli/moments.h"

#include <algorithm>

#include "cli/display_text.h"
#include "cli/readable.h"

namespace yizhan::cli {
namespace {

constexpr int kMomentIndent = 2;

}  // namespace

void StoryWriter::line(std::string_view text) {
  if (!text.empty()) out_.append(kMomentIndent, ' ');
  out_ += text;
  out_ += '\n';
}

void StoryWriter::field(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  constexpr int kNameWidth = 14;
  const std::string shown = fit(printable(value), kMomentIndent + kNameWidth);
  line(paint(padded_right(name, kNameWidth), Style::kFaint) + shown);
}

void StoryWriter::paragraph(std::string_view text) {
  line(wrapped(printable(text), width_, kMomentIndent, kMomentIndent));
}

void StoryWriter::moments(const std::vector<Moment>& moments) {
  int what_width = 0;
  for (const Moment& each : moments) what_width = std::max(what_width, display_width(each.what));
  std::optional<UtcTime> previous;
  for (const Moment& each : moments) {
    const auto day = std::chrono::floor<std::chrono::days>(each.at);
    if (!previous || std::chrono::floor<std::chrono::days>(*previous) != day) {
      line(paint(readable_time(day).substr(0, 10) + " UTC", Style::kFaint));
    }
    moment(each, previous, what_width);
    previous = each.at;
  }
}

void StoryWriter::moment(const Moment& moment, std::optional<UtcTime> previous, int what_width) {
  constexpr int kClockWidth = 12;
  constexpr int kGapWidth = 11;
  std::string gap;
  if (previous && moment.at - *previous >= Milliseconds(1)) gap = "+" + readable_span(moment.at - *previous);
  const int used = kMomentIndent + kClockWidth + kGapWidth + 2 + 1 + 2 + what_width + 2;
  std::string text =
      paint(readable_clock(moment.at), Style::kFaint) + paint(padded_left(gap, kGapWidth), Style::kFaint);
  text += "  " + paint(moment.mark, moment.style) + "  ";
  text += paint(moment.detail.empty() ? moment.what : padded_right(moment.what, what_width), moment.style);
  if (!moment.detail.empty()) text += "  " + fit(printable(moment.detail), used);
  line(text);
  if (!moment.below.empty()) {
    const int indent = kMomentIndent + kClockWidth + kGapWidth + 5;
    line(std::string(static_cast<std::size_t>(indent - kMomentIndent), ' ') +
         paint(fit(printable(moment.below), indent), Style::kFaint));
  }
}

std::string StoryWriter::fit(std::string text, int columns_before) const {
  constexpr int kReadable = 20;  // on a very narrow terminal a wrapped line reads better than nothing
  if (width_ <= 0) return text;
  return cut_to_width(text, std::max(kReadable, width_ - columns_before));
}

}  // namespace yizhan::cli
