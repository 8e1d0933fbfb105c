#include "cli/event_story.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/event_endpoint.h"
#include "cli/records.h"

namespace yizhan::cli {
namespace {

constexpr int kAttemptsShown = 10'000;

}  // namespace

Result<EventStory> find_story(store::Store& store, std::string_view id, const config::Config& config) {
  auto event = store.find_event(id, true);
  if (!event) return std::unexpected(event.error());
  if (!*event) {
    return fail("event_not_found",
                fmt::format("there is no event '{}' in this store: 'yizhan events list' shows what is", id));
  }
  EventStory story;
  story.event = std::move(**event);
  auto attempts = store.attempts(id, kAttemptsShown);
  if (!attempts) return std::unexpected(attempts.error());
  story.attempts = std::move(*attempts);
  if (story.event.status == EventStatus::kDeadLetter) {
    store::Selection selection;
    selection.ids = {std::string(id)};
    auto dead_letters = store.list_dead_letters(selection, {.limit = 1});
    if (!dead_letters) return std::unexpected(dead_letters.error());
    if (!dead_letters->rows.empty()) story.dead_letter = std::move(dead_letters->rows.front());
  }
  const auto endpoint = event_endpoint(config, story.event.event.platform, story.event.event.callback_target);
  if (is_open(story.event.status) && endpoint) {
    auto disabled = store.disabled_endpoints();
    if (!disabled) return std::unexpected(disabled.error());
    const auto found = std::ranges::find(*disabled, endpoint->key, &store::DisabledEndpoint::endpoint_key);
    if (found != disabled->end()) story.disabled = std::move(*found);
  }
  return story;
}

JsonRecord story_record(const EventStory& story, UtcTime now) {
  JsonRecord record = event_record(story.event);
  add_bytes(record, "payload", story.event.event.payload);
  std::vector<std::string> attempts;
  for (const store::AttemptView& attempt : story.attempts) attempts.push_back(attempt_record(attempt).str());
  record.raw("attempts", json_array(attempts));
  record.raw("dead_letter", story.dead_letter ? dead_letter_record(*story.dead_letter).str() : "null");
  if (story.disabled) {
    record.raw("endpoint_disabled", JsonRecord()
                                        .text("key", std::to_string(story.disabled->endpoint_key))
                                        .text("url", story.disabled->url)
                                        .text("reason", story.disabled->reason)
                                        .time("disabled_at", story.disabled->disabled_at)
                                        .str());
  } else {
    record.raw("endpoint_disabled", "null");
  }
  std::vector<std::string> steps;
  for (const std::string& step : next_steps(story, now)) steps.push_back(json_string(step));
  record.raw("next_steps", json_array(steps));
  return record;
}

}  // namespace yizhan::cli
