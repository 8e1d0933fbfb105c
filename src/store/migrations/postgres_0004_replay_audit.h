// PostgreSQL schema, version 4: replay jobs, and the audit trail (docs/operations.md says how both are used).
#pragma once

#include <string_view>

namespace yizhan::store::migrations {

inline constexpr std::string_view kPostgresReplayAudit = R"sql(
-- Who did what. Only appended to; whoever owns the database could still drop the triggers.
CREATE TABLE audit_trail (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  origin text COLLATE "C" NOT NULL CHECK (origin IN ('cli', 'api', 'console', 'sql', 'service')),
  actor text NOT NULL CHECK (char_length(actor) BETWEEN 1 AND 255),
  action text COLLATE "C" NOT NULL CHECK (char_length(action) BETWEEN 1 AND 64),
  object text COLLATE "C" NOT NULL,
  reason text NOT NULL,
  count bigint,
  detail text NOT NULL,
  outcome text NOT NULL CHECK (outcome <> '')
);
CREATE INDEX audit_trail_object ON audit_trail (object, id) WHERE object <> '';

-- The events that an entry about several was about, so that each one's story can tell.
CREATE TABLE audit_events (
  event_id text COLLATE "C" NOT NULL,
  audit_id bigint NOT NULL REFERENCES audit_trail (id),
  PRIMARY KEY (event_id, audit_id)
);

CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail is only appended to' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER audit_trail_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_trail
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_events_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- Edits by hand, through the view; the service itself never writes through it. Fires after the trigger that does the
-- work, and only for what that has done.
CREATE FUNCTION outbox_view_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO audit_trail (at, origin, actor, action, object, reason, count, detail, outcome)
  VALUES (clock_timestamp(), 'sql', session_user, CASE TG_OP WHEN 'DELETE' THEN 'event.delete' ELSE 'event.edit' END,
          OLD.id, '', 1,
          CASE TG_OP WHEN 'DELETE' THEN json_build_object('before', OLD.status)
                     ELSE json_build_object('before', OLD.status, 'after', NEW.status) END::text, 'done');
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER outbox_view_updated_audit INSTEAD OF UPDATE ON cs_platform_event_outbox
  FOR EACH ROW EXECUTE FUNCTION outbox_view_audit();
CREATE TRIGGER outbox_view_deleted_audit INSTEAD OF DELETE ON cs_platform_event_outbox
  FOR EACH ROW EXECUTE FUNCTION outbox_view_audit();
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION outbox_view_audit() SET search_path = %I, pg_temp', current_schema());
END $$;

-- Of the events chosen, those that are still in one of the statuses go back to pending; answers which.
CREATE FUNCTION outbox_replay_events(event_sequences bigint[], statuses text[], changed_at timestamptz)
RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  locked bigint[] := outbox_lock_events(event_sequences, statuses);
  endpoint bigint;
BEGIN
  PERFORM outbox_reopen(locked, changed_at, changed_at);
  DELETE FROM cs_platform_event_dead_letters
  WHERE event_id = ANY (ARRAY(SELECT id FROM outbox_events WHERE sequence = ANY (locked)));
  FOR endpoint IN SELECT DISTINCT endpoint_key FROM outbox_schedule WHERE sequence = ANY (locked) AND NOT held LOOP
    PERFORM outbox_news(endpoint);
  END LOOP;
  RETURN locked;
END $$;
CREATE OR REPLACE FUNCTION outbox_replay(event_sequences bigint[], statuses text[], changed_at timestamptz)
RETURNS integer LANGUAGE sql AS $$
  SELECT cardinality(outbox_replay_events(event_sequences, statuses, changed_at))
$$;

-- Events of one platform that are released bit by bit, oldest first. `released` were set back to pending by the job;
-- `delivered`, `dead` and `ended` (discarded, deleted, closed by hand) of them have ended since.
CREATE TABLE replay_jobs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  state text COLLATE "C" NOT NULL CHECK (state IN ('running', 'paused', 'cancelled', 'done', 'failed')),
  platform text COLLATE "C" NOT NULL CHECK (platform <> ''),
  selection text NOT NULL,
  actor text NOT NULL CHECK (actor <> ''),
  reason text NOT NULL,
  rate bigint CHECK (rate > 0),       -- events a second; NULL: as the endpoint bears it
  new_target text CHECK (new_target <> ''),
  matching bigint NOT NULL CHECK (matching >= 0),
  position bigint NOT NULL DEFAULT 0, -- the sequence up to which events have been looked at
  exhausted boolean NOT NULL DEFAULT false,
  released bigint NOT NULL DEFAULT 0,
  left_alone bigint NOT NULL DEFAULT 0,
  delivered bigint NOT NULL DEFAULT 0,
  dead bigint NOT NULL DEFAULT 0,
  ended bigint NOT NULL DEFAULT 0,
  pace bigint NOT NULL DEFAULT 0,     -- events a second at the last step
  last_error text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  finished_at timestamptz,
  lease_token text COLLATE "C" CHECK (char_length(lease_token) BETWEEN 1 AND 64),
  lease_expires_at timestamptz,
  CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL)),
  CHECK (delivered + dead + ended <= released),
  CHECK ((finished_at IS NOT NULL) = (state IN ('cancelled', 'done', 'failed')))
);
CREATE INDEX replay_jobs_running ON replay_jobs (id) WHERE state = 'running';

CREATE TABLE replay_job_events (
  job_id bigint NOT NULL REFERENCES replay_jobs (id),
  sequence bigint NOT NULL,
  endpoint_key bigint NOT NULL,
  released_at timestamptz NOT NULL,
  former_target text,                 -- where the job gave the event another address
  outcome text COLLATE "C" NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'delivered', 'dead', 'ended')),
  PRIMARY KEY (job_id, sequence)
);
CREATE INDEX replay_job_events_sequence ON replay_job_events (sequence);
-- As many rows as are outstanding.
CREATE INDEX replay_job_events_open ON replay_job_events (endpoint_key, sequence) WHERE outcome = 'open';
)sql";

}  // namespace yizhan::store::migrations
