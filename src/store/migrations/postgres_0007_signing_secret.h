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

-- By the service: outbox_replay() of version 4 stands on this one, which does what it did and takes the mark away.
ALTER FUNCTION outbox_replay_events(bigint[], text[], timestamptz) RENAME TO outbox_set_back_events;
CREATE FUNCTION outbox_replay_events(event_sequences bigint[], statuses text[], changed_at timestamptz)
RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  replayed bigint[] := outbox_set_back_events(event_sequences, statuses, changed_at);
BEGIN
  UPDATE outbox_events SET previous_secret = NULL WHERE sequence = ANY (replayed) AND previous_secret;
  RETURN replayed;
END $$;
)sql";

}  // namespace yizhan::store::migrations
