// PostgreSQL schema, version 5: what retention deleted, as the ledger counts it on.
#pragma once

#include <string_view>

namespace yizhan::store::migrations {

inline constexpr std::string_view kPostgresRetention = R"sql(
-- Of an event, or a callback, whose body retention took away: how many bytes that were. NULL: it is as it came.
ALTER TABLE outbox_events ADD COLUMN removed_bytes bigint;
ALTER TABLE inbound_callbacks ADD COLUMN removed_bytes bigint;

-- What was deleted, by the minute of created_at: the ledger counts it on.
CREATE TABLE ledger_rollup (
  minute timestamptz NOT NULL CHECK (minute = date_trunc('minute', minute, 'UTC')),
  platform text COLLATE "C" NOT NULL CHECK (char_length(platform) BETWEEN 1 AND 64),
  delivered bigint NOT NULL CHECK (delivered >= 0),
  dead_letter bigint NOT NULL CHECK (dead_letter >= 0),
  discarded bigint NOT NULL CHECK (discarded >= 0),
  PRIMARY KEY (minute, platform)
) WITH (fillfactor = 70);

-- One row: who deletes now, when the next pass begins, what the last one did, and a sample by which growth is judged.
CREATE TABLE retention_state (
  one integer PRIMARY KEY CHECK (one = 1),
  holder text CHECK (char_length(holder) BETWEEN 1 AND 64),
  held_until timestamptz,
  next_at timestamptz,
  last_at timestamptz,
  last_removed bigint NOT NULL DEFAULT 0 CHECK (last_removed >= 0),
  sampled_at timestamptz,
  sampled_bytes bigint,
  CHECK ((holder IS NULL) = (held_until IS NULL)),
  CHECK ((sampled_at IS NULL) = (sampled_bytes IS NULL))
) WITH (fillfactor = 10);
INSERT INTO retention_state (one) VALUES (1);

-- Only what is finished is in them, so that the oldest of it is found without passing over what waits.
CREATE INDEX notify_queue_finished ON notify_queue (created_at) WHERE process_status IS NOT NULL;
CREATE INDEX express_notifications_finished ON express_notifications (created_at)
  WHERE next_attempt_at IS NULL AND send_status IN ('success', 'failed', 'no-targets');
CREATE INDEX platform_express_tracking_events_created_at ON platform_express_tracking_events (created_at);

-- Rows go from the old end in a steady stream: vacuumed while they are few, not when a fifth of the table is dead.
ALTER TABLE outbox_events SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 20000);
ALTER TABLE outbox_delivered SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 20000);
ALTER TABLE outbox_attempts SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 20000);
ALTER TABLE inbound_callbacks SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 20000);
ALTER TABLE callback_keys SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 20000);

-- An event whose payload is gone cannot be sent again. It is locked before that is looked at: the payload may be going
-- at this moment. The trigger's name makes it run before outbox_view_update.
CREATE FUNCTION outbox_view_keeps_removed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF NEW.status IN ('pending', 'retrying') AND OLD.status NOT IN ('pending', 'retrying') THEN
    PERFORM outbox_lock_events(ARRAY(SELECT sequence FROM outbox_events WHERE id = OLD.id), ARRAY[OLD.status]);
    PERFORM FROM outbox_events WHERE id = OLD.id AND removed_bytes IS NOT NULL;
    IF FOUND THEN
      RAISE EXCEPTION 'the payload of this event was removed by retention; it cannot be sent again'
        USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER outbox_view_keeps_removed INSTEAD OF UPDATE ON cs_platform_event_outbox
  FOR EACH ROW EXECUTE FUNCTION outbox_view_keeps_removed();
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION outbox_view_keeps_removed() SET search_path = %I, pg_temp', current_schema());
END $$;

-- outbox_replay() of version 4 stands on this one.
CREATE OR REPLACE FUNCTION outbox_replay_events(event_sequences bigint[], statuses text[], changed_at timestamptz)
RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  locked bigint[] := outbox_lock_events(event_sequences, statuses);
  endpoint bigint;
BEGIN
  locked := ARRAY(SELECT sequence FROM outbox_events WHERE sequence = ANY (locked) AND removed_bytes IS NULL);
  PERFORM outbox_reopen(locked, changed_at, changed_at);
  DELETE FROM cs_platform_event_dead_letters
  WHERE event_id = ANY (ARRAY(SELECT id FROM outbox_events WHERE sequence = ANY (locked)));
  FOR endpoint IN SELECT DISTINCT endpoint_key FROM outbox_schedule WHERE sequence = ANY (locked) AND NOT held LOOP
    PERFORM outbox_news(endpoint);
  END LOOP;
  RETURN locked;
END $$;
)sql";

}  // namespace yizhan::store::migrations
