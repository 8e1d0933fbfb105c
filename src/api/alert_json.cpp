#include "api/alert_json.h"

namespace yizhan::api {

void write_alert(JsonWriter& writer, const store::AlertEpisode& episode) {
  writer.begin_object().text("id", episode.id).text("cause", episode.cause).text("rule", episode.rule);
  writer.text("subject", episode.subject).text("state", episode.cleared_at ? "cleared" : "raised");
  writer.text("title", episode.title).raw("facts", episode.facts);
  writer.number("count", episode.count).number("told", episode.told);
  writer.time("raised_at", episode.raised_at).time("last_held_at", episode.last_held_at);
  writer.time("told_at", episode.told_at).time_or_null("cleared_at", episode.cleared_at);
  writer.end_object();
}

}  // namespace yizhan::api
