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

std::string story_json(const EventStory& story, UtcTime now) {
  JsonWriter writer;
  writer.begin_object();
  add_event_members(writer, story.event);
  add_bytes(writer, "payload", story.event.event.payload);
  writer.key("attempts").begin_array();
  for (const store::AttemptView& attempt : story.attempts) add_attempt(writer, attempt);
  writer.end_array();
  writer.key("dead_letter");
  if (story.dead_letter) {
    add_dead_letter(writer, *story.dead_letter);
  } else {
    writer.null();
  }
  writer.key("endpoint_disabled");
  if (story.disabled) {
    add_disabled_endpoint(writer, *story.disabled);
  } else {
    writer.null();
  }
  writer.key("next_steps").begin_array();
  for (const std::string& step : next_steps(story, now)) writer.text(step);
  return writer.end_array().end_object().take() + '\n';
}

}  // namespace yizhan::cli
