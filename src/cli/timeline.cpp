#include "cli/timeline.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/display_text.h"
#include "cli/json_members.h"
#include "cli/readable.h"

namespace yizhan::cli {
namespace {

constexpr std::size_t kPayloadShown = 256;  ///< bytes, unless all of it is asked for
constexpr std::size_t kResponseShown = 256;

std::string attempt_detail(const store::AttemptView& attempt) {
  std::string detail = attempt.response_status > 0 ? fmt::format("HTTP {}  ", attempt.response_status) : "";
  if (!attempt.error_class.empty()) detail += attempt.error_class + "  ";
  detail += readable_span(Milliseconds(attempt.duration_ms));
  if (const std::string_view more = error_beyond_status(attempt); !more.empty()) detail += fmt::format("  {}", more);
  return detail;
}

Moment attempt_moment(const store::AttemptView& attempt, bool response_bodies) {
  const bool failed = !attempt.error_class.empty();
  Moment moment{attempt.created_at,
                failed ? "✗" : "✓",
                failed ? Style::kWarning : Style::kGood,
                fmt::format("attempt {}", attempt.attempt_no),
                attempt_detail(attempt),
                ""};
  if (response_bodies) moment.below = attempt.response_body.substr(0, kResponseShown);
  return moment;
}

std::string because(const std::string& reason) {
  return reason.empty() ? std::string() : fmt::format(": {}", reason);
}

std::string_view signed_with(bool previous_secret) {
  return previous_secret ? "; signed with the previous secret" : "";
}

Moment act_moment(const store::AuditEntry& act) {
  std::string what = act.action.substr(act.action.find('.') + 1);
  if (act.action == "event.edit") what = "edited by hand";
  std::string detail = fmt::format("by {} ({}){}", act.actor, store::to_string(act.origin), because(act.reason));
  if (act.action == "event.replay") detail += signed_with(simple_members(act.detail)["secret"] == "previous");
  if (act.action == "event.edit") detail += fmt::format("  {}", act.detail);
  return {act.at, "◆", Style::kStrong, std::move(what), std::move(detail), ""};
}

Moment replay_moment(const store::ReplayOfEvent& replay) {
  std::string detail = fmt::format("replay {} by {}{}", replay.job_id, replay.actor, because(replay.reason));
  if (replay.moved) {
    detail += fmt::format("; before, it went to {}",
                          replay.former_target.empty() ? "the platform's base URL" : replay.former_target);
  }
  detail += signed_with(replay.secret == SigningSecret::kPrevious);
  return {replay.released_at, "◆", Style::kStrong, "replay", std::move(detail), ""};
}

/// Before the first moment that is later; what came at the same time stays before it.
void insert_in_order(std::vector<Moment>& moments, Moment moment) {
  moments.insert(std::ranges::upper_bound(moments, moment.at, {}, &Moment::at), std::move(moment));
}

std::string first_words(std::string_view payload, bool whole) {
  std::string size = readable_bytes(payload.size());
  if (payload.empty()) return size;
  if (whole || payload.size() <= kPayloadShown) return fmt::format("{}  {}", size, payload);
  return fmt::format("{}  {}…", size, payload.substr(0, kPayloadShown));
}

}  // namespace

std::vector<Moment> moments_of(const EventStory& story, UtcTime now, bool response_bodies) {
  const store::EventView& event = story.event;
  std::vector<Moment> moments;
  moments.push_back({event.event.created_at, "●", Style::kStrong, "accepted", "", ""});
  for (const store::AttemptView& attempt : story.attempts) moments.push_back(attempt_moment(attempt, response_bodies));
  for (const store::AuditEntry& act : story.acts) insert_in_order(moments, act_moment(act));
  for (const store::ReplayOfEvent& replay : story.replays) insert_in_order(moments, replay_moment(replay));
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
  StoryWriter writer(options.width, options.color, out);
  out += writer.paint(printable(event.event.id), Style::kStrong) + "  " +
         writer.paint(to_string(event.status), style_of(event.status)) + "\n\n";
  writer.field("event", fmt::format("{} → {}", event.event.event_type, event.event.platform));
  writer.field("target",
               event.event.callback_target.empty() ? "(the platform's base URL)" : event.event.callback_target);
  writer.field("signed with", event.event.secret == SigningSecret::kPrevious ? "the previous secret" : "");
  writer.field("correlation", event.event.correlation);
  writer.field("order key", event.event.order_key);
  writer.field("idempotency", event.idempotency_key);
  writer.field("trace", event.event.traceparent);
  writer.field("payload", event.removed_bytes
                              ? fmt::format("{}, removed by retention; it cannot be sent again",
                                            readable_bytes(static_cast<std::size_t>(*event.removed_bytes)))
                              : first_words(event.event.payload, options.whole_payload));
  writer.line();

  writer.moments(moments_of(story, now, options.response_bodies));
  writer.line();
  for (const std::string& step : next_steps(story, now)) writer.paragraph(step);
  return out;
}

}  // namespace yizhan::cli
