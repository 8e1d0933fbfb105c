#include "store/migrations/sqlite_0002_inbound.h"

#include <string_view>

namespace yizhan::store::migrations {
namespace {

constexpr std::string_view kInboundTables = R"sql(
-- Every callback that came in, with its verdict. received_at is microseconds since 1970, UTC. A row never changes but
-- for duplicate_count. An identical duplicate has no body of its own, and no keys: they are those of first_id.
CREATE TABLE inbound_callbacks (
  id INTEGER PRIMARY KEY,
  received_at INTEGER NOT NULL,
  source TEXT NOT NULL CHECK (length(CAST(source AS BLOB)) BETWEEN 1 AND 64),
  event_type TEXT NOT NULL,
  idempotency_key TEXT NOT NULL CHECK (length(CAST(idempotency_key AS BLOB)) <= 255),
  verdict TEXT NOT NULL CHECK (verdict IN ('accepted', 'duplicate', 'rejected')),
  reason TEXT NOT NULL,
  effect TEXT NOT NULL CHECK (effect IN ('none', 'applied', 'already_applied', 'order_unknown', 'amount_differs',
                                         'merchant_differs', 'order_conflicts')),
  answer_status INTEGER NOT NULL,
  duration_us INTEGER NOT NULL,
  duplicate_count INTEGER NOT NULL DEFAULT 0,
  first_id INTEGER,
  event_ids TEXT NOT NULL,
  peer_address TEXT NOT NULL,
  target TEXT NOT NULL,
  body_size INTEGER NOT NULL,
  headers TEXT NOT NULL,
  body BLOB,
  CHECK ((verdict = 'duplicate') = (first_id IS NOT NULL)),
  CHECK (verdict <> 'accepted' OR (idempotency_key <> '' AND body IS NOT NULL))
) STRICT;
CREATE INDEX inbound_callbacks_source ON inbound_callbacks (source);
CREATE INDEX inbound_callbacks_event_type ON inbound_callbacks (event_type);
-- Accepted callbacks, the great mass, are in none of these.
CREATE INDEX inbound_callbacks_unaccepted ON inbound_callbacks (verdict) WHERE verdict <> 'accepted';
CREATE INDEX inbound_callbacks_reason ON inbound_callbacks (reason) WHERE reason <> '';
CREATE INDEX inbound_callbacks_first_id ON inbound_callbacks (first_id) WHERE first_id IS NOT NULL;

-- By what a callback can be found: transaction_id, out_trade_no, tracking_no, … and its idempotency key where none of
-- the others has the same value.
CREATE TABLE callback_keys (
  callback_id INTEGER NOT NULL,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 32),
  value TEXT NOT NULL CHECK (length(CAST(value AS BLOB)) BETWEEN 1 AND 128),
  accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
  PRIMARY KEY (callback_id, name, value)
) STRICT, WITHOUT ROWID;
-- Values come at random, which makes an index of them dear. That of accepted callbacks is narrow, and written with a
-- delay, in its own order (src/store/sqlite/callback_lookup.h): a hash of the value, and the callback that may have it.
-- Callbacks newer than indexed_through may be missing in it. Of the others there are few.
CREATE TABLE callback_lookup (
  day INTEGER NOT NULL,
  hash INTEGER NOT NULL,
  callback_id INTEGER NOT NULL,
  PRIMARY KEY (day, hash, callback_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE callback_lookup_state (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  indexed_through INTEGER NOT NULL
) STRICT;
INSERT INTO callback_lookup_state (only, indexed_through) VALUES (1, 0);
CREATE INDEX callback_keys_unaccepted ON callback_keys (value) WHERE accepted = 0;

-- The smallest and the largest id among the callbacks of one minute of received_at: as outbox_minutes.
CREATE TABLE inbound_minutes (
  minute INTEGER PRIMARY KEY,
  first_id INTEGER NOT NULL,
  last_id INTEGER NOT NULL
) STRICT;

CREATE TRIGGER inbound_callbacks_delete AFTER DELETE ON inbound_callbacks
BEGIN
  DELETE FROM callback_keys WHERE callback_id = OLD.id;
END;

-- An application may insert orders by itself: out_trade_no and total_fee are enough. Times are text, YYYY-MM-DD
-- HH:MM:SS.ffffff in UTC.
CREATE TABLE pay_orders (
  out_trade_no TEXT NOT NULL PRIMARY KEY CHECK (length(out_trade_no) BETWEEN 1 AND 64),
  status INTEGER NOT NULL DEFAULT 0 CHECK (status IN (-1, 0, 1, 2, 3)),
  total_fee INTEGER NOT NULL CHECK (total_fee >= 0),
  currency TEXT NOT NULL DEFAULT 'CNY' CHECK (currency <> ''),
  merchant TEXT NOT NULL DEFAULT '',
  description TEXT NOT NULL DEFAULT '',
  user_id TEXT NOT NULL DEFAULT '',
  provider TEXT NOT NULL DEFAULT '',
  transaction_id TEXT NOT NULL DEFAULT '',
  refund_fee INTEGER NOT NULL DEFAULT 0 CHECK (refund_fee BETWEEN 0 AND total_fee),
  paid_at TEXT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
) STRICT;

-- Refunds that were counted into pay_orders.refund_fee: a refund number of a provider counts once.
CREATE TABLE pay_refunds (
  provider TEXT NOT NULL,
  out_refund_no TEXT NOT NULL,
  out_trade_no TEXT NOT NULL,
  refund_fee INTEGER NOT NULL CHECK (refund_fee > 0),
  created_at TEXT NOT NULL,
  PRIMARY KEY (provider, out_refund_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX pay_refunds_order ON pay_refunds (out_trade_no);
)sql";

}  // namespace

std::string sqlite_0002_inbound() {
  return std::string(kInboundTables);
}

}  // namespace yizhan::store::migrations
