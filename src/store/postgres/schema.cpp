#include "store/postgres/schema.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "base/fail_point.h"
#include "base/log.h"
#include "store/migrations/postgres_0001_outbox.h"
#include "store/migrations/postgres_0002_inbound.h"
#include "store/migrations/postgres_0003_adopt.h"
#include "store/migrations/postgres_0003_express_push.h"
#include "store/migrations/postgres_0004_replay_audit.h"
#include "store/migrations/postgres_0005_retention.h"
#include "store/migrations/postgres_0006_alerts.h"
#include "store/migrations/postgres_0007_signing_secret.h"
#include "store/migrations/postgres_0009_summaries.h"

namespace yizhan::store::postgres {
namespace {

struct Migration {
  std::string_view name;
  std::vector<std::string_view> texts;
};

/// In order; the version is the position, from 1. What was released is never changed.
const std::vector<Migration>& migrations() {
  static const std::vector<Migration> kAll{
      {"outbox",
       {migrations::kPostgresTables, migrations::kPostgresFunctions, migrations::kPostgresViews,
        migrations::kPostgresTriggers}},
      {"inbound", {migrations::kPostgresInbound}},
      {"express_push",
       [] {
         std::vector<std::string_view> texts(migrations::kPostgresAdoptExpress.begin(),
                                             migrations::kPostgresAdoptExpress.end());
         texts.push_back(migrations::kPostgresExpressPush);
         return texts;
       }()},
      {"replay_audit", {migrations::kPostgresReplayAudit}},
      {"retention", {migrations::kPostgresRetention}},
      {"alerts", {migrations::kPostgresAlerts}},
      {"signing_secret", {migrations::kPostgresSigningSecret}},
      {"callback_blocks", {}},  // Its indexes stay. Versions are the same on both engines.
      {"summaries", {migrations::kPostgresSummaries}},
  };
  return kAll;
}

constexpr std::string_view kVersionTable =
    "CREATE TABLE IF NOT EXISTS yizhan_migrations ("
    " version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())";

/// One lock for each schema of a database: 7201 is ours, the other half is the schema.
constexpr std::string_view kLock = "SELECT pg_advisory_xact_lock(7201, hashtext(current_schema()))";

Error newer(int found) {
  return {"store_newer",
          fmt::format("the database's schema has version {}, this program knows {}: run the newer program", found,
                      newest_schema())};
}

Result<int> run_missing(Connection& connection) {
  if (const auto locked = connection.execute(fmt::format("{}; {}", kLock, kVersionTable)); !locked) {
    return std::unexpected(to_error(locked.error()));
  }
  const auto found = read_schema_version(connection);
  if (!found) return found;
  if (*found > newest_schema()) return std::unexpected(newer(*found));
  for (int version = *found + 1; version <= newest_schema(); ++version) {
    const Migration& migration = migrations()[static_cast<std::size_t>(version - 1)];
    std::string text;
    for (const std::string_view part : migration.texts) text += part;
    text += fmt::format("INSERT INTO yizhan_migrations (version, name) VALUES ({}, '{}')", version, migration.name);
    if (const auto done = connection.execute(text); !done) return std::unexpected(to_error(done.error()));
    log::info("store_migrated", {{"version", version}, {"name", migration.name}});
  }
  return newest_schema() - *found;
}

}  // namespace

int newest_schema() {
  return static_cast<int>(migrations().size());
}

Result<int> read_schema_version(Connection& connection) {
  int version = 0;
  connection.send_text("SELECT to_regclass(quote_ident(current_schema()) || '.yizhan_migrations') IS NOT NULL", {}, {},
                       [&](const ResultSet& rows) { version = static_cast<int>(rows.integer(0, 0)); });
  if (const auto done = connection.finish(); !done) return std::unexpected(to_error(done.error()));
  if (version == 0) return 0;
  connection.send_text("SELECT coalesce(max(version), 0) FROM yizhan_migrations", {}, {},
                       [&](const ResultSet& rows) { version = static_cast<int>(rows.integer(0, 0)); });
  if (const auto done = connection.finish(); !done) return std::unexpected(to_error(done.error()));
  return version;
}

Result<int> migrate(Connection& connection) {
  if (const auto begun = connection.execute("BEGIN"); !begun) return std::unexpected(to_error(begun.error()));
  const auto steps = run_missing(connection);
  if (!steps || *steps == 0) {
    static_cast<void>(connection.execute("ROLLBACK"));
    return steps;
  }
  fail_point("migrate.before_commit");
  if (const auto done = connection.execute("COMMIT"); !done) return std::unexpected(to_error(done.error()));
  return steps;
}

}  // namespace yizhan::store::postgres
