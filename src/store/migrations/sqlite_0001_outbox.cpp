#include "store/migrations/sqlite_0001_outbox.h"

#include <fmt/format.h>

#include <string_view>

namespace yizhan::store::migrations {
namespace {

constexpr std::string_view kOutboxTables = R"sql(
-- Times are integers: microseconds since 1970, UTC. What carries a name of the seed (cs_platform_) shows and takes text.

CREATE TABLE outbox_events (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 64),
  platform TEXT NOT NULL CHECK (length(platform) BETWEEN 1 AND 64),
  event_type TEXT NOT NULL CHECK (length(event_type) BETWEEN 1 AND 128),
  callback_target TEXT NOT NULL,
  payload BLOB NOT NULL,
  correlation TEXT NOT NULL CHECK (length(CAST(correlation AS BLOB)) <= 256),
  order_key TEXT NOT NULL,
  traceparent TEXT NOT NULL,
  idempotency_key TEXT CHECK (length(CAST(idempotency_key AS BLOB)) BETWEEN 1 AND 255),
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_events_correlation ON outbox_events (correlation) WHERE correlation <> '';

CREATE TABLE outbox_schedule (
  sequence INTEGER PRIMARY KEY,
  endpoint_key INTEGER NOT NULL,
  available_at INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  lease_expires_at INTEGER,
  updated_at INTEGER NOT NULL,
  attempt_count INTEGER NOT NULL,
  attempts_made INTEGER NOT NULL CHECK (attempts_made >= 0),
  run_start INTEGER NOT NULL CHECK (run_start BETWEEN 0 AND attempt_count),
  held INTEGER NOT NULL CHECK (held IN (0, 1)),
  status TEXT NOT NULL CHECK (status IN ('pending', 'retrying')),
  lease_token TEXT CHECK (length(lease_token) BETWEEN 1 AND 64),
  order_platform TEXT,
  order_key TEXT,
  last_error TEXT,
  CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL)),
  CHECK (available_at = coalesce(lease_expires_at, next_attempt_at)),
  CHECK (held = 0 OR (order_key IS NOT NULL AND lease_token IS NULL)),
  CHECK ((order_platform IS NULL) = (order_key IS NULL))
) STRICT;
-- A row is in one of these two, or, held, in none: what is in flight stands apart from a backlog of any size.
CREATE INDEX outbox_due ON outbox_schedule (endpoint_key, available_at) WHERE lease_token IS NULL AND held = 0;
CREATE INDEX outbox_leased ON outbox_schedule (endpoint_key, available_at) WHERE lease_token IS NOT NULL;
CREATE INDEX outbox_ordered ON outbox_schedule (order_platform, order_key, held) WHERE order_key IS NOT NULL;

CREATE TABLE outbox_delivered (
  sequence INTEGER PRIMARY KEY,
  attempt_count INTEGER NOT NULL CHECK (attempt_count >= 0),
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE outbox_abandoned (
  sequence INTEGER PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('dead_letter', 'discarded')),
  attempt_count INTEGER NOT NULL CHECK (attempt_count >= 0),
  last_error TEXT,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE outbox_attempts (
  sequence INTEGER NOT NULL,
  attempt_no INTEGER NOT NULL CHECK (attempt_no > 0),
  response_status INTEGER,
  duration_ms INTEGER,
  created_at INTEGER NOT NULL,
  error_class TEXT,
  error_message TEXT,
  response_body BLOB,
  PRIMARY KEY (sequence, attempt_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE cs_platform_event_dead_letters (
  event_id TEXT NOT NULL PRIMARY KEY,
  platform TEXT NOT NULL,
  event_type TEXT NOT NULL,
  callback_target TEXT NOT NULL,
  attempt_count INTEGER NOT NULL,
  final_error TEXT,
  created_at TEXT NOT NULL,
  error_class TEXT
) STRICT;
CREATE INDEX dead_letters_created_at ON cs_platform_event_dead_letters (created_at);

-- By day (since 1970), so that keys that callers make up at random meet in a tree of a day's size, and old days go in one
-- piece from its front. What it points to may be gone: the event's own key and platform decide.
CREATE TABLE outbox_idempotency (
  day INTEGER NOT NULL,
  platform TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (day, platform, idempotency_key)
) STRICT, WITHOUT ROWID;

-- The smallest and the largest sequence among the events of one minute of created_at: a question about a time range reads
-- that stretch of outbox_events and no index has to be kept for it.
CREATE TABLE outbox_minutes (
  minute INTEGER PRIMARY KEY,
  first_sequence INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL
) STRICT;

CREATE TABLE outbox_endpoints (
  endpoint_key INTEGER PRIMARY KEY,
  platform TEXT NOT NULL,
  url TEXT NOT NULL,
  reason TEXT NOT NULL,
  disabled_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;
)sql";

// Procedures: SQLite has none, but a view that is never read, with a trigger that acts on what is inserted into it, is
// one.
constexpr std::string_view kProcedures = R"sql(
-- INSERT INTO outbox_settle_order (platform, order_key): after an event of that key was closed, opened or given back. At
-- most one event of a key is not held: the oldest open one, unless a younger one is still in flight.
CREATE VIEW outbox_settle_order AS SELECT '' AS platform, '' AS order_key WHERE false;
CREATE TRIGGER outbox_settle_order_insert INSTEAD OF INSERT ON outbox_settle_order WHEN NEW.order_key <> ''
BEGIN
  UPDATE outbox_schedule SET held = 1
  WHERE order_platform = NEW.platform AND order_key = NEW.order_key AND held = 0 AND lease_token IS NULL
    AND sequence > (SELECT min(first) FROM (
          SELECT min(sequence) AS first FROM outbox_schedule
          WHERE order_platform = NEW.platform AND order_key = NEW.order_key AND held = 0
          UNION ALL
          SELECT min(sequence) FROM outbox_schedule
          WHERE order_platform = NEW.platform AND order_key = NEW.order_key AND held = 1));
  UPDATE outbox_schedule SET held = 0
  WHERE sequence = (SELECT min(sequence) FROM outbox_schedule
                    WHERE order_platform = NEW.platform AND order_key = NEW.order_key AND held = 1)
    AND NOT EXISTS (SELECT 1 FROM outbox_schedule
                    WHERE order_platform = NEW.platform AND order_key = NEW.order_key AND held = 0);
END;
)sql";

constexpr std::string_view kViews = R"sql(
-- One arm for each table that holds a state, so that a question about one state reads nothing of the others.
CREATE VIEW cs_platform_event_outbox AS
SELECT e.id AS id, e.platform AS platform, e.event_type AS event_type, e.callback_target AS callback_target,
       CAST(e.payload AS TEXT) AS payload, s.status AS status, s.attempt_count AS attempt_count,
       {text_next_attempt_at} AS next_attempt_at, s.last_error AS last_error, {text_created_at} AS created_at,
       {text_updated_at} AS updated_at, e.idempotency_key AS idempotency_key, e.correlation AS correlation,
       e.order_key AS order_key, e.traceparent AS traceparent, s.lease_token AS lease_token,
       {text_lease_expires_at} AS lease_expires_at
FROM outbox_schedule AS s JOIN outbox_events AS e ON e.sequence = s.sequence
UNION ALL
SELECT e.id, e.platform, e.event_type, e.callback_target, CAST(e.payload AS TEXT), 'delivered', s.attempt_count, NULL,
       NULL, {text_created_at}, {text_updated_at}, e.idempotency_key, e.correlation, e.order_key, e.traceparent, NULL, NULL
FROM outbox_delivered AS s JOIN outbox_events AS e ON e.sequence = s.sequence
UNION ALL
SELECT e.id, e.platform, e.event_type, e.callback_target, CAST(e.payload AS TEXT), s.status, s.attempt_count, NULL,
       s.last_error, {text_created_at}, {text_updated_at}, e.idempotency_key, e.correlation, e.order_key, e.traceparent,
       NULL, NULL
FROM outbox_abandoned AS s JOIN outbox_events AS e ON e.sequence = s.sequence;

CREATE VIEW cs_platform_event_delivery_attempts AS
SELECT e.id AS event_id, s.attempt_no AS attempt_no, s.response_status AS response_status,
       s.error_message AS error_message, {text_attempt_created_at} AS created_at, s.error_class AS error_class,
       s.duration_ms AS duration_ms, CAST(s.response_body AS TEXT) AS response_body
FROM outbox_attempts AS s JOIN outbox_events AS e ON e.sequence = s.sequence;
)sql";

constexpr std::string_view kInsertTrigger = R"sql(
CREATE TRIGGER outbox_view_insert INSTEAD OF INSERT ON cs_platform_event_outbox
BEGIN
  SELECT RAISE(ABORT, 'value_refused: an event needs a platform and an event_type')
  WHERE NEW.platform IS NULL OR NEW.event_type IS NULL;
  SELECT RAISE(ABORT, 'value_refused: an event is handed over without a lease')
  WHERE NEW.lease_token IS NOT NULL OR NEW.lease_expires_at IS NOT NULL;
  SELECT RAISE(ABORT, 'value_refused: statuses are pending, retrying, delivered, dead_letter and discarded')
  WHERE NEW.status NOT IN ('pending', 'retrying', 'delivered', 'dead_letter', 'discarded');
  SELECT RAISE(ABORT, 'value_refused: a time is written YYYY-MM-DD HH:MM:SS, in UTC')
  WHERE (NEW.next_attempt_at IS NOT NULL AND {next_attempt_at} IS NULL)
     OR (NEW.created_at IS NOT NULL AND {created_at} IS NULL)
     OR (NEW.updated_at IS NOT NULL AND {updated_at} IS NULL);

  -- A key that was used before: the same event again is skipped, another one refused.
  SELECT RAISE(IGNORE)
  FROM outbox_idempotency AS i CROSS JOIN outbox_events AS e ON e.sequence = i.sequence
  WHERE i.day IN ({days}) AND i.platform = NEW.platform AND i.idempotency_key = NEW.idempotency_key
    AND e.platform = NEW.platform AND e.idempotency_key = NEW.idempotency_key
    AND e.event_type = NEW.event_type AND e.callback_target = coalesce(NEW.callback_target, '')
    AND e.payload = CAST(coalesce(NEW.payload, '') AS BLOB) AND e.correlation = coalesce(NEW.correlation, '')
    AND e.order_key = coalesce(NEW.order_key, '');
  SELECT RAISE(ABORT, 'idempotency_conflict: this idempotency_key belongs to an event with other content')
  FROM outbox_idempotency AS i CROSS JOIN outbox_events AS e ON e.sequence = i.sequence
  WHERE i.day IN ({days}) AND i.platform = NEW.platform AND i.idempotency_key = NEW.idempotency_key
    AND e.platform = NEW.platform AND e.idempotency_key = NEW.idempotency_key;

  -- The id is a UUIDv7 (RFC 9562 section 5.7).
  INSERT INTO outbox_events (id, platform, event_type, callback_target, payload, correlation, order_key, traceparent,
                             idempotency_key, created_at)
  SELECT coalesce(NEW.id, substr(stamp, 1, 8) || '-' || substr(stamp, 9, 4) || '-7' || substr(digits, 1, 3) || '-' ||
                          substr('89ab', 1 + (random() & 3), 1) || substr(digits, 4, 3) || '-' || substr(digits, 7, 12)),
         NEW.platform, NEW.event_type, coalesce(NEW.callback_target, ''), CAST(coalesce(NEW.payload, '') AS BLOB),
         coalesce(NEW.correlation, ''), coalesce(NEW.order_key, ''), coalesce(NEW.traceparent, ''), NEW.idempotency_key,
         coalesce({created_at}, {now})
  FROM (SELECT printf('%012x', {now} / 1000) AS stamp, lower(hex(randomblob(9))) AS digits);

  INSERT INTO outbox_schedule (sequence, endpoint_key, available_at, next_attempt_at, updated_at, attempt_count,
                               attempts_made, run_start, held, status, order_platform, order_key, last_error)
  SELECT last_insert_rowid(), 0, coalesce({next_attempt_at}, {now}), coalesce({next_attempt_at}, {now}),
         coalesce({updated_at}, {created_at}, {now}), coalesce(NEW.attempt_count, 0), 0,
         CASE WHEN coalesce(NEW.status, 'pending') = 'pending' THEN coalesce(NEW.attempt_count, 0) ELSE 0 END,
         EXISTS (SELECT 1 FROM outbox_schedule WHERE order_platform = NEW.platform AND order_key = nullif(NEW.order_key, '')),
         coalesce(NEW.status, 'pending'), CASE WHEN NEW.order_key <> '' THEN NEW.platform END, nullif(NEW.order_key, ''),
         NEW.last_error
  WHERE coalesce(NEW.status, 'pending') IN ('pending', 'retrying');
  INSERT INTO outbox_delivered (sequence, attempt_count, updated_at)
  SELECT last_insert_rowid(), coalesce(NEW.attempt_count, 0), coalesce({updated_at}, {created_at}, {now})
  WHERE NEW.status = 'delivered';
  INSERT INTO outbox_abandoned (sequence, status, attempt_count, last_error, updated_at)
  SELECT last_insert_rowid(), NEW.status, coalesce(NEW.attempt_count, 0), NEW.last_error,
         coalesce({updated_at}, {created_at}, {now})
  WHERE NEW.status IN ('dead_letter', 'discarded');
  INSERT INTO outbox_idempotency (day, platform, idempotency_key, sequence)
  SELECT {now} / 86400000000, NEW.platform, NEW.idempotency_key, last_insert_rowid()
  WHERE NEW.idempotency_key IS NOT NULL
  ON CONFLICT DO UPDATE SET sequence = excluded.sequence;
  INSERT INTO outbox_minutes (minute, first_sequence, last_sequence)
  SELECT coalesce({created_at}, {now}) / 60000000 * 60000000, last_insert_rowid(), last_insert_rowid()
  WHERE true
  ON CONFLICT DO UPDATE SET first_sequence = min(first_sequence, excluded.first_sequence),
                            last_sequence = max(last_sequence, excluded.last_sequence);
END;
)sql";

constexpr std::string_view kUpdateTrigger = R"sql(
CREATE TRIGGER outbox_view_update INSTEAD OF UPDATE ON cs_platform_event_outbox
BEGIN
  SELECT RAISE(ABORT, 'value_refused: an event that was handed over does not change; only status, attempt_count, next_attempt_at, last_error and updated_at can be set')
  WHERE NEW.id IS NOT OLD.id OR NEW.platform IS NOT OLD.platform OR NEW.event_type IS NOT OLD.event_type
     OR NEW.callback_target IS NOT OLD.callback_target OR NEW.payload IS NOT OLD.payload
     OR NEW.created_at IS NOT OLD.created_at OR NEW.idempotency_key IS NOT OLD.idempotency_key
     OR NEW.correlation IS NOT OLD.correlation OR NEW.order_key IS NOT OLD.order_key
     OR NEW.traceparent IS NOT OLD.traceparent OR NEW.lease_token IS NOT OLD.lease_token
     OR NEW.lease_expires_at IS NOT OLD.lease_expires_at;
  SELECT RAISE(ABORT, 'value_refused: statuses are pending, retrying, delivered, dead_letter and discarded')
  WHERE coalesce(NEW.status, '') NOT IN ('pending', 'retrying', 'delivered', 'dead_letter', 'discarded');
  SELECT RAISE(ABORT, 'value_refused: attempt_count is a whole number, 0 or more')
  WHERE typeof(NEW.attempt_count) <> 'integer' OR NEW.attempt_count < 0;
  SELECT RAISE(ABORT, 'value_refused: a time is written YYYY-MM-DD HH:MM:SS, in UTC')
  WHERE (NEW.next_attempt_at IS NOT NULL AND {next_attempt_at} IS NULL)
     OR (NEW.updated_at IS NOT NULL AND {updated_at} IS NULL);
  SELECT RAISE(ABORT, 'value_refused: a delivered event has no last_error; leave it as it is')
  WHERE NEW.status = 'delivered' AND NEW.last_error IS NOT NULL AND NEW.last_error IS NOT OLD.last_error;

  -- Open, and stays open. Whoever edits an event in flight takes it away from the attempt that is being made.
  UPDATE outbox_schedule
  SET status = NEW.status, attempt_count = NEW.attempt_count,
      run_start = CASE WHEN NEW.status = 'pending' THEN NEW.attempt_count ELSE min(run_start, NEW.attempt_count) END,
      next_attempt_at = coalesce({next_attempt_at}, {now}), available_at = coalesce({next_attempt_at}, {now}),
      last_error = NEW.last_error, lease_token = NULL, lease_expires_at = NULL, updated_at = {changed_at}
  WHERE sequence = {sequence} AND NEW.status IN ('pending', 'retrying');
  -- Closed, and opened again; with an order key held, until its turn is found below.
  INSERT INTO outbox_schedule (sequence, endpoint_key, available_at, next_attempt_at, updated_at, attempt_count,
                               attempts_made, run_start, held, status, order_platform, order_key, last_error)
  SELECT sequence, 0, coalesce({next_attempt_at}, {now}), coalesce({next_attempt_at}, {now}), {changed_at},
         NEW.attempt_count,
         coalesce((SELECT max(attempt_no) FROM outbox_attempts AS a WHERE a.sequence = e.sequence), 0),
         NEW.attempt_count, order_key <> '', NEW.status, CASE WHEN order_key <> '' THEN platform END, nullif(order_key, ''),
         NEW.last_error
  FROM outbox_events AS e
  WHERE id = OLD.id AND NEW.status IN ('pending', 'retrying') AND OLD.status NOT IN ('pending', 'retrying');

  -- Closed by hand, or closed in another way.
  DELETE FROM outbox_schedule WHERE sequence = {sequence} AND NEW.status NOT IN ('pending', 'retrying');
  DELETE FROM outbox_delivered WHERE sequence = {sequence} AND NEW.status <> 'delivered';
  DELETE FROM outbox_abandoned WHERE sequence = {sequence} AND NEW.status NOT IN ('dead_letter', 'discarded');
  INSERT INTO outbox_delivered (sequence, attempt_count, updated_at)
  SELECT {sequence}, NEW.attempt_count, {changed_at} WHERE NEW.status = 'delivered'
  ON CONFLICT DO UPDATE SET attempt_count = excluded.attempt_count, updated_at = excluded.updated_at;
  INSERT INTO outbox_abandoned (sequence, status, attempt_count, last_error, updated_at)
  SELECT {sequence}, NEW.status, NEW.attempt_count, NEW.last_error, {changed_at}
  WHERE NEW.status IN ('dead_letter', 'discarded')
  ON CONFLICT DO UPDATE SET status = excluded.status, attempt_count = excluded.attempt_count,
                            last_error = excluded.last_error, updated_at = excluded.updated_at;
  INSERT INTO cs_platform_event_dead_letters (event_id, platform, event_type, callback_target, attempt_count,
                                              final_error, created_at)
  SELECT OLD.id, OLD.platform, OLD.event_type, OLD.callback_target, NEW.attempt_count, NEW.last_error, {changed_at_text}
  WHERE NEW.status = 'dead_letter' AND OLD.status <> 'dead_letter'
  ON CONFLICT DO UPDATE SET attempt_count = excluded.attempt_count, final_error = excluded.final_error,
                            created_at = excluded.created_at, error_class = excluded.error_class;

  INSERT INTO outbox_settle_order (platform, order_key) VALUES (OLD.platform, OLD.order_key);
END;
)sql";

constexpr std::string_view kDeleteTrigger = R"sql(
CREATE TRIGGER outbox_view_delete INSTEAD OF DELETE ON cs_platform_event_outbox
BEGIN
  DELETE FROM outbox_schedule WHERE sequence = {sequence};
  DELETE FROM outbox_delivered WHERE sequence = {sequence};
  DELETE FROM outbox_abandoned WHERE sequence = {sequence};
  DELETE FROM outbox_attempts WHERE sequence = {sequence};
  DELETE FROM cs_platform_event_dead_letters WHERE event_id = OLD.id;
  DELETE FROM outbox_events WHERE id = OLD.id;
  INSERT INTO outbox_settle_order (platform, order_key) VALUES (OLD.platform, OLD.order_key);
END;
)sql";

/// Microseconds of a time given as text, `YYYY-MM-DD HH:MM:SS` with or without fraction and offset; NULL when it is
/// none. The fraction is taken off first: strftime would round it up into the next second.
std::string micros_of(std::string_view text) {
  return fmt::format(
      "(CASE WHEN typeof({0}) = 'text' THEN"
      " CAST(strftime('%s', substr({0}, 1, 19) || CASE WHEN substr({0}, 20, 1) = '.'"
      " THEN ltrim(substr({0}, 21), '0123456789') ELSE substr({0}, 20) END) AS INTEGER) * 1000000"
      " + CASE WHEN substr({0}, 20, 1) = '.'"
      " THEN CAST(round(CAST('0.' || substr({0}, 21) AS REAL) * 1000000) AS INTEGER) ELSE 0 END END)",
      text);
}

/// The store's text form of a time in microseconds; NULL stays NULL.
std::string text_of(std::string_view micros) {
  return fmt::format("strftime('%Y-%m-%d %H:%M:%S', {0} / 1000000, 'unixepoch') || printf('.%06d', {0} % 1000000)",
                     micros);
}

}  // namespace

std::string sqlite_0001_outbox() {
  // 'now' is one moment throughout a statement.
  const std::string now = "(CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) * 1000)";
  std::string days;
  for (int back = -1; back <= 7; ++back) {  // 7 full days, and one ahead for a clock that was set back
    days += fmt::format("{}{} / 86400000000 - {}", days.empty() ? "" : ", ", now, back);
  }
  const std::string changed_at =
      fmt::format("CASE WHEN NEW.updated_at IS OLD.updated_at THEN {0} ELSE coalesce({1}, {0}) END", now,
                  micros_of("NEW.updated_at"));
  const auto expand = [&](std::string_view text) {
    return fmt::format(fmt::runtime(text), fmt::arg("now", now), fmt::arg("days", days),
                       fmt::arg("next_attempt_at", micros_of("NEW.next_attempt_at")),
                       fmt::arg("created_at", micros_of("NEW.created_at")),
                       fmt::arg("updated_at", micros_of("NEW.updated_at")), fmt::arg("changed_at", changed_at),
                       fmt::arg("changed_at_text", text_of("(" + changed_at + ")")),
                       fmt::arg("sequence", "(SELECT sequence FROM outbox_events WHERE id = OLD.id)"),
                       fmt::arg("text_next_attempt_at", text_of("s.next_attempt_at")),
                       fmt::arg("text_created_at", text_of("e.created_at")),
                       fmt::arg("text_attempt_created_at", text_of("s.created_at")),
                       fmt::arg("text_updated_at", text_of("s.updated_at")),
                       fmt::arg("text_lease_expires_at", text_of("s.lease_expires_at")));
  };
  return std::string(kOutboxTables) + std::string(kProcedures) + expand(kViews) + expand(kInsertTrigger) +
         expand(kUpdateTrigger) + expand(kDeleteTrigger);
}

}  // namespace yizhan::store::migrations
