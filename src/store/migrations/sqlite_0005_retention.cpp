#include "store/migrations/sqlite_0005_retention.h"

#include <string_view>

namespace yizhan::store::migrations {
namespace {

constexpr std::string_view kRetentionTables = R"sql(
-- Of an event, or a callback, whose body retention took away: how many bytes that were. NULL: it is as it came. (No
-- CHECK: SQLite would read the whole table now, and for every row that comes.)
ALTER TABLE outbox_events ADD COLUMN removed_bytes INTEGER;
ALTER TABLE inbound_callbacks ADD COLUMN removed_bytes INTEGER;

-- What was deleted, by the minute of created_at: the ledger counts it on. Times are microseconds since 1970, UTC.
CREATE TABLE ledger_rollup (
  minute INTEGER NOT NULL CHECK (minute % 60000000 = 0),
  platform TEXT NOT NULL CHECK (length(platform) BETWEEN 1 AND 64),
  delivered INTEGER NOT NULL CHECK (delivered >= 0),
  dead_letter INTEGER NOT NULL CHECK (dead_letter >= 0),
  discarded INTEGER NOT NULL CHECK (discarded >= 0),
  PRIMARY KEY (minute, platform)
) STRICT, WITHOUT ROWID;

-- One row: who deletes now, when the next pass begins, what the last one did, and a sample by which growth is judged.
CREATE TABLE retention_state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  holder TEXT CHECK (length(holder) BETWEEN 1 AND 64),
  held_until INTEGER,
  next_at INTEGER,
  last_at INTEGER,
  last_removed INTEGER NOT NULL DEFAULT 0 CHECK (last_removed >= 0),
  sampled_at INTEGER,
  sampled_bytes INTEGER,
  CHECK ((holder IS NULL) = (held_until IS NULL)),
  CHECK ((sampled_at IS NULL) = (sampled_bytes IS NULL))
) STRICT;
INSERT INTO retention_state (one) VALUES (1);

-- Only what is finished is in them, so that the oldest of it is found without passing over what waits.
CREATE INDEX notify_queue_finished ON notify_queue (created_at) WHERE process_status IS NOT NULL;
CREATE INDEX express_notifications_finished ON express_notifications (created_at)
  WHERE next_attempt_at IS NULL AND send_status IN ('success', 'failed', 'no-targets');
CREATE INDEX platform_express_tracking_events_created_at ON platform_express_tracking_events (created_at);

-- What went out once with a body cannot go out again without it.
CREATE TRIGGER outbox_view_keeps_removed INSTEAD OF UPDATE ON cs_platform_event_outbox
WHEN NEW.status IN ('pending', 'retrying') AND OLD.status NOT IN ('pending', 'retrying')
BEGIN
  SELECT RAISE(ABORT, 'value_refused: the payload of this event was removed by retention; it cannot be sent again')
  FROM outbox_events WHERE id = OLD.id AND removed_bytes IS NOT NULL;
END;
)sql";

}  // namespace

std::string sqlite_0005_retention() {
  return std::string(kRetentionTables);
}

}  // namespace yizhan::store::migrations
