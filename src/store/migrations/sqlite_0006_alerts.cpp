#include "store/migrations/sqlite_0006_alerts.h"

#include <string_view>

namespace yizhan::store::migrations {
namespace {

constexpr std::string_view kAlertTables = R"sql(
-- Failed attempts, newest first (observations.h): of what is delivered at once there is nothing in it.
CREATE INDEX outbox_attempts_failed ON outbox_attempts (created_at) WHERE error_class IS NOT NULL;
-- What was not told (notify_observations.h): little, where all is well.
CREATE INDEX notify_queue_unfulfilled ON notify_queue (processed_at) WHERE process_status IN ('failed', 'skipped');

-- One row for each time that something went wrong and until it was over: an episode. Written by alerts.h only, in the
-- transaction that makes the events which tell of it. Times are text, as in pay_orders.
CREATE TABLE alerts (
  id TEXT NOT NULL PRIMARY KEY,
  cause TEXT NOT NULL CHECK (cause = rule || ':' || subject),
  rule TEXT NOT NULL CHECK (rule <> ''),
  subject TEXT NOT NULL,
  title TEXT NOT NULL,
  facts TEXT NOT NULL,
  occurrences INTEGER NOT NULL CHECK (occurrences >= 1),
  told INTEGER NOT NULL CHECK (told >= 1),
  raised_at TEXT NOT NULL,
  last_held_at TEXT NOT NULL CHECK (last_held_at >= raised_at),
  told_at TEXT NOT NULL CHECK (told_at >= raised_at),
  cleared_at TEXT CHECK (cleared_at >= last_held_at)
) STRICT;
-- A cause has one open episode, whoever raises it.
CREATE UNIQUE INDEX alerts_open ON alerts (cause) WHERE cleared_at IS NULL;
)sql";

}  // namespace

std::string sqlite_0006_alerts() {
  return std::string(kAlertTables);
}

}  // namespace yizhan::store::migrations
