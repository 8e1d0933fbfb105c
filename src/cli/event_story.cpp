#include "cli/event_story.h"

#include <fmt/format.h>

#include "api/audit_json.h"
#include "api/replay_json.h"
#include "cli/event_endpoint.h"

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
  auto acts = store::find_audit_of_event(store, id);
  if (!acts) return std::unexpected(acts.error());
  story.acts = std::move(*acts);
  auto replays = store::find_replays_of_event(store, id);
  if (!replays) return std::unexpected(replays.error());
  story.replays = std::move(*replays);
  if (story.event.status == EventStatus::kDeadLetter) {
    store::Selection selection;
    selection.ids = {std::string(id)};
    auto dead_letters = store.list_dead_letters(selection, {.limit = 1});
    if (!dead_letters) return std::unexpected(dead_letters.error());
    if (!dead_letters->rows.empty()) story.dead_letter = std::move(dead_letters->rows.front());
  }
  if (is_open(story.event.status)) {
    const auto disabled = DisabledEndpoints::read(store);
    if (!disabled) return std::unexpected(disabled.error());
    if (const auto* endpoint = disabled->of(story.event.event, config)) story.disabled = *endpoint;
  }
  return story;
}

void write_story(JsonWriter& writer, const EventStory& story, UtcTime now) {
  writer.begin_object();
  api::write_event_members(writer, story.event);
  api::write_payload_members(writer, story.event.event.payload);
  writer.key("attempts").begin_array();
  for (const store::AttemptView& attempt : story.attempts) api::write_attempt(writer, attempt);
  writer.end_array();
  writer.key("acts").begin_array();
  for (const store::AuditEntry& act : story.acts) api::write_audit_entry(writer, act);
  writer.end_array().key("replays").begin_array();
  for (const store::ReplayOfEvent& replay : story.replays) api::write_replay_of_event(writer, replay);
  writer.end_array();
  writer.key("dead_letter");
  if (story.dead_letter) {
    api::write_dead_letter(writer, *story.dead_letter);
  } else {
    writer.null();
  }
  writer.key("endpoint_disabled");
  if (story.disabled) {
    write_disabled_endpoint(writer, *story.disabled);
  } else {
    writer.null();
  }
  writer.key("next_steps").begin_array();
  for (const std::string& step : next_steps(story, now)) writer.text(step);
  writer.end_array().end_object();
}

std::string story_json(const EventStory& story, UtcTime now) {
  JsonWriter writer;
  write_story(writer, story, now);
  return writer.take() + '\n';
}

}  // namespace yizhan::cli
