// PostgreSQL schema, version 7: replays that are signed with the previous secret.
#pragma once

#include <string_view>

namespace yizhan::store::migrations {

inline constexpr std::string_view kPostgresSigningSecret = R"sql(
-- True: a replay has this event signed with its platform's previous secret. NULL: it is signed as any event.
ALTER TABLE outbox_events ADD COLUMN previous_secret boolean;
ALTER TABLE replay_jobs ADD COLUMN previous_secret boolean NOT NULL DEFAULT false;

-- Whoever sets an event back to pending has it signed as any event; a replay that means otherwise says so afterwards. By
-- hand: the trigger's name makes it run after outbox_view_update, and only for what that has done.
CREATE FUNCTION outbox_view_updated_signs_as_any() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF NEW.status = 'pending' AND OLD.status <> 'pending' THEN
    UPDATE outbox_events SET previous_secret = NULL WHERE id = OLD.id AND previous_secret;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER outbox_view_updated_signs_as_any INSTEAD OF UPDATE ON cs_platform_event_outbox
  FOR EACH ROW EXECUTE FUNCTION outbox_view_updated_signs_as_any();
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION outbox_view_updated_signs_as_any() SET search_path = %I, pg_temp', current_schema());
END $$;

-- By the service: outbox_replay() of version 4 stands on this one, which also takes the mark away. It looks rows up by
-- their keys, whatever the planner knows of the tables, which are empty at one time and full at another: not by reading a
-- table, and not by outbox_schedule_due, of which `NOT held` in the same query would make it read everything (10 ms a step
-- beside 18,000 live events a second, in which nothing else is written).
CREATE OR REPLACE FUNCTION outbox_replay_events(event_sequences bigint[], statuses text[], changed_at timestamptz)
RETURNS bigint[] LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  locked bigint[] := outbox_lock_events(event_sequences, statuses);
  endpoint bigint;
BEGIN
  locked := ARRAY(SELECT sequence FROM outbox_events WHERE sequence = ANY (locked) AND removed_bytes IS NULL);
  PERFORM outbox_reopen(locked, changed_at, changed_at);
  UPDATE outbox_events SET previous_secret = NULL WHERE sequence = ANY (locked) AND previous_secret;
  DELETE FROM cs_platform_event_dead_letters
  WHERE event_id = ANY (ARRAY(SELECT id FROM outbox_events WHERE sequence = ANY (locked)));
  FOR endpoint IN
    SELECT DISTINCT found.endpoint_key
    FROM unnest(locked) AS l (sequence)
    CROSS JOIN LATERAL (SELECT s.endpoint_key, s.held FROM outbox_schedule AS s WHERE s.sequence = l.sequence OFFSET 0) AS found
    WHERE NOT found.held
  LOOP
    PERFORM outbox_news(endpoint);
  END LOOP;
  RETURN locked;
END $$;
)sql";

}  // namespace yizhan::store::migrations
