// PostgresStore: the table of open events is swept by us, not only by autovacuum.
#include <array>

#include "store/postgres/postgres_store.h"

namespace yizhan::store::postgres {
namespace {

constexpr const char* kMaySweep =
    "SELECT pg_has_role(relowner, 'MEMBER') FROM pg_class WHERE oid = 'outbox_schedule'::regclass";

// A table that is locked is passed over with a warning, which is nothing to tell. Pages at the end stay with the table:
// to give them back it would have to be locked, and they are needed again at once. No workers beside it: several times
// a second they cost more than they save.
constexpr std::array kSweep{"SET client_min_messages = error",
                            "VACUUM (SKIP_LOCKED, TRUNCATE false, PARALLEL 0) outbox_schedule",
                            "SET client_min_messages = warning"};

}  // namespace

Result<void> PostgresStore::sweep() {
  if (const auto connected = connect(); !connected) return connected;
  bool may = false;
  connection_->send_text(kMaySweep, {}, {}, [&](const ResultSet& rows) { may = rows.integer(0, 0) != 0; });
  auto done = connection_->finish();
  for (const char* statement : kSweep) {
    if (!done || !may) break;
    if (const auto swept = connection_->execute(statement); !swept) done = std::unexpected(swept.error());
  }
  if (done) return {};
  connection_.reset();  // with what was set on it
  return std::unexpected(to_error(done.error()));
}

}  // namespace yizhan::store::postgres
