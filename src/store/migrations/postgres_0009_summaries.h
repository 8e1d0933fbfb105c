// PostgreSQL schema, version 9: who keeps the summaries of times (BRIN) up to date.
#pragma once

#include <string_view>

namespace yizhan::store::migrations {

inline constexpr std::string_view kPostgresSummaries = R"sql(
-- Each 32 pages that were filled asked autovacuum for their summary. It takes 256 requests in a minute, comes once a
-- minute, and writes a line into the server's log for every further one: 40 a second at 14,000 events a second.
ALTER INDEX outbox_events_created_at SET (autosummarize = off);
ALTER INDEX inbound_callbacks_received_at SET (autosummarize = off);

-- A vacuum makes the summaries of all pages that have none. It reads only what was added since the last one, so it may
-- come early; by default it would come when a fifth of the table is new.
ALTER TABLE outbox_events SET (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000);
ALTER TABLE inbound_callbacks SET (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000);
)sql";

}  // namespace yizhan::store::migrations
