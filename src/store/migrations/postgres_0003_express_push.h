// PostgreSQL schema, version 3: waybills, notifications and devices (src/store/express.h, src/store/push.h).
//
// A database that the seed's services used has tables of these names already: they are adopted as they are, missing
// columns are added, and what would not work is mended (postgres_0003_adopt.h, which runs first).
#pragma once

#include <string_view>

namespace yizhan::store::migrations {

inline constexpr std::string_view kPostgresExpressPush = R"sql(
-- A callback can be about a parcel that nobody knows. The rows that are there met the narrower check.
ALTER TABLE inbound_callbacks DROP CONSTRAINT inbound_callbacks_effect_check;
ALTER TABLE inbound_callbacks ADD CONSTRAINT inbound_callbacks_effect_check CHECK (
  effect IN ('none', 'applied', 'already_applied', 'order_unknown', 'amount_differs', 'merchant_differs',
             'order_conflicts', 'waybill_unknown')) NOT VALID;

CREATE TABLE IF NOT EXISTS ml_orders (
  id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  user_id text,
  merchant_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS platform_express_waybills (
  id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  tracking_no text COLLATE "C" NOT NULL CHECK (char_length(tracking_no) BETWEEN 1 AND 64),
  carrier_code text,
  order_id text,
  status_code text,
  status_time timestamptz,
  status_text text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX IF NOT EXISTS ux_platform_express_waybills_tracking_no ON platform_express_waybills (tracking_no);
CREATE INDEX IF NOT EXISTS platform_express_waybills_order ON platform_express_waybills (order_id)
  WHERE order_id IS NOT NULL;

-- What carriers reported, each step once: event_key tells them apart within a parcel.
CREATE TABLE IF NOT EXISTS platform_express_tracking_events (
  id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  tracking_no text COLLATE "C" NOT NULL,
  event_key text COLLATE "C" NOT NULL,
  status_code text NOT NULL,
  received_code text,
  event_time timestamptz NOT NULL,
  event_text text,
  location text,
  carrier_code text,
  is_late boolean NOT NULL DEFAULT false,
  callback_id bigint,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX IF NOT EXISTS ux_platform_express_tracking_events_key
  ON platform_express_tracking_events (tracking_no, event_key);

-- What somebody has to be told. process_status NULL: not looked at; a row with NULL and no lease is taken at
-- next_attempt_at.
CREATE TABLE IF NOT EXISTS notify_queue (
  id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  tracking_event_id text NOT NULL,
  process_status text CHECK (process_status IN ('queued', 'skipped', 'failed')),
  processed_at timestamptz,
  last_error text,
  attempt_count integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  lease_token text,
  lease_expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS notify_queue_due ON notify_queue (next_attempt_at, id) WHERE process_status IS NULL;
CREATE INDEX IF NOT EXISTS notify_queue_tracking_event ON notify_queue (tracking_event_id);

-- next_attempt_at is set exactly while there is something to fan out: at once, or when waits_until has come.
CREATE TABLE IF NOT EXISTS express_notifications (
  id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  message_id text COLLATE "C" CHECK (octet_length(message_id) BETWEEN 1 AND 255),
  aud text NOT NULL,
  recipient_id text COLLATE "C" NOT NULL,
  appid text,
  title text,
  body text,
  content text,
  event_text_safe text,
  status_code text,
  tracking_no text COLLATE "C",
  order_id text,
  tracking_event_id text,
  event_time timestamptz,
  payload text,
  send_status text CHECK (send_status IN ('processing', 'retrying', 'success', 'failed', 'no-targets')),
  last_error text,
  targets bigint NOT NULL DEFAULT 0,
  delivered bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  retrying bigint NOT NULL DEFAULT 0,  -- outstanding ones that have failed before
  next_attempt_at timestamptz DEFAULT now(),
  waits_until timestamptz,
  fanned_out_to text,  -- appid, a line end and cid of the last device of an unfinished fan-out
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX IF NOT EXISTS ux_express_notifications_message_id ON express_notifications (message_id);
CREATE INDEX IF NOT EXISTS express_notifications_due ON express_notifications (next_attempt_at, id)
  WHERE next_attempt_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS express_notifications_waiting ON express_notifications (recipient_id)
  WHERE waits_until IS NOT NULL;
CREATE INDEX IF NOT EXISTS express_notifications_recipient ON express_notifications (recipient_id, tracking_no);
CREATE INDEX IF NOT EXISTS express_notifications_tracking ON express_notifications (tracking_no)
  WHERE tracking_no IS NOT NULL;

CREATE TABLE IF NOT EXISTS push_devices (
  id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  appid text COLLATE "C" NOT NULL DEFAULT 'default' CHECK (char_length(appid) BETWEEN 1 AND 64),
  cid text COLLATE "C" NOT NULL CHECK (char_length(cid) BETWEEN 1 AND 128),
  user_id text,
  merchant_id text,
  platform text,
  is_active boolean NOT NULL DEFAULT true,
  inactive_reason text,
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX IF NOT EXISTS ux_push_devices_appid_cid ON push_devices (appid, cid);
CREATE INDEX IF NOT EXISTS push_devices_cid ON push_devices (cid);
CREATE INDEX IF NOT EXISTS push_devices_user ON push_devices (user_id, appid, cid) WHERE user_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS push_devices_merchant ON push_devices (merchant_id, appid, cid)
  WHERE merchant_id IS NOT NULL;

-- What became of a notification on each device. sequence is the event's in the outbox.
CREATE TABLE push_deliveries (
  notification_id text COLLATE "C" NOT NULL,
  appid text COLLATE "C" NOT NULL,
  cid text COLLATE "C" NOT NULL CHECK (cid <> ''),
  sequence bigint NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  outcome text NOT NULL DEFAULT 'outstanding' CHECK (outcome IN ('outstanding', 'delivered', 'ignored', 'failed')),
  tried_again boolean NOT NULL DEFAULT false,
  last_error text,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (notification_id, appid, cid)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX push_deliveries_sequence ON push_deliveries (sequence);

-- An operator's reset runs a row again. Both write the row before it is stored, so that there is one version of it.
CREATE FUNCTION notify_queue_reset() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.attempt_count := 0;
  NEW.lease_token := NULL;
  NEW.lease_expires_at := NULL;
  NEW.next_attempt_at := now();
  RETURN NEW;
END $$;
CREATE TRIGGER notify_queue_reset BEFORE UPDATE OF process_status ON notify_queue FOR EACH ROW
  WHEN (NEW.process_status IS NULL AND OLD.process_status IS NOT NULL) EXECUTE FUNCTION notify_queue_reset();

CREATE FUNCTION express_notifications_reset() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.waits_until := NULL;
  NEW.fanned_out_to := NULL;
  NEW.next_attempt_at := now();
  RETURN NEW;
END $$;
CREATE TRIGGER express_notifications_reset BEFORE UPDATE OF send_status ON express_notifications FOR EACH ROW
  WHEN (NEW.send_status IS NULL AND OLD.send_status IS NOT NULL) EXECUTE FUNCTION express_notifications_reset();

-- Other nodes, and this one after an edit by hand, hear of what is to be done: the numbers are kNotifyNews and
-- kFanOutNews of store.h.
CREATE FUNCTION notify_queue_news() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('yizhan_outbox', '1');
  RETURN NULL;
END $$;
CREATE TRIGGER notify_queue_inserted AFTER INSERT ON notify_queue FOR EACH STATEMENT EXECUTE FUNCTION notify_queue_news();
CREATE TRIGGER notify_queue_set_back AFTER UPDATE OF process_status ON notify_queue FOR EACH ROW
  WHEN (NEW.process_status IS NULL AND OLD.process_status IS NOT NULL) EXECUTE FUNCTION notify_queue_news();
CREATE FUNCTION express_notifications_news() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('yizhan_outbox', '2');
  RETURN NULL;
END $$;
CREATE TRIGGER express_notifications_inserted AFTER INSERT ON express_notifications
  FOR EACH STATEMENT EXECUTE FUNCTION express_notifications_news();
CREATE TRIGGER express_notifications_set_back AFTER UPDATE OF send_status ON express_notifications FOR EACH ROW
  WHEN (NEW.send_status IS NULL AND OLD.send_status IS NOT NULL) EXECUTE FUNCTION express_notifications_news();

-- The seed's name for what carriers sent, as it came; unless its own table is there still.
DO $$
BEGIN
  IF to_regclass(format('%I.platform_express_event_raw', current_schema())) IS NULL THEN
    CREATE VIEW platform_express_event_raw AS
    SELECT c.id, c.source, (SELECT k.value FROM callback_keys AS k
                            WHERE k.callback_id = coalesce(c.first_id, c.id) AND k.name = 'tracking_no' LIMIT 1)
                           AS tracking_no,
           outbox_text(coalesce(c.body, f.body)) AS raw_text, c.verdict, c.reason, c.effect, c.received_at
    FROM inbound_callbacks AS c LEFT JOIN inbound_callbacks AS f ON f.id = c.first_id
    WHERE c.event_type = 'express.status';
  END IF;
END $$;
)sql";

}  // namespace yizhan::store::migrations
