// PostgreSQL schema, version 6: alerts that are raised.
#pragma once

#include <string_view>

namespace yizhan::store::migrations {

inline constexpr std::string_view kPostgresAlerts = R"sql(
-- Failed attempts, newest first (observations.h): of what is delivered at once there is nothing in it.
CREATE INDEX outbox_attempts_failed ON outbox_attempts (created_at) WHERE error_class IS NOT NULL;
-- What was not told (notify_observations.h): little, where all is well.
CREATE INDEX IF NOT EXISTS notify_queue_unfulfilled ON notify_queue (processed_at) WHERE process_status IN ('failed', 'skipped');
CREATE INDEX IF NOT EXISTS dead_letters_created_at ON cs_platform_event_dead_letters (created_at);

-- One row for each time that something went wrong and until it was over: an episode. Written by alerts.h only, in the
-- transaction that makes the events which tell of it.
CREATE TABLE alerts (
  id text COLLATE "C" PRIMARY KEY,
  cause text COLLATE "C" NOT NULL CHECK (cause = rule || ':' || subject),
  rule text COLLATE "C" NOT NULL CHECK (rule <> ''),
  subject text NOT NULL,
  title text NOT NULL,
  facts text NOT NULL,
  occurrences bigint NOT NULL CHECK (occurrences >= 1),
  told integer NOT NULL CHECK (told >= 1),
  raised_at timestamptz NOT NULL,
  last_held_at timestamptz NOT NULL CHECK (last_held_at >= raised_at),
  told_at timestamptz NOT NULL CHECK (told_at >= raised_at),
  cleared_at timestamptz CHECK (cleared_at >= last_held_at)
);
-- A cause has one open episode, whoever raises it.
CREATE UNIQUE INDEX alerts_open ON alerts (cause) WHERE cleared_at IS NULL;
)sql";

}  // namespace yizhan::store::migrations
