#include "cli/timeline.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/display_text.h"
#include "cli/readable.h"
#include "cli/table.h"

namespace yizhan::cli {
namespace {

constexpr int kIndent = 2;
constexpr std::size_t kPayloadShown = 256;  ///< bytes, unless all of it is asked for
constexpr std::size_t kResponseShown = 256;

/// A line of the story before it is laid out.
struct Moment {
  UtcTime at{};
  std::string mark;  ///< one column
  Style style = Style::kPlain;
  std::string what;
  std::string detail;
  std::string below;  ///< the beginning of a response; on a line of its own
};

class Writer {
 public:
  Writer(const TimelineOptions& options, std::string& out) : options_(options), out_(out) {}

  void line(std::string_view text = "") {
    if (!text.empty()) out_.append(kIndent, ' ');
    out_ += text;
    out_ += '\n';
  }

  void field(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    constexpr int kNameWidth = 14;
    const std::string shown = fit(printable(value), kIndent + kNameWidth);
    line(paint(padded_right(name, kNameWidth), Style::kFaint) + shown);
  }

  void moment(const Moment& moment, std::optional<UtcTime> previous, int what_width) {
    constexpr int kClockWidth = 12;
    constexpr int kGapWidth = 11;
    std::string gap;
    if (previous && moment.at - *previous >= Milliseconds(1)) gap = "+" + readable_span(moment.at - *previous);
    const int used = kIndent + kClockWidth + kGapWidth + 2 + 1 + 2 + what_width + 2;
    std::string text =
        paint(readable_clock(moment.at), Style::kFaint) + paint(padded_left(gap, kGapWidth), Style::kFaint);
    text += "  " + paint(moment.mark, moment.style) + "  ";
    text += paint(moment.detail.empty() ? moment.what : padded_right(moment.what, what_width), moment.style);
    if (!moment.detail.empty()) text += "  " + fit(printable(moment.detail), used);
    line(text);
    if (!moment.below.empty()) {
      const int indent = kIndent + kClockWidth + kGapWidth + 5;
      line(std::string(static_cast<std::size_t>(indent - kIndent), ' ') +
           paint(fit(printable(moment.below), indent), Style::kFaint));
    }
  }

  void paragraph(std::string_view text) { line(wrapped(printable(text), options_.width, kIndent, kIndent)); }

  std::string paint(std::string_view text, Style style) const { return styled(text, style, options_.color); }

 private:
  std::string fit(std::string text, int columns_before) const {
    constexpr int kReadable = 20;  // on a very narrow terminal a wrapped line reads better than nothing
    if (options_.width <= 0) return text;
    return cut_to_width(text, std::max(kReadable, options_.width - columns_before));
  }

  const TimelineOptions& options_;
  std::string& out_;
};

std::string attempt_detail(const store::AttemptView& attempt) {
  std::string detail = attempt.response_status > 0 ? fmt::format("HTTP {}  ", attempt.response_status) : "";
  if (!attempt.error_class.empty()) detail += attempt.error_class + "  ";
  detail += readable_span(Milliseconds(attempt.duration_ms));
  if (const std::string_view more = error_beyond_status(attempt); !more.empty()) detail += fmt::format("  {}", more);
  return detail;
}

Moment attempt_moment(const store::AttemptView& attempt, const TimelineOptions& options) {
  const bool failed = !attempt.error_class.empty();
  Moment moment{attempt.created_at,
                failed ? "✗" : "✓",
                failed ? Style::kWarning : Style::kGood,
                fmt::format("attempt {}", attempt.attempt_no),
                attempt_detail(attempt),
                ""};
  if (options.response_bodies) moment.below = attempt.response_body.substr(0, kResponseShown);
  return moment;
}

std::string first_words(std::string_view payload, bool whole) {
  const std::string size = readable_bytes(payload.size());
  if (payload.empty()) return size;
  if (whole || payload.size() <= kPayloadShown) return fmt::format("{}  {}", size, payload);
  return fmt::format("{}  {}…", size, payload.substr(0, kPayloadShown));
}

/// What happened, and what is still to come, in order.
std::vector<Moment> moments_of(const EventStory& story, UtcTime now, const TimelineOptions& options) {
  const store::EventView& event = story.event;
  std::vector<Moment> moments;
  moments.push_back({event.event.created_at, "●", Style::kStrong, "accepted", "", ""});
  for (const store::AttemptView& attempt : story.attempts) moments.push_back(attempt_moment(attempt, options));
  const bool last_succeeded = !story.attempts.empty() && story.attempts.back().error_class.empty();
  switch (event.status) {
    case EventStatus::kDelivered: {
      const std::string after = readable_span(event.updated_at - event.event.created_at) + " after it was accepted";
      moments.push_back({event.updated_at, "✓", Style::kGood, "delivered",
                         last_succeeded ? after : "set by hand, not by an attempt", ""});
      break;
    }
    case EventStatus::kDeadLetter:
      moments.push_back({story.dead_letter ? story.dead_letter->created_at : event.updated_at, "✗", Style::kBad,
                         "dead letter", "after " + counted(event.attempt_count, "attempt", "attempts"), ""});
      break;
    case EventStatus::kDiscarded:
      moments.push_back({event.updated_at, "✗", Style::kBad, "discarded", event.last_error, ""});
      break;
    case EventStatus::kPending:
    case EventStatus::kRetrying: {
      const int number = story.attempts.empty() ? 1 : story.attempts.back().attempt_no + 1;
      const UtcTime due = event.next_attempt_at.value_or(event.event.created_at);
      const bool in_flight = event.lease_expires_at && *event.lease_expires_at > now;
      std::string detail = in_flight ? "in flight" : due > now ? "due " + relative_time(due, now) : "due now";
      if (story.disabled) detail = "waits: endpoint disabled";
      moments.push_back({due, "○", Style::kStrong, fmt::format("attempt {}", number), std::move(detail), ""});
      break;
    }
  }
  return moments;
}

}  // namespace

std::string_view error_beyond_status(const store::AttemptView& attempt) {
  if (attempt.response_status > 0 && attempt.error_message.ends_with(std::to_string(attempt.response_status)))
    return {};
  return attempt.error_message;
}

Style style_of(EventStatus status) {
  switch (status) {
    case EventStatus::kPending:
      return Style::kStrong;
    case EventStatus::kRetrying:
      return Style::kWarning;
    case EventStatus::kDelivered:
      return Style::kGood;
    case EventStatus::kDeadLetter:
      return Style::kBad;
    case EventStatus::kDiscarded:
      return Style::kFaint;
  }
  return Style::kPlain;
}

std::string render_timeline(const EventStory& story, UtcTime now, const TimelineOptions& options) {
  const store::EventView& event = story.event;
  std::string out;
  Writer writer(options, out);
  out += writer.paint(printable(event.event.id), Style::kStrong) + "  " +
         writer.paint(to_string(event.status), style_of(event.status)) + "\n\n";
  writer.field("event", fmt::format("{} → {}", event.event.event_type, event.event.platform));
  writer.field("target",
               event.event.callback_target.empty() ? "(the platform's base URL)" : event.event.callback_target);
  writer.field("correlation", event.event.correlation);
  writer.field("order key", event.event.order_key);
  writer.field("idempotency", event.idempotency_key);
  writer.field("trace", event.event.traceparent);
  writer.field("payload", first_words(event.event.payload, options.whole_payload));
  writer.line();

  const std::vector<Moment> moments = moments_of(story, now, options);
  int what_width = 0;
  for (const Moment& moment : moments) what_width = std::max(what_width, display_width(moment.what));
  std::optional<UtcTime> previous;
  for (const Moment& moment : moments) {
    const auto day = std::chrono::floor<std::chrono::days>(moment.at);
    if (!previous || std::chrono::floor<std::chrono::days>(*previous) != day) {
      writer.line(writer.paint(readable_time(day).substr(0, 10) + " UTC", Style::kFaint));
    }
    writer.moment(moment, previous, what_width);
    previous = moment.at;
  }
  writer.line();
  for (const std::string& step : next_steps(story, now)) writer.paragraph(step);
  return out;
}

}  // namespace yizhan::cli
