#include "store/migrations/sqlite_0003_express_push.h"

#include <string_view>

namespace yizhan::store::migrations {
namespace {

// A callback can be about a parcel that nobody knows: one more value of `effect`. And for every row SQLite looks a
// value up in an `IN (…)` of more than two through a temporary tree that it makes anew, which cost a fifth of an insert
// (measured); comparisons cost nothing.
//
// SQLite cannot change a CHECK constraint; the way that its documentation gives to widen one without copying the table
// is to change its text (lang_altertable.html, section 7). The statements after it change the schema's version, so that
// other connections read the schema anew.
constexpr std::string_view kWiderCheck = R"sql(
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql,
  'CHECK (verdict IN (''accepted'', ''duplicate'', ''rejected''))',
  'CHECK (verdict = ''accepted'' OR verdict = ''duplicate'' OR verdict = ''rejected'')'),
  'CHECK (effect IN (''none'', ''applied'', ''already_applied'', ''order_unknown'', ''amount_differs'',
                                         ''merchant_differs'', ''order_conflicts''))',
  'CHECK (effect = ''none'' OR effect = ''applied'' OR effect = ''already_applied'' OR effect = ''order_unknown'' OR
          effect = ''amount_differs'' OR effect = ''merchant_differs'' OR effect = ''order_conflicts'' OR
          effect = ''waybill_unknown'')')
WHERE type = 'table' AND name = 'inbound_callbacks';
PRAGMA writable_schema = RESET;
)sql";

// Times are text, YYYY-MM-DD HH:MM:SS.ffffff in UTC, as in pay_orders: people write to these tables.
constexpr std::string_view kPushTables = R"sql(
CREATE TABLE ml_orders (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  user_id TEXT,
  merchant_id TEXT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
) STRICT;
-- An adopted ml_orders of PostgreSQL may have ids of another type: both engines look an order up by its id as text.
CREATE INDEX ml_orders_id_text ON ml_orders (CAST(id AS text));

CREATE TABLE platform_express_waybills (
  id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  tracking_no TEXT NOT NULL UNIQUE CHECK (length(tracking_no) BETWEEN 1 AND 64),
  carrier_code TEXT,
  order_id TEXT,
  status_code TEXT,
  status_time TEXT,
  status_text TEXT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
) STRICT;
CREATE INDEX platform_express_waybills_order ON platform_express_waybills (order_id) WHERE order_id IS NOT NULL;

-- What carriers reported, each step once: event_key tells them apart within a parcel.
CREATE TABLE platform_express_tracking_events (
  id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  tracking_no TEXT NOT NULL,
  event_key TEXT NOT NULL,
  status_code TEXT NOT NULL,
  received_code TEXT,
  event_time TEXT NOT NULL,
  event_text TEXT,
  location TEXT,
  carrier_code TEXT,
  is_late INTEGER NOT NULL DEFAULT 0 CHECK (is_late IN (0, 1)),
  callback_id INTEGER,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  UNIQUE (tracking_no, event_key)
) STRICT;

-- What somebody has to be told. process_status NULL: not looked at; a row with NULL and no lease is taken at
-- next_attempt_at.
CREATE TABLE notify_queue (
  id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  tracking_event_id TEXT NOT NULL,
  process_status TEXT CHECK (process_status IN ('queued', 'skipped', 'failed')),
  processed_at TEXT,
  last_error TEXT,
  attempt_count INTEGER NOT NULL DEFAULT 0,
  next_attempt_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  lease_token TEXT,
  lease_expires_at TEXT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
) STRICT;
CREATE INDEX notify_queue_due ON notify_queue (next_attempt_at, id) WHERE process_status IS NULL;
CREATE INDEX notify_queue_tracking_event ON notify_queue (tracking_event_id);
CREATE TRIGGER notify_queue_reset AFTER UPDATE OF process_status ON notify_queue
WHEN NEW.process_status IS NULL AND OLD.process_status IS NOT NULL
BEGIN
  UPDATE notify_queue SET attempt_count = 0, lease_token = NULL, lease_expires_at = NULL,
    next_attempt_at = strftime('%Y-%m-%d %H:%M:%f000', 'now')
  WHERE id = NEW.id;
END;

-- next_attempt_at is set exactly while there is something to fan out: at once, or when waits_until has come.
CREATE TABLE express_notifications (
  id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  message_id TEXT CHECK (length(CAST(message_id AS BLOB)) BETWEEN 1 AND 255),
  aud TEXT NOT NULL,
  recipient_id TEXT NOT NULL,
  appid TEXT,
  title TEXT,
  body TEXT,
  content TEXT,
  event_text_safe TEXT,
  status_code TEXT,
  tracking_no TEXT,
  order_id TEXT,
  tracking_event_id TEXT,
  event_time TEXT,
  payload TEXT,
  send_status TEXT CHECK (send_status IN ('processing', 'retrying', 'success', 'failed', 'no-targets')),
  last_error TEXT,
  targets INTEGER NOT NULL DEFAULT 0,
  delivered INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  retrying INTEGER NOT NULL DEFAULT 0,  -- outstanding ones that have failed before
  next_attempt_at TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  waits_until TEXT,
  fanned_out_to TEXT,  -- appid, a line end and cid of the last device of an unfinished fan-out
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
) STRICT;
CREATE UNIQUE INDEX ux_express_notifications_message_id ON express_notifications (message_id);
CREATE INDEX express_notifications_due ON express_notifications (next_attempt_at, id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX express_notifications_waiting ON express_notifications (recipient_id) WHERE waits_until IS NOT NULL;
CREATE INDEX express_notifications_recipient ON express_notifications (recipient_id, tracking_no);
CREATE INDEX express_notifications_tracking ON express_notifications (tracking_no) WHERE tracking_no IS NOT NULL;
CREATE TRIGGER express_notifications_reset AFTER UPDATE OF send_status ON express_notifications
WHEN NEW.send_status IS NULL AND OLD.send_status IS NOT NULL
BEGIN
  UPDATE express_notifications SET waits_until = NULL, fanned_out_to = NULL,
    next_attempt_at = strftime('%Y-%m-%d %H:%M:%f000', 'now')
  WHERE id = NEW.id;
END;

CREATE TABLE push_devices (
  id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  appid TEXT NOT NULL DEFAULT 'default' CHECK (length(appid) BETWEEN 1 AND 64),
  cid TEXT NOT NULL CHECK (length(cid) BETWEEN 1 AND 128),
  user_id TEXT,
  merchant_id TEXT,
  platform TEXT,
  is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
  inactive_reason TEXT,
  last_seen_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
) STRICT;
CREATE UNIQUE INDEX ux_push_devices_appid_cid ON push_devices (appid, cid);
CREATE INDEX push_devices_cid ON push_devices (cid);
CREATE INDEX push_devices_user ON push_devices (user_id, appid, cid) WHERE user_id IS NOT NULL;
CREATE INDEX push_devices_merchant ON push_devices (merchant_id, appid, cid) WHERE merchant_id IS NOT NULL;

-- What became of a notification on each device. sequence is the event's in the outbox.
CREATE TABLE push_deliveries (
  notification_id TEXT NOT NULL,
  appid TEXT NOT NULL,
  cid TEXT NOT NULL CHECK (cid <> ''),
  sequence INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  outcome TEXT NOT NULL DEFAULT 'outstanding' CHECK (outcome IN ('outstanding', 'delivered', 'ignored', 'failed')),
  tried_again INTEGER NOT NULL DEFAULT 0 CHECK (tried_again IN (0, 1)),
  last_error TEXT,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (notification_id, appid, cid)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX push_deliveries_sequence ON push_deliveries (sequence);

-- The seed's name for what carriers sent, as it came.
CREATE VIEW platform_express_event_raw AS
SELECT c.id AS id, c.source AS source,
  (SELECT k.value FROM callback_keys k WHERE k.callback_id = coalesce(c.first_id, c.id) AND k.name = 'tracking_no'
   LIMIT 1) AS tracking_no,
  CAST(coalesce(c.body, f.body) AS TEXT) AS raw_text, c.verdict AS verdict, c.reason AS reason, c.effect AS effect,
  strftime('%Y-%m-%d %H:%M:%S', c.received_at / 1000000, 'unixepoch') || printf('.%06d', c.received_at % 1000000)
    AS received_at
FROM inbound_callbacks c LEFT JOIN inbound_callbacks f ON f.id = c.first_id WHERE c.event_type = 'express.status';
)sql";

}  // namespace

std::string sqlite_0003_express_push() {
  return std::string(kWiderCheck).append(kPushTables);
}

}  // namespace yizhan::store::migrations
