#include "api/replay_json.h"

#include "store/selection_json.h"

namespace yizhan::api {

void write_replay(JsonWriter& writer, const store::ReplayJob& job) {
  writer.begin_object().number("id", job.id).text("state", store::to_string(job.state));
  writer.text("platform", job.request.selection.platform);
  writer.raw("selection", store::selection_json(job.request.selection));
  writer.text("actor", job.request.actor).text_or_null("reason", job.request.reason);
  writer.key("rate");
  job.request.rate > 0 ? writer.number(job.request.rate) : writer.null();
  writer.text_or_null("target", job.request.new_target).text("secret", to_string(job.request.secret));
  writer.number("matching", job.request.matching).number("released", job.released);
  writer.number("left_alone", job.left_alone).number("delivered", job.delivered).number("dead_again", job.dead);
  writer.number("ended", job.ended).number("still_open", job.still_open());
  writer.number("to_release", job.to_release()).number("events_per_second", job.pace);
  writer.key("estimate_seconds");
  job.pace > 0 ? writer.number(job.to_release() / job.pace) : writer.null();
  writer.text_or_null("last_error", job.last_error);
  writer.time("created_at", job.created_at).time("updated_at", job.updated_at);
  writer.time_or_null("finished_at", job.finished_at).end_object();
}

void write_replay_of_event(JsonWriter& writer, const store::ReplayOfEvent& replay) {
  writer.begin_object().number("replay", replay.job_id).text("actor", replay.actor);
  writer.text_or_null("reason", replay.reason).time("released_at", replay.released_at);
  writer.key("former_target");
  replay.moved ? writer.text(replay.former_target) : writer.null();
  writer.text("secret", to_string(replay.secret)).text("outcome", replay.outcome).end_object();
}

std::string replay_preview_json(const std::vector<store::CauseCount>& causes, SigningSecret secret) {
  std::int64_t matching = 0;
  for (const store::CauseCount& cause : causes) matching += cause.count;
  JsonWriter writer;
  writer.begin_object().number("matching", matching).text("secret", to_string(secret)).key("causes").begin_array();
  for (const store::CauseCount& cause : causes) {
    writer.begin_object().text("platform", cause.platform).text_or_null("error_class", cause.error_class);
    writer.number("count", cause.count).end_object();
  }
  return writer.end_array().end_object().take();
}

}  // namespace yizhan::api
