#include "store/migrations/sqlite_0007_signing_secret.h"

#include <string_view>

namespace yizhan::store::migrations {
namespace {

constexpr std::string_view kColumns = R"sql(
-- 1: a replay has this event signed with its platform's previous secret. NULL: it is signed as any event. (No CHECK:
-- SQLite would read the whole table now, and for every row that comes.)
ALTER TABLE outbox_events ADD COLUMN previous_secret INTEGER;
ALTER TABLE replay_jobs ADD COLUMN previous_secret INTEGER NOT NULL DEFAULT 0 CHECK (previous_secret IN (0, 1));

-- Whoever sets an event back to pending has it signed as any event; a replay that means otherwise says so afterwards.
CREATE TRIGGER outbox_view_signs_as_any INSTEAD OF UPDATE ON cs_platform_event_outbox
WHEN NEW.status = 'pending' AND OLD.status <> 'pending'
BEGIN
  UPDATE outbox_events SET previous_secret = NULL WHERE id = OLD.id AND previous_secret IS NOT NULL;
END;
)sql";

}  // namespace

std::string sqlite_0007_signing_secret() {
  return std::string(kColumns);
}

}  // namespace yizhan::store::migrations
