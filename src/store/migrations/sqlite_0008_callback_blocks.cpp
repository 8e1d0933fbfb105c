#include "store/migrations/sqlite_0008_callback_blocks.h"

#include <string_view>

namespace yizhan::store::migrations {
namespace {

constexpr std::string_view kBlocks = R"sql(
-- Which blocks of 256 ids hold callbacks of a source, of an event type. An index of each callback's own source and type
-- cost a fifth of what it takes to receive one.
CREATE TABLE callback_blocks (
  name TEXT NOT NULL CHECK (name IN ('source', 'event_type')),
  value TEXT NOT NULL,
  block INTEGER NOT NULL,  -- id / 256
  PRIMARY KEY (name, value, block)
) STRICT, WITHOUT ROWID;
CREATE INDEX callback_blocks_block ON callback_blocks (block);

INSERT INTO callback_blocks (name, value, block)
SELECT DISTINCT 'source', source, id / 256 FROM inbound_callbacks INDEXED BY inbound_callbacks_source
UNION ALL
SELECT DISTINCT 'event_type', event_type, id / 256 FROM inbound_callbacks INDEXED BY inbound_callbacks_event_type;

DROP INDEX inbound_callbacks_source;
DROP INDEX inbound_callbacks_event_type;

DROP VIEW platform_express_event_raw;
CREATE VIEW platform_express_event_raw AS
SELECT c.id AS id, c.source AS source,
  (SELECT k.value FROM callback_keys k WHERE k.callback_id = coalesce(c.first_id, c.id) AND k.name = 'tracking_no'
   LIMIT 1) AS tracking_no,
  CAST(coalesce(c.body, f.body) AS TEXT) AS raw_text, c.verdict AS verdict, c.reason AS reason, c.effect AS effect,
  strftime('%Y-%m-%d %H:%M:%S', c.received_at / 1000000, 'unixepoch') || printf('.%06d', c.received_at % 1000000)
    AS received_at
FROM callback_blocks b CROSS JOIN inbound_callbacks c ON c.id BETWEEN b.block * 256 AND b.block * 256 + 255
LEFT JOIN inbound_callbacks f ON f.id = c.first_id
WHERE b.name = 'event_type' AND b.value = 'express.status' AND c.event_type = 'express.status';
)sql";

}  // namespace

std::string sqlite_0008_callback_blocks() {
  return std::string(kBlocks);
}

}  // namespace yizhan::store::migrations
