// The declarations of [retention].
#include "config/setting.h"
#include "config/setting_groups.h"

namespace yizhan::config {
namespace {

constexpr std::int64_t kLongestAge = 36'500;

Setting<Config> age(std::string_view key, int RetentionSection::* field, std::string_view help) {
  return {.key = key, .kind = whole_number(0, kLongestAge), .field = at(&Config::retention, field), .help = help};
}

}  // namespace

std::vector<Setting<Config>> declare_retention() {
  return {
      {.key = "retention.enabled",
       .kind = BooleanKind{},
       .field = at(&Config::retention, &RetentionSection::enabled),
       .help = "Whether what has been finished for long enough is deleted. What is pending, retrying or being sent is "
               "never deleted, nor are orders and the audit trail. The ledger stays exact."},
      age("retention.delivered_days", &RetentionSection::delivered_days,
          "Days that a delivered event is kept after its delivery. 0: for ever. An event with an idempotency key is "
          "kept for 8 days at least."),
      age("retention.delivered_bodies_days", &RetentionSection::delivered_bodies_days,
          "Days that the payload of a delivered event and the stored answers are kept; the row stays, and says so. "
          "Without its payload an event cannot be replayed. 0: as long as the event. With an idempotency key 8 days "
          "at least."),
      age("retention.attempts_days", &RetentionSection::attempts_days,
          "Days that the attempts of a delivered event are kept. 0: as long as the event."),
      age("retention.discarded_days", &RetentionSection::discarded_days,
          "Days that a discarded event is kept. 0: for ever."),
      age("retention.dead_letter_days", &RetentionSection::dead_letter_days,
          "Days that a dead letter is kept. 0: for ever, until somebody replays or discards it."),
      age("retention.callbacks_days", &RetentionSection::callbacks_days,
          "Days that the record of a received callback is kept, 8 at least, and for as long as an event that it caused "
          "is open. 0: for ever."),
      age("retention.callback_bodies_days", &RetentionSection::callback_bodies_days,
          "Days that the body of a received callback is kept, 8 at least; the row stays, and says so. 0: as long as "
          "the row."),
      age("retention.notifications_days", &RetentionSection::notifications_days,
          "Days that finished notifications with their deliveries, rows of `notify_queue` that were looked at, and the "
          "steps of parcels that have stood still are kept. 0: for ever."),
      {.key = "retention.interval_seconds",
       .kind = seconds(1, 86'400),
       .field = at(&Config::retention, &RetentionSection::interval),
       .help = "Seconds from the end of one pass to the next, which takes what has become old enough meanwhile. Of "
               "several nodes one makes it."},
      {.key = "retention.batch_size",
       .kind = whole_number(1, 10'000),
       .field = at(&Config::retention, &RetentionSection::batch_size),
       .help = "Rows in one transaction, at most. It takes fewer where these would take longer than 10 ms."},
      {.key = "retention.pause_ms",
       .kind = milliseconds(0, 60'000),
       .field = at(&Config::retention, &RetentionSection::pause),
       .help = "The pause between two transactions, at least; it is longer where live traffic is dense. 0: none."},
      {.key = "retention.disk_quota",
       .kind = bytes(0, std::int64_t{1} << 50),
       .field = at(&Config::retention, &RetentionSection::disk_quota),
       .help = "Bytes that the store may take. From 80 % on there is a warning; from 95 % on delivered events go "
               "earlier, the oldest first, while the store grows, and are kept for a day at least. 0: what the file "
               "system of a SQLite store has room for; on PostgreSQL then nothing is judged."},
      {.key = "retention.export_dir",
       .kind = text(kFilePath),
       .field = at(&Config::retention, &RetentionSection::export_dir),
       .help = "Where events and callbacks are written before they, or their bodies, are deleted: a file for each day "
               "(UTC), `events-YYYY-MM-DD.jsonl` and `callbacks-YYYY-MM-DD.jsonl`, as `yizhan export` writes them. "
               "Nothing is deleted that could not be written. Empty: nowhere."},
  };
}

}  // namespace yizhan::config
