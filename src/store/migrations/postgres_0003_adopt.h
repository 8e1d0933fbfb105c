// Before version 3 makes its tables: tables of these names that are there already, because the services that came
// before used this database, are adopted in place. Nothing of them is deleted. Runs in the migration's transaction, and
// does nothing where there are none.
//
//   columns     missing ones are added; text columns that are something else (uuid, varchar, an enum) become text,
//               timestamps timestamptz; a column of ours that may be empty loses its NOT NULL
//   message_id  of several notifications with the same one, that which got furthest keeps it (then the newest); the
//               others say in last_error whose duplicates they are, and one that waited is not sent
//   indexes     partial unique ones on message_id and (appid, cid) go, and unique ones on cid alone: the plain ones of
//               version 3 take their place
//   ml_orders   is another application's: it keeps its types; lacking columns are added, and where its id is no text an
//               index on the id as text
//
// What stands in the way of that is gathered and told at once, with the statements that mend it, and nothing is
// changed: a foreign key, policy, view or trigger on a column whose type has to change; columns of somebody else that
// may not be empty and have no default; triggers that queue or notify by themselves; duplicates that a unique index
// will not take.
#pragma once

#include <array>
#include <string_view>

namespace yizhan::store::migrations {

/// The columns of version 3 (postgres_0003_express_push.h): of which table, their types, their defaults, and whether
/// they may be empty. Those of ml_orders keep whatever type they have. Also for finding out what will be in the way
/// (store/express_schema.cpp).
inline constexpr std::string_view kExpressColumns = R"sql(
    (VALUES
      ('platform_express_waybills', 'id', 'text', 'gen_random_uuid()::text', false),
      ('platform_express_waybills', 'tracking_no', 'text', NULL, false),
      ('platform_express_waybills', 'carrier_code', 'text', NULL, true),
      ('platform_express_waybills', 'order_id', 'text', NULL, true),
      ('platform_express_waybills', 'status_code', 'text', NULL, true),
      ('platform_express_waybills', 'status_time', 'timestamptz', NULL, true),
      ('platform_express_waybills', 'status_text', 'text', NULL, true),
      ('platform_express_waybills', 'created_at', 'timestamptz', 'now()', false),
      ('platform_express_waybills', 'updated_at', 'timestamptz', 'now()', false),
      ('platform_express_tracking_events', 'id', 'text', 'gen_random_uuid()::text', false),
      ('platform_express_tracking_events', 'tracking_no', 'text', NULL, false),
      ('platform_express_tracking_events', 'event_key', 'text', NULL, false),
      ('platform_express_tracking_events', 'status_code', 'text', NULL, false),
      ('platform_express_tracking_events', 'received_code', 'text', NULL, true),
      ('platform_express_tracking_events', 'event_time', 'timestamptz', NULL, false),
      ('platform_express_tracking_events', 'event_text', 'text', NULL, true),
      ('platform_express_tracking_events', 'location', 'text', NULL, true),
      ('platform_express_tracking_events', 'carrier_code', 'text', NULL, true),
      ('platform_express_tracking_events', 'is_late', 'boolean', 'false', false),
      ('platform_express_tracking_events', 'callback_id', 'bigint', NULL, true),
      ('platform_express_tracking_events', 'created_at', 'timestamptz', 'now()', false),
      ('notify_queue', 'id', 'text', 'gen_random_uuid()::text', false),
      ('notify_queue', 'tracking_event_id', 'text', NULL, false),
      ('notify_queue', 'process_status', 'text', NULL, true),
      ('notify_queue', 'processed_at', 'timestamptz', NULL, true),
      ('notify_queue', 'last_error', 'text', NULL, true),
      ('notify_queue', 'attempt_count', 'integer', '0', false),
      ('notify_queue', 'next_attempt_at', 'timestamptz', 'now()', false),
      ('notify_queue', 'lease_token', 'text', NULL, true),
      ('notify_queue', 'lease_expires_at', 'timestamptz', NULL, true),
      ('notify_queue', 'created_at', 'timestamptz', 'now()', false),
      ('express_notifications', 'id', 'text', 'gen_random_uuid()::text', false),
      ('express_notifications', 'message_id', 'text', NULL, true),
      ('express_notifications', 'aud', 'text', NULL, false),
      ('express_notifications', 'recipient_id', 'text', NULL, false),
      ('express_notifications', 'appid', 'text', NULL, true),
      ('express_notifications', 'title', 'text', NULL, true),
      ('express_notifications', 'body', 'text', NULL, true),
      ('express_notifications', 'content', 'text', NULL, true),
      ('express_notifications', 'event_text_safe', 'text', NULL, true),
      ('express_notifications', 'status_code', 'text', NULL, true),
      ('express_notifications', 'tracking_no', 'text', NULL, true),
      ('express_notifications', 'order_id', 'text', NULL, true),
      ('express_notifications', 'tracking_event_id', 'text', NULL, true),
      ('express_notifications', 'event_time', 'timestamptz', NULL, true),
      ('express_notifications', 'payload', 'text', NULL, true),
      ('express_notifications', 'send_status', 'text', NULL, true),
      ('express_notifications', 'last_error', 'text', NULL, true),
      ('express_notifications', 'targets', 'bigint', '0', false),
      ('express_notifications', 'delivered', 'bigint', '0', false),
      ('express_notifications', 'failed', 'bigint', '0', false),
      ('express_notifications', 'retrying', 'bigint', '0', false),
      ('express_notifications', 'next_attempt_at', 'timestamptz', 'now()', true),
      ('express_notifications', 'waits_until', 'timestamptz', NULL, true),
      ('express_notifications', 'fanned_out_to', 'text', NULL, true),
      ('express_notifications', 'created_at', 'timestamptz', 'now()', false),
      ('express_notifications', 'updated_at', 'timestamptz', 'now()', false),
      ('push_devices', 'id', 'text', 'gen_random_uuid()::text', false),
      ('push_devices', 'appid', 'text', '''default''', false),
      ('push_devices', 'cid', 'text', NULL, false),
      ('push_devices', 'user_id', 'text', NULL, true),
      ('push_devices', 'merchant_id', 'text', NULL, true),
      ('push_devices', 'platform', 'text', NULL, true),
      ('push_devices', 'is_active', 'boolean', 'true', false),
      ('push_devices', 'inactive_reason', 'text', NULL, true),
      ('push_devices', 'last_seen_at', 'timestamptz', 'now()', false),
      ('push_devices', 'created_at', 'timestamptz', 'now()', false),
      ('push_devices', 'updated_at', 'timestamptz', 'now()', false),
      ('ml_orders', 'id', NULL, NULL, true),
      ('ml_orders', 'user_id', NULL, NULL, true),
      ('ml_orders', 'merchant_id', NULL, NULL, true),
      ('ml_orders', 'created_at', NULL, 'now()', true),
      ('ml_orders', 'updated_at', NULL, 'now()', true)
    ) AS columns (relation, name, type, value, optional)
)sql";

/// What depends on the column `present.attnum` of the table `relation`, so that its type cannot change, and the
/// statement that takes it out of the way.
inline constexpr std::string_view kHindrances = R"sql(
        SELECT format('foreign key %I of %s', k.conname, k.conrelid::regclass) AS what,
               format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname) AS mend
        FROM pg_constraint AS k WHERE k.contype = 'f' AND k.conparentid = 0
          AND ((k.conrelid = relation AND present.attnum = ANY (k.conkey))
               OR (k.confrelid = relation AND present.attnum = ANY (k.confkey)))
        UNION ALL
        SELECT DISTINCT format('policy %I of %s', p.polname, p.polrelid::regclass),
               format('DROP POLICY %I ON %s', p.polname, p.polrelid::regclass)
        FROM pg_depend AS d JOIN pg_policy AS p ON p.oid = d.objid
        WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_class'::regclass
          AND d.refobjid = relation AND d.refobjsubid = present.attnum
        UNION ALL
        SELECT DISTINCT format('view %s', r.ev_class::regclass),
               format('DROP %sVIEW %s', CASE v.relkind WHEN 'm' THEN 'MATERIALIZED ' ELSE '' END, r.ev_class::regclass)
        FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid JOIN pg_class AS v ON v.oid = r.ev_class
        WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
          AND d.refobjid = relation AND d.refobjsubid = present.attnum
        UNION ALL
        SELECT DISTINCT format('trigger %I of %s', t.tgname, t.tgrelid::regclass),
               format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass)
        FROM pg_depend AS d JOIN pg_trigger AS t ON t.oid = d.objid
        WHERE d.classid = 'pg_trigger'::regclass AND NOT t.tgisinternal AND d.refclassid = 'pg_class'::regclass
          AND d.refobjid = relation AND d.refobjsubid = present.attnum
)sql";

inline constexpr std::string_view kAdoptTables = R"sql(
DO $adopt$
DECLARE
  obstacles text[] := '{}';
  wanted record;
  present record;
  other record;
  known text[] := '{}';
  adopted oid[] := '{}';
  relation oid;
  hindered boolean;
  repeated bigint;
  example text;
BEGIN
  FOR other IN
    SELECT c.oid, c.relname, c.relkind FROM pg_class AS c
    WHERE c.relnamespace = current_schema()::regnamespace
      AND c.relname IN ('ml_orders', 'platform_express_waybills', 'platform_express_tracking_events', 'notify_queue',
                        'express_notifications', 'push_devices', 'push_deliveries')
    ORDER BY c.relname
  LOOP
    IF other.relkind NOT IN ('r', 'p') OR other.relname = 'push_deliveries' THEN
      obstacles := obstacles || format('%I is there already and cannot be adopted (rename it: ALTER TABLE %1$I RENAME '
                                       'TO %I)', other.relname, other.relname || '_before');
      CONTINUE;
    END IF;
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', other.relname);
    IF other.relname <> 'ml_orders' THEN
      adopted := adopted || other.oid;
    END IF;
  END LOOP;

  -- Columns. `optional`: it may be empty. They are those of version 3 (postgres_0003_express_push.h).
  FOR wanted IN
    SELECT * FROM )sql";

inline constexpr std::string_view kAdoptColumns = R"sql(
  LOOP
    relation := to_regclass(format('%I.%I', current_schema(), wanted.relation));
    CONTINUE WHEN relation IS NULL OR (relation <> ALL (adopted) AND wanted.relation <> 'ml_orders');
    known := known || format('%s.%s', relation, wanted.name);
    SELECT a.attnum, format_type(a.atttypid, NULL) AS type, a.atttypid, a.attnotnull, a.atthasdef INTO present
    FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = wanted.name AND NOT a.attisdropped;

    IF NOT FOUND AND wanted.relation = 'ml_orders' AND wanted.name = 'id' THEN
      obstacles := obstacles || 'ml_orders has no id (rename it: ALTER TABLE ml_orders RENAME TO ml_orders_before)'::text;
      CONTINUE;
    ELSIF NOT FOUND THEN
      -- Without a default it stays empty in the rows that are there.
      EXECUTE format('ALTER TABLE %I ADD COLUMN %I %s%s%s', wanted.relation, wanted.name,
                     coalesce(wanted.type, CASE WHEN wanted.value IS NULL THEN 'text' ELSE 'timestamptz' END),
                     ' DEFAULT ' || wanted.value,
                     CASE WHEN wanted.value IS NOT NULL AND NOT wanted.optional THEN ' NOT NULL' ELSE '' END);
      CONTINUE;
    END IF;
    CONTINUE WHEN wanted.relation = 'ml_orders';

    IF present.atttypid <> wanted.type::regtype AND NOT (wanted.type = 'integer' AND present.type = 'bigint') THEN
      hindered := false;
      FOR other IN
        )sql";

inline constexpr std::string_view kAdoptRows = R"sql(
      LOOP
        hindered := true;
        obstacles := obstacles || format('%I.%I is %s and has to become %s, which the %s prevents (%s)',
                                         wanted.relation, wanted.name, present.type, wanted.type, other.what,
                                         other.mend);
      END LOOP;
      CONTINUE WHEN hindered;
      BEGIN
        EXECUTE format('ALTER TABLE %I ALTER COLUMN %I DROP DEFAULT, ALTER COLUMN %2$I DROP IDENTITY IF EXISTS',
                       wanted.relation, wanted.name);
        EXECUTE format('ALTER TABLE %1$I ALTER COLUMN %2$I TYPE %3$s USING (%2$I%4$s)::%3$s', wanted.relation,
                       wanted.name, wanted.type,
                       CASE WHEN present.type = 'timestamp without time zone' THEN ' AT TIME ZONE ''UTC''' ELSE '' END);
      EXCEPTION WHEN OTHERS THEN
        obstacles := obstacles || format('%I.%I is %s and cannot be made %s: %s', wanted.relation, wanted.name,
                                         present.type, wanted.type, SQLERRM);
        CONTINUE;
      END;
      present.atthasdef := false;
    END IF;
    IF wanted.value IS NOT NULL AND NOT present.atthasdef THEN
      EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET DEFAULT %s', wanted.relation, wanted.name, wanted.value);
    END IF;
    IF wanted.optional AND present.attnotnull THEN
      EXECUTE format('ALTER TABLE %I ALTER COLUMN %I DROP NOT NULL', wanted.relation, wanted.name);
    END IF;
    -- A new row waits: whatever it was before, its state is empty.
    IF wanted.name IN ('send_status', 'process_status') THEN
      EXECUTE format('ALTER TABLE %I ALTER COLUMN %I DROP DEFAULT', wanted.relation, wanted.name);
    END IF;
  END LOOP;

  FOR other IN
    SELECT a.attrelid::regclass AS relation, a.attname FROM pg_attribute AS a
    WHERE a.attrelid = ANY (adopted) AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND NOT a.atthasdef
      AND a.attidentity = '' AND format('%s.%s', a.attrelid, a.attname) <> ALL (known)
    ORDER BY a.attrelid::regclass::text, a.attnum
  LOOP
    obstacles := obstacles || format('%s.%I must not be empty and has no default, so that no row can be added (ALTER '
                                     'TABLE %1$s ALTER COLUMN %2$I DROP NOT NULL)', other.relation, other.attname);
  END LOOP;

  -- What the seed's database did by itself, the service does now.
  FOR other IN
    SELECT t.tgrelid::regclass AS relation, t.tgname FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid
    WHERE t.tgrelid = ANY (adopted) AND NOT t.tgisinternal AND t.tgenabled <> 'D'
      AND p.prosrc ~* '(notify_queue|express_notifications)'
    ORDER BY t.tgname
  LOOP
    obstacles := obstacles || format('the trigger %I of %s queues what is to be told, and so does the service: it would '
                                     'be told twice (ALTER TABLE %2$s DISABLE TRIGGER %1$I)', other.tgname,
                                     other.relation);
  END LOOP;

  -- Unique indexes that are not plain, or not on what has to be unique.
  FOR other IN
    SELECT i.indexrelid::regclass AS index, i.indrelid::regclass AS relation, k.conname
    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid LEFT JOIN pg_constraint AS k ON k.conindid = c.oid
      AND k.contype IN ('p', 'u'),
    LATERAL (SELECT array_agg(a.attname::text ORDER BY a.attname) AS names FROM pg_attribute AS a
             WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)) AS columns,
    LATERAL (SELECT i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AS plain) AS kind
    WHERE i.indrelid = ANY (adopted)
      AND ((c.relname = 'ux_express_notifications_message_id' AND NOT (kind.plain AND columns.names = '{message_id}'))
           OR (c.relname = 'ux_push_devices_appid_cid' AND NOT (kind.plain AND columns.names = '{appid,cid}'))
           OR (c.relname = 'ux_platform_express_waybills_tracking_no'
               AND NOT (kind.plain AND columns.names = '{tracking_no}'))
           OR (c.relname = 'ux_platform_express_tracking_events_key'
               AND NOT (kind.plain AND columns.names = '{event_key,tracking_no}'))
           OR (i.indisunique AND NOT kind.plain AND columns.names IN ('{message_id}', '{appid,cid}'))
           OR (i.indisunique AND columns.names = '{cid}'))
  LOOP
    IF other.conname IS NULL THEN
      EXECUTE format('DROP INDEX %s', other.index);
    ELSE
      EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', other.relation, other.conname);
    END IF;
  END LOOP;

  IF obstacles = '{}' AND to_regclass(format('%I.ml_orders', current_schema())) IS NOT NULL THEN
    SELECT format_type(a.atttypid, NULL) INTO example FROM pg_attribute AS a
    WHERE a.attrelid = to_regclass(format('%I.ml_orders', current_schema())) AND a.attname = 'id';
    IF example NOT IN ('text', 'character varying') THEN
      EXECUTE 'CREATE INDEX IF NOT EXISTS ml_orders_id_text ON ml_orders (CAST(id AS text))';
    END IF;
  END IF;

  IF obstacles = '{}' AND to_regclass(format('%I.platform_express_waybills', current_schema())) IS NOT NULL THEN
    SELECT count(*), min(w.tracking_no) INTO repeated, example
    FROM (SELECT tracking_no FROM platform_express_waybills WHERE tracking_no IS NOT NULL
          GROUP BY tracking_no HAVING count(*) > 1) AS w;
    IF repeated > 0 THEN
      obstacles := obstacles || format('platform_express_waybills has %s tracking numbers more than once, such as %L '
                                       '(keep one row of each: SELECT * FROM platform_express_waybills WHERE '
                                       'tracking_no = %2$L)', repeated, example);
    END IF;
  END IF;

  IF obstacles = '{}' AND to_regclass(format('%I.push_devices', current_schema())) IS NOT NULL THEN
    UPDATE push_devices SET appid = 'default' WHERE appid IS NULL;
    SELECT count(*), min(d.cid) INTO repeated, example
    FROM (SELECT cid FROM push_devices WHERE cid IS NOT NULL GROUP BY appid, cid HAVING count(*) > 1) AS d;
    IF repeated > 0 THEN
      obstacles := obstacles || format('push_devices has %s devices more than once, such as cid %L (keep one row of '
                                       'each: SELECT * FROM push_devices WHERE cid = %2$L)', repeated, example);
    END IF;
  END IF;

  IF obstacles <> '{}' THEN
    RAISE EXCEPTION USING
      MESSAGE = format('tables of an earlier system cannot be adopted yet: %s', array_to_string(obstacles, '; ')),
      HINT = 'Run what stands in parentheses as the owner of the tables, and `yizhan migrate` again; what was dropped '
             'can be made again afterwards, with the column as it is then. Nothing was changed';
  END IF;

  -- Rows.
  IF to_regclass(format('%I.platform_express_tracking_events', current_schema())) IS NOT NULL THEN
    UPDATE platform_express_tracking_events SET event_key = 'row:' || id WHERE event_key IS NULL;
  END IF;
  IF to_regclass(format('%I.express_notifications', current_schema())) IS NOT NULL THEN
    UPDATE express_notifications SET next_attempt_at = CASE WHEN send_status IS NULL THEN now() END
    WHERE (send_status IS NULL) <> (next_attempt_at IS NOT NULL);
    UPDATE express_notifications AS n
    SET message_id = NULL, next_attempt_at = NULL, send_status = coalesce(n.send_status, 'failed'),
        last_error = concat_ws('; ', n.last_error,
                               format('duplicate of %s, which keeps the message_id %s', first_id, n.message_id))
    FROM (SELECT id, first_value(id) OVER (PARTITION BY message_id ORDER BY
                   CASE send_status WHEN 'success' THEN 1 WHEN 'processing' THEN 2 WHEN 'retrying' THEN 3
                                    WHEN 'failed' THEN 4 WHEN 'no-targets' THEN 5 ELSE 6 END,
                   created_at DESC NULLS LAST, id) AS first_id
          FROM express_notifications WHERE message_id IS NOT NULL) AS ranked
    WHERE ranked.id = n.id AND first_id <> n.id;
  END IF;
END $adopt$;
)sql";

/// In this order they are one statement.
inline constexpr std::array kPostgresAdoptExpress{kAdoptTables, kExpressColumns, kAdoptColumns, kHindrances,
                                                  kAdoptRows};

}  // namespace yizhan::store::migrations
