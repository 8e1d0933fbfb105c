// PostgreSQL schema, version 1: the outbox (docs/decisions/0001-outbox-layout.md says why it is laid out like this),
// the view under the seed's name with its triggers, and the small tables beside it.
//
// Everything is made in the connection's current schema, by an ordinary role. The triggers' functions run as the owner,
// so that a producer needs rights on the view only: GRANT INSERT ON cs_platform_event_outbox TO producer (and SELECT,
// for INSERT … RETURNING id).
#pragma once

#include <string_view>

namespace yizhan::store::migrations {

inline constexpr std::string_view kPostgresTables = R"sql(
-- A batch takes a block of a thousand numbers at once, and numbers its events itself.
CREATE SEQUENCE outbox_sequence INCREMENT BY 1000;

CREATE TABLE outbox_events (
  sequence bigint PRIMARY KEY,
  created_at timestamptz NOT NULL CHECK (isfinite(created_at)),
  id text COLLATE "C" NOT NULL UNIQUE CHECK (char_length(id) BETWEEN 1 AND 64),
  platform text COLLATE "C" NOT NULL CHECK (char_length(platform) BETWEEN 1 AND 64),
  event_type text COLLATE "C" NOT NULL CHECK (char_length(event_type) BETWEEN 1 AND 128),
  callback_target text NOT NULL,
  payload bytea NOT NULL,
  correlation text COLLATE "C" NOT NULL CHECK (octet_length(correlation) <= 256),
  order_key text COLLATE "C" NOT NULL CHECK (octet_length(order_key) <= 255),
  traceparent text NOT NULL,
  idempotency_key text COLLATE "C" CHECK (octet_length(idempotency_key) BETWEEN 1 AND 255)
);
-- A payload too long for its row is kept beside it as it is: compressing costs more than it saves on the hot path.
ALTER TABLE outbox_events ALTER payload SET STORAGE EXTERNAL;
CREATE INDEX outbox_events_correlation ON outbox_events (correlation) WHERE correlation <> '';
CREATE INDEX outbox_events_created_at ON outbox_events USING brin (created_at) WITH (pages_per_range = 32, autosummarize = on);

-- Rows come, change and go with every event: room for changes on the page, and vacuumed early and at full speed.
CREATE TABLE outbox_schedule (
  sequence bigint PRIMARY KEY,
  endpoint_key bigint NOT NULL,
  available_at timestamptz NOT NULL,
  next_attempt_at timestamptz NOT NULL CHECK (isfinite(next_attempt_at)),
  lease_expires_at timestamptz,
  updated_at timestamptz NOT NULL,
  attempt_count integer NOT NULL CHECK (attempt_count >= 0),
  attempts_made integer NOT NULL CHECK (attempts_made >= 0),
  run_start integer NOT NULL,
  held boolean NOT NULL,
  status text COLLATE "C" NOT NULL CHECK (status IN ('pending', 'retrying')),
  lease_token text COLLATE "C" CHECK (char_length(lease_token) BETWEEN 1 AND 64),
  order_lane text COLLATE "C",  -- outbox_lane() of the event; NULL where it has no order_key
  last_error text,
  CHECK (run_start BETWEEN 0 AND attempt_count),
  CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL)),
  CHECK (available_at = coalesce(lease_expires_at, next_attempt_at)),
  CHECK (NOT held OR (order_lane IS NOT NULL AND lease_token IS NULL))
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX outbox_schedule_due ON outbox_schedule (endpoint_key, available_at, sequence) WHERE NOT held;
-- Both are empty where nobody uses order keys.
CREATE INDEX outbox_schedule_lane ON outbox_schedule (order_lane, held, sequence) WHERE order_lane IS NOT NULL;
CREATE INDEX outbox_schedule_ordered ON outbox_schedule (sequence) WHERE order_lane IS NOT NULL;

CREATE TABLE outbox_delivered (
  sequence bigint PRIMARY KEY,
  updated_at timestamptz NOT NULL,
  attempt_count integer NOT NULL CHECK (attempt_count >= 0)
);

CREATE TABLE outbox_abandoned (
  sequence bigint PRIMARY KEY,
  updated_at timestamptz NOT NULL,
  attempt_count integer NOT NULL CHECK (attempt_count >= 0),
  status text COLLATE "C" NOT NULL CHECK (status IN ('dead_letter', 'discarded')),
  last_error text
);

CREATE TABLE outbox_attempts (
  sequence bigint NOT NULL,
  created_at timestamptz NOT NULL,
  attempt_no integer NOT NULL CHECK (attempt_no > 0),
  response_status integer,
  duration_ms integer,
  error_class text COLLATE "C",
  error_message text,
  response_body bytea,
  PRIMARY KEY (sequence, attempt_no)
);
CREATE INDEX outbox_attempts_created_at ON outbox_attempts (created_at);

CREATE TABLE cs_platform_event_dead_letters (
  event_id text COLLATE "C" PRIMARY KEY,
  platform text COLLATE "C" NOT NULL,
  event_type text COLLATE "C" NOT NULL,
  callback_target text NOT NULL,
  attempt_count integer NOT NULL,
  final_error text,
  created_at timestamptz NOT NULL,
  error_class text COLLATE "C"
);

-- The primary key is on what callers make up, often at random; kept apart and pruned so that it stays small.
CREATE TABLE outbox_idempotency (
  platform text COLLATE "C" NOT NULL,
  idempotency_key text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (platform, idempotency_key)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX outbox_idempotency_created_at ON outbox_idempotency (created_at);

CREATE TABLE outbox_endpoints (
  endpoint_key bigint PRIMARY KEY,
  platform text COLLATE "C" NOT NULL,
  url text NOT NULL,
  reason text NOT NULL,
  disabled_at timestamptz NOT NULL
);

CREATE TABLE api_keys (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  scopes text NOT NULL,
  hash text COLLATE "C" NOT NULL UNIQUE,
  created_at timestamptz NOT NULL,
  revoked_at timestamptz
);
)sql";

inline constexpr std::string_view kPostgresFunctions = R"sql(
-- Bytes as text that can always be shown: what is not UTF-8, or holds NUL, is escaped as \ooo.
CREATE FUNCTION outbox_text(bytes bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN convert_from(bytes, 'UTF8');
EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
  RETURN encode(bytes, 'escape');
END $$;

-- A UUIDv7 (RFC 9562 section 5.7), from the clock and the random digits of a version 4.
CREATE FUNCTION outbox_new_id() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT substr(stamp, 1, 8) || '-' || substr(stamp, 9, 4) || '-7' || substr(random, 16, 21)
  FROM (SELECT lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') AS stamp,
               gen_random_uuid()::text AS random) AS parts
$$;

-- Wakes the nodes that listen, when this transaction commits: an event of this endpoint may be due. 0 (nobody knows the
-- endpoint yet) is sent as an empty text.
CREATE FUNCTION outbox_news(endpoint_key bigint) RETURNS void LANGUAGE sql AS $$
  SELECT pg_notify('yizhan_outbox', CASE WHEN endpoint_key = 0 THEN '' ELSE endpoint_key::text END)
$$;

-- Events of one lane go out one after the other.
CREATE FUNCTION outbox_lane(platform text, order_key text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN order_key <> '' THEN platform || chr(31) || order_key END
$$;

-- Whoever adds an open event to a lane, or takes one away, holds its lock until the end of the transaction. Always in the
-- same order, so that two of them never wait for each other.
CREATE FUNCTION outbox_lock_lanes(lanes text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(lock_key)
  FROM (SELECT DISTINCT hashtextextended(lane, 7201) AS lock_key FROM unnest(lanes) AS lane ORDER BY lock_key) AS locks;
END $$;

CREATE FUNCTION outbox_lanes_of(event_sequences bigint[]) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT array_agg(DISTINCT outbox_lane(platform, order_key))
  FROM outbox_events WHERE sequence = ANY (event_sequences) AND order_key <> ''
$$;

-- At most one event of a lane is not held: the oldest open one, unless a younger one is still in flight. The lanes are
-- locked.
CREATE FUNCTION outbox_settle_lanes(lanes text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  lane text;
  oldest_held bigint;
  released_key bigint;
BEGIN
  FOREACH lane IN ARRAY coalesce(lanes, '{}') LOOP
    SELECT min(sequence) INTO oldest_held FROM outbox_schedule WHERE order_lane = lane AND held;
    CONTINUE WHEN oldest_held IS NULL;
    UPDATE outbox_schedule SET held = true
    WHERE order_lane = lane AND NOT held AND lease_token IS NULL AND sequence > oldest_held;
    UPDATE outbox_schedule SET held = false
    WHERE sequence = oldest_held AND NOT EXISTS (SELECT FROM outbox_schedule WHERE order_lane = lane AND NOT held)
    RETURNING endpoint_key INTO released_key;
    IF FOUND THEN PERFORM outbox_news(released_key); END IF;
  END LOOP;
END $$;

-- Locks those of the events that are in one of the statuses now, and answers which: another transaction may have moved
-- them since they were chosen. Each table is asked in turn, with a look of its own at what is committed, so that an event
-- which is being closed is found where it went.
CREATE FUNCTION outbox_lock_events(event_sequences bigint[], statuses text[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  locked bigint[];
BEGIN
  locked := ARRAY(SELECT sequence FROM outbox_schedule
                  WHERE sequence = ANY (event_sequences) AND status = ANY (statuses) ORDER BY sequence FOR UPDATE);
  IF 'delivered' = ANY (statuses) THEN
    locked := locked || ARRAY(SELECT sequence FROM outbox_delivered
                              WHERE sequence = ANY (event_sequences) ORDER BY sequence FOR UPDATE);
  END IF;
  RETURN locked || ARRAY(SELECT sequence FROM outbox_abandoned
                         WHERE sequence = ANY (event_sequences) AND status = ANY (statuses)
                         ORDER BY sequence FOR UPDATE);
END $$;

-- Back to pending for a new run of the schedule: attempts are kept, a lease is taken away.
CREATE FUNCTION outbox_reopen(event_sequences bigint[], due timestamptz, changed_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  lanes text[] := outbox_lanes_of(event_sequences);
BEGIN
  PERFORM outbox_lock_lanes(lanes);
  UPDATE outbox_schedule
  SET status = 'pending', run_start = attempt_count, next_attempt_at = due, available_at = due, last_error = NULL,
      lease_token = NULL, lease_expires_at = NULL, updated_at = changed_at
  WHERE sequence = ANY (event_sequences);
  WITH delivered AS (
    DELETE FROM outbox_delivered WHERE sequence = ANY (event_sequences) RETURNING sequence, attempt_count
  ), abandoned AS (
    DELETE FROM outbox_abandoned WHERE sequence = ANY (event_sequences) RETURNING sequence, attempt_count
  )
  INSERT INTO outbox_schedule (sequence, endpoint_key, available_at, next_attempt_at, updated_at, attempt_count,
                               attempts_made, run_start, held, status, order_lane)
  SELECT closed.sequence, 0, due, due, changed_at, closed.attempt_count,
         coalesce((SELECT max(attempt_no) FROM outbox_attempts AS a WHERE a.sequence = closed.sequence), 0),
         closed.attempt_count, e.order_key <> '', 'pending', outbox_lane(e.platform, e.order_key)
  FROM (SELECT * FROM delivered UNION ALL SELECT * FROM abandoned) AS closed JOIN outbox_events AS e USING (sequence);
  PERFORM outbox_settle_lanes(lanes);
END $$;

-- Closes events without an attempt: delivered, dead_letter or discarded, from whatever state they are in.
CREATE FUNCTION outbox_close(event_sequences bigint[], new_status text, reason text, changed_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  lanes text[] := outbox_lanes_of(event_sequences);
BEGIN
  PERFORM outbox_lock_lanes(lanes);
  WITH scheduled AS (
    DELETE FROM outbox_schedule WHERE sequence = ANY (event_sequences) RETURNING sequence, attempt_count
  ), delivered AS (
    DELETE FROM outbox_delivered WHERE sequence = ANY (event_sequences) RETURNING sequence, attempt_count
  ), abandoned AS (
    DELETE FROM outbox_abandoned WHERE sequence = ANY (event_sequences) RETURNING sequence, attempt_count
  ), closed AS (
    SELECT * FROM scheduled UNION ALL SELECT * FROM delivered UNION ALL SELECT * FROM abandoned
  ), as_delivered AS (
    INSERT INTO outbox_delivered (sequence, attempt_count, updated_at)
    SELECT sequence, attempt_count, changed_at FROM closed WHERE new_status = 'delivered'
  )
  INSERT INTO outbox_abandoned (sequence, status, attempt_count, last_error, updated_at)
  SELECT sequence, new_status, attempt_count, reason, changed_at FROM closed WHERE new_status <> 'delivered';
  IF new_status = 'dead_letter' THEN
    INSERT INTO cs_platform_event_dead_letters (event_id, platform, event_type, callback_target, attempt_count,
                                                final_error, created_at)
    SELECT e.id, e.platform, e.event_type, e.callback_target, a.attempt_count, reason, changed_at
    FROM outbox_abandoned AS a JOIN outbox_events AS e USING (sequence) WHERE a.sequence = ANY (event_sequences)
    ON CONFLICT (event_id) DO UPDATE SET attempt_count = excluded.attempt_count, final_error = excluded.final_error,
                                         error_class = excluded.error_class, created_at = excluded.created_at;
  END IF;
  PERFORM outbox_settle_lanes(lanes);
END $$;

-- The service's own replay and discard: of the events chosen, those that are still in one of the statuses. How many.
CREATE FUNCTION outbox_replay(event_sequences bigint[], statuses text[], changed_at timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
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
  RETURN cardinality(locked);
END $$;

CREATE FUNCTION outbox_discard(event_sequences bigint[], statuses text[], reason text, changed_at timestamptz)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  locked bigint[] := outbox_lock_events(event_sequences, statuses);
BEGIN
  PERFORM outbox_close(locked, 'discarded', reason, changed_at);
  RETURN cardinality(locked);
END $$;
)sql";

inline constexpr std::string_view kPostgresViews = R"sql(
-- One arm for each table that holds a state, so that a question about one state reads nothing of the others. The arms'
-- types are spelled out: only where they are the same does PostgreSQL carry a condition into each arm.
CREATE VIEW cs_platform_event_outbox AS
SELECT e.id, e.platform, e.event_type, e.callback_target, outbox_text(e.payload) AS payload, s.status, s.attempt_count,
       s.next_attempt_at, s.last_error, e.created_at, s.updated_at, e.idempotency_key, e.correlation, e.order_key,
       e.traceparent, s.lease_token, s.lease_expires_at
FROM outbox_events AS e JOIN outbox_schedule AS s USING (sequence)
UNION ALL
SELECT e.id, e.platform, e.event_type, e.callback_target, outbox_text(e.payload), 'delivered'::text COLLATE "C",
       d.attempt_count, NULL::timestamptz, NULL::text, e.created_at, d.updated_at, e.idempotency_key, e.correlation,
       e.order_key, e.traceparent, NULL::text, NULL::timestamptz
FROM outbox_events AS e JOIN outbox_delivered AS d USING (sequence)
UNION ALL
SELECT e.id, e.platform, e.event_type, e.callback_target, outbox_text(e.payload), a.status, a.attempt_count,
       NULL::timestamptz, a.last_error, e.created_at, a.updated_at, e.idempotency_key, e.correlation, e.order_key,
       e.traceparent, NULL::text, NULL::timestamptz
FROM outbox_events AS e JOIN outbox_abandoned AS a USING (sequence);

CREATE VIEW cs_platform_event_delivery_attempts AS
SELECT e.id AS event_id, a.attempt_no, a.response_status, a.error_message, a.created_at, a.error_class, a.duration_ms,
       outbox_text(a.response_body) AS response_body
FROM outbox_attempts AS a JOIN outbox_events AS e USING (sequence);
)sql";

inline constexpr std::string_view kPostgresTriggers = R"sql(
CREATE FUNCTION outbox_view_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  event_sequence bigint;
  lane text;
  bytes bytea;
  same boolean;
BEGIN
  IF NEW.lease_token IS NOT NULL OR NEW.lease_expires_at IS NOT NULL THEN
    RAISE EXCEPTION 'an event is handed over without a lease' USING ERRCODE = 'check_violation';
  END IF;
  NEW.id := coalesce(NEW.id, outbox_new_id());
  NEW.callback_target := coalesce(NEW.callback_target, '');
  NEW.payload := coalesce(NEW.payload, '');
  NEW.status := coalesce(NEW.status, 'pending');
  NEW.attempt_count := coalesce(NEW.attempt_count, 0);
  NEW.created_at := coalesce(NEW.created_at, now());
  NEW.updated_at := coalesce(NEW.updated_at, NEW.created_at);
  NEW.correlation := coalesce(NEW.correlation, '');
  NEW.order_key := coalesce(NEW.order_key, '');
  NEW.traceparent := coalesce(NEW.traceparent, '');
  bytes := convert_to(NEW.payload, 'UTF8');
  lane := outbox_lane(NEW.platform, NEW.order_key);
  PERFORM outbox_lock_lanes(ARRAY[lane]);
  event_sequence := nextval('outbox_sequence');

  IF NEW.idempotency_key IS NOT NULL THEN
    INSERT INTO outbox_idempotency (platform, idempotency_key, sequence, created_at)
    VALUES (NEW.platform, NEW.idempotency_key, event_sequence, now()) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      SELECT e.event_type = NEW.event_type AND e.callback_target = NEW.callback_target AND e.payload = bytes
             AND e.order_key = NEW.order_key AND e.correlation = NEW.correlation
      INTO same
      FROM outbox_idempotency AS i JOIN outbox_events AS e USING (sequence)
      WHERE i.platform = NEW.platform AND i.idempotency_key = NEW.idempotency_key;
      IF same THEN RETURN NULL; END IF;
      RAISE EXCEPTION 'idempotency key % of platform % belongs to an event with other content',
        quote_literal(NEW.idempotency_key), quote_literal(NEW.platform)
        USING ERRCODE = 'unique_violation', CONSTRAINT = 'outbox_idempotency_pkey';
    END IF;
  END IF;

  INSERT INTO outbox_events (sequence, created_at, id, platform, event_type, callback_target, payload, correlation,
                             order_key, traceparent, idempotency_key)
  VALUES (event_sequence, NEW.created_at, NEW.id, NEW.platform, NEW.event_type, NEW.callback_target, bytes,
          NEW.correlation, NEW.order_key, NEW.traceparent, NEW.idempotency_key);

  IF NEW.status = 'delivered' THEN
    INSERT INTO outbox_delivered (sequence, attempt_count, updated_at)
    VALUES (event_sequence, NEW.attempt_count, NEW.updated_at);
  ELSIF NEW.status IN ('dead_letter', 'discarded') THEN
    INSERT INTO outbox_abandoned (sequence, status, attempt_count, last_error, updated_at)
    VALUES (event_sequence, NEW.status, NEW.attempt_count, NEW.last_error, NEW.updated_at);
  ELSE
    NEW.next_attempt_at := coalesce(NEW.next_attempt_at, now());
    INSERT INTO outbox_schedule (sequence, endpoint_key, available_at, next_attempt_at, updated_at, attempt_count,
                                 attempts_made, run_start, held, status, order_lane, last_error)
    VALUES (event_sequence, 0, NEW.next_attempt_at, NEW.next_attempt_at, NEW.updated_at, NEW.attempt_count, 0,
            CASE WHEN NEW.status = 'pending' THEN NEW.attempt_count ELSE 0 END,
            lane IS NOT NULL AND EXISTS (SELECT FROM outbox_schedule WHERE order_lane = lane), NEW.status, lane,
            NEW.last_error);
    PERFORM outbox_news(0);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER outbox_view_insert INSTEAD OF INSERT ON cs_platform_event_outbox
  FOR EACH ROW EXECUTE FUNCTION outbox_view_insert();

CREATE FUNCTION outbox_view_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  event_sequence bigint;
  was_open boolean;
  edited_key bigint;
  lanes text[] := array_remove(ARRAY[outbox_lane(OLD.platform, OLD.order_key)], NULL);
  changed_at timestamptz := CASE WHEN NEW.updated_at IS DISTINCT FROM OLD.updated_at THEN NEW.updated_at END;
BEGIN
  changed_at := coalesce(changed_at, now());
  IF (NEW.id, NEW.platform, NEW.event_type, NEW.callback_target, NEW.payload, NEW.created_at, NEW.idempotency_key,
      NEW.correlation, NEW.order_key, NEW.traceparent, NEW.lease_token, NEW.lease_expires_at)
     IS DISTINCT FROM
     (OLD.id, OLD.platform, OLD.event_type, OLD.callback_target, OLD.payload, OLD.created_at, OLD.idempotency_key,
      OLD.correlation, OLD.order_key, OLD.traceparent, OLD.lease_token, OLD.lease_expires_at) THEN
    RAISE EXCEPTION 'an event that was handed over does not change'
      USING ERRCODE = 'check_violation',
            HINT = 'Only status, attempt_count, next_attempt_at, last_error and updated_at can be set.';
  END IF;

  -- The statement saw the rows as they were when it began. An event that was closed or opened since is left alone, as a
  -- row of a table that no longer meets the condition would be.
  was_open := OLD.status IN ('pending', 'retrying');
  SELECT sequence INTO event_sequence FROM outbox_events WHERE id = OLD.id;
  IF cardinality(outbox_lock_events(ARRAY[event_sequence], CASE WHEN was_open THEN ARRAY['pending', 'retrying']
                                                                ELSE ARRAY[OLD.status] END)) = 0 THEN
    RETURN NULL;
  END IF;

  IF NEW.status IN ('pending', 'retrying') THEN
    NEW.next_attempt_at := coalesce(NEW.next_attempt_at, now());
    PERFORM outbox_lock_lanes(lanes);
    IF NOT was_open THEN
      PERFORM outbox_reopen(ARRAY[event_sequence], NEW.next_attempt_at, changed_at);
    END IF;
    -- Whoever edits an event in flight takes it away from the attempt that is being made.
    UPDATE outbox_schedule
    SET status = NEW.status, attempt_count = NEW.attempt_count,
        run_start = CASE WHEN NEW.status = 'pending' THEN NEW.attempt_count ELSE least(run_start, NEW.attempt_count) END,
        next_attempt_at = NEW.next_attempt_at, available_at = NEW.next_attempt_at, last_error = NEW.last_error,
        lease_token = NULL, lease_expires_at = NULL, updated_at = changed_at
    WHERE sequence = event_sequence RETURNING endpoint_key INTO edited_key;
    PERFORM outbox_settle_lanes(lanes);
    PERFORM outbox_news(edited_key);
  ELSIF NEW.status IN ('delivered', 'dead_letter', 'discarded') THEN
    IF NEW.status = 'delivered' AND NEW.last_error IS NOT NULL AND NEW.last_error IS DISTINCT FROM OLD.last_error THEN
      RAISE EXCEPTION 'a delivered event has no last_error; leave it as it is' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status <> OLD.status THEN
      PERFORM outbox_close(ARRAY[event_sequence], NEW.status, NEW.last_error, changed_at);
    END IF;
    UPDATE outbox_delivered SET attempt_count = NEW.attempt_count, updated_at = changed_at
    WHERE sequence = event_sequence;
    UPDATE outbox_abandoned SET attempt_count = NEW.attempt_count, last_error = NEW.last_error, updated_at = changed_at
    WHERE sequence = event_sequence;
    PERFORM outbox_news(0);
  ELSE
    RAISE EXCEPTION 'there is no status %', coalesce(quote_literal(NEW.status), 'NULL')
      USING ERRCODE = 'check_violation', HINT = 'Statuses: pending, retrying, delivered, dead_letter, discarded.';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER outbox_view_update INSTEAD OF UPDATE ON cs_platform_event_outbox
  FOR EACH ROW EXECUTE FUNCTION outbox_view_update();

CREATE FUNCTION outbox_view_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  event_sequence bigint;
  lanes text[] := array_remove(ARRAY[outbox_lane(OLD.platform, OLD.order_key)], NULL);
BEGIN
  SELECT sequence INTO event_sequence FROM outbox_events WHERE id = OLD.id;
  PERFORM outbox_lock_events(ARRAY[event_sequence], ARRAY['pending', 'retrying']);
  PERFORM outbox_lock_lanes(lanes);
  DELETE FROM outbox_events WHERE sequence = event_sequence;
  IF NOT FOUND THEN RETURN NULL; END IF;
  DELETE FROM outbox_schedule WHERE sequence = event_sequence;
  DELETE FROM outbox_delivered WHERE sequence = event_sequence;
  DELETE FROM outbox_abandoned WHERE sequence = event_sequence;
  DELETE FROM outbox_attempts WHERE sequence = event_sequence;
  DELETE FROM cs_platform_event_dead_letters WHERE event_id = OLD.id;
  DELETE FROM outbox_idempotency
  WHERE platform = OLD.platform AND idempotency_key = OLD.idempotency_key AND sequence = event_sequence;
  PERFORM outbox_settle_lanes(lanes);
  RETURN OLD;
END $$;
CREATE TRIGGER outbox_view_delete INSTEAD OF DELETE ON cs_platform_event_outbox
  FOR EACH ROW EXECUTE FUNCTION outbox_view_delete();

-- The functions work in this schema, whatever search_path their caller has.
DO $$
DECLARE
  name regprocedure;
BEGIN
  FOR name IN SELECT p.oid FROM pg_proc AS p WHERE p.pronamespace = current_schema()::regnamespace
              AND p.proname IN ('outbox_view_insert', 'outbox_view_update', 'outbox_view_delete')
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', name, current_schema());
  END LOOP;
END $$;
)sql";

}  // namespace yizhan::store::migrations
