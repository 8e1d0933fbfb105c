#include "store/migrations/sqlite_0004_replay_audit.h"

#include <string_view>

namespace yizhan::store::migrations {
namespace {

constexpr std::string_view kAudit = R"sql(
-- Who did what. Only appended to; whoever owns the file could still drop the triggers.
CREATE TABLE audit_trail (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('cli', 'api', 'console', 'sql', 'service')),
  actor TEXT NOT NULL CHECK (length(actor) BETWEEN 1 AND 255),
  action TEXT NOT NULL CHECK (length(action) BETWEEN 1 AND 64),
  object TEXT NOT NULL,
  reason TEXT NOT NULL,
  count INTEGER,
  detail TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome <> '')
) STRICT;
CREATE INDEX audit_trail_object ON audit_trail (object, id) WHERE object <> '';

-- The events that an entry about several was about, so that each one's story can tell.
CREATE TABLE audit_events (
  event_id TEXT NOT NULL,
  audit_id INTEGER NOT NULL,
  PRIMARY KEY (event_id, audit_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER audit_trail_kept_update BEFORE UPDATE ON audit_trail
BEGIN SELECT RAISE(ABORT, 'value_refused: the audit trail is only appended to'); END;
CREATE TRIGGER audit_trail_kept_delete BEFORE DELETE ON audit_trail
BEGIN SELECT RAISE(ABORT, 'value_refused: the audit trail is only appended to'); END;
-- INSERT OR REPLACE deletes without a trigger.
CREATE TRIGGER audit_trail_kept_insert BEFORE INSERT ON audit_trail
WHEN EXISTS (SELECT 1 FROM audit_trail WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'value_refused: the audit trail is only appended to'); END;
CREATE TRIGGER audit_events_kept_update BEFORE UPDATE ON audit_events
BEGIN SELECT RAISE(ABORT, 'value_refused: the audit trail is only appended to'); END;
CREATE TRIGGER audit_events_kept_delete BEFORE DELETE ON audit_events
BEGIN SELECT RAISE(ABORT, 'value_refused: the audit trail is only appended to'); END;

-- Holds a row only inside a transaction of the service's own that writes through the outbox view; nobody else ever sees
-- it. What is written through the view otherwise was written by hand.
CREATE TABLE outbox_service_change (one INTEGER PRIMARY KEY CHECK (one = 1)) STRICT;
CREATE TRIGGER outbox_view_update_audit INSTEAD OF UPDATE ON cs_platform_event_outbox
WHEN NOT EXISTS (SELECT 1 FROM outbox_service_change)
BEGIN
  INSERT INTO audit_trail (at, origin, actor, action, object, reason, count, detail, outcome)
  VALUES (strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'sql', 'sqlite', 'event.edit', OLD.id, '', 1,
          json_object('before', OLD.status, 'after', NEW.status), 'done');
END;
CREATE TRIGGER outbox_view_delete_audit INSTEAD OF DELETE ON cs_platform_event_outbox
WHEN NOT EXISTS (SELECT 1 FROM outbox_service_change)
BEGIN
  INSERT INTO audit_trail (at, origin, actor, action, object, reason, count, detail, outcome)
  VALUES (strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'sql', 'sqlite', 'event.delete', OLD.id, '', 1,
          json_object('before', OLD.status), 'done');
END;
)sql";

constexpr std::string_view kReplays = R"sql(
-- Events of one platform that are released bit by bit, oldest first. `released` were set back to pending by the job;
-- `delivered`, `dead` and `ended` (discarded, deleted, closed by hand) of them have ended since.
CREATE TABLE replay_jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'cancelled', 'done', 'failed')),
  platform TEXT NOT NULL CHECK (platform <> ''),
  selection TEXT NOT NULL,
  actor TEXT NOT NULL CHECK (actor <> ''),
  reason TEXT NOT NULL,
  rate INTEGER CHECK (rate > 0),        -- events a second; NULL: as the endpoint bears it
  new_target TEXT CHECK (new_target <> ''),
  matching INTEGER NOT NULL CHECK (matching >= 0),
  position INTEGER NOT NULL DEFAULT 0,  -- the sequence up to which events have been looked at
  exhausted INTEGER NOT NULL DEFAULT 0 CHECK (exhausted IN (0, 1)),
  released INTEGER NOT NULL DEFAULT 0,
  left_alone INTEGER NOT NULL DEFAULT 0,
  delivered INTEGER NOT NULL DEFAULT 0,
  dead INTEGER NOT NULL DEFAULT 0,
  ended INTEGER NOT NULL DEFAULT 0,
  pace INTEGER NOT NULL DEFAULT 0,      -- events a second at the last step
  last_error TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  finished_at TEXT,
  lease_token TEXT CHECK (length(lease_token) BETWEEN 1 AND 64),
  lease_expires_at TEXT,
  CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL)),
  CHECK (delivered + dead + ended <= released),
  CHECK ((finished_at IS NOT NULL) = (state IN ('cancelled', 'done', 'failed')))
) STRICT;
CREATE INDEX replay_jobs_running ON replay_jobs (id) WHERE state = 'running';

CREATE TABLE replay_job_events (
  job_id INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  endpoint_key INTEGER NOT NULL,
  released_at TEXT NOT NULL,
  former_target TEXT,                   -- where the job gave the event another address
  outcome TEXT NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'delivered', 'dead', 'ended')),
  PRIMARY KEY (job_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX replay_job_events_sequence ON replay_job_events (sequence);
-- As many rows as are outstanding.
CREATE INDEX replay_job_events_open ON replay_job_events (endpoint_key, sequence) WHERE outcome = 'open';
)sql";

}  // namespace

std::string sqlite_0004_replay_audit() {
  return std::string(kAudit) + std::string(kReplays);
}

}  // namespace yizhan::store::migrations
