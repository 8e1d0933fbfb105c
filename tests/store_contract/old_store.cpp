#include "old_store.h"

#include <fmt/format.h>

#include <stdexcept>

#include "store/migrations/postgres_0001_outbox.h"
#include "store/migrations/postgres_0002_inbound.h"
#include "store/migrations/postgres_0003_adopt.h"
#include "store/migrations/postgres_0003_express_push.h"
#include "store/migrations/postgres_0004_replay_audit.h"
#include "store/migrations/postgres_0005_retention.h"
#include "store/migrations/postgres_0006_alerts.h"
#include "store/migrations/postgres_0007_signing_secret.h"
#include "store/migrations/sqlite_0001_outbox.h"
#include "store/migrations/sqlite_0002_inbound.h"
#include "store/migrations/sqlite_0003_express_push.h"
#include "store/migrations/sqlite_0004_replay_audit.h"
#include "store/migrations/sqlite_0005_retention.h"
#include "store/migrations/sqlite_0006_alerts.h"
#include "store/migrations/sqlite_0007_signing_secret.h"
#include "store/postgres/connection.h"
#include "store/sqlite/schema.h"

namespace yizhan::store::contract {
namespace {

std::string sqlite_schema(int version) {
  std::string text = migrations::sqlite_0001_outbox();
  if (version > 1) text += migrations::sqlite_0002_inbound();
  if (version > 2) text += migrations::sqlite_0003_express_push();
  if (version > 3) text += migrations::sqlite_0004_replay_audit();
  if (version > 4) text += migrations::sqlite_0005_retention();
  if (version > 5) text += migrations::sqlite_0006_alerts();
  if (version > 6) text += migrations::sqlite_0007_signing_secret();
  text += "PRAGMA application_id = 1501194350;";  // "Yzhn"
  return text + "CREATE TABLE yizhan_migrations (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL) STRICT;";
}

std::string postgres_schema(int version) {
  std::string text;
  for (const std::string_view part : {migrations::kPostgresTables, migrations::kPostgresFunctions,
                                      migrations::kPostgresViews, migrations::kPostgresTriggers}) {
    text += part;
  }
  if (version > 1) text += migrations::kPostgresInbound;
  if (version > 2) {
    for (const std::string_view part : migrations::kPostgresAdoptExpress) text += part;
    text += migrations::kPostgresExpressPush;
  }
  if (version > 3) text += migrations::kPostgresReplayAudit;
  if (version > 4) text += migrations::kPostgresRetention;
  if (version > 5) text += migrations::kPostgresAlerts;
  if (version > 6) text += migrations::kPostgresSigningSecret;
  return text +
         "CREATE TABLE yizhan_migrations (version integer PRIMARY KEY, name text NOT NULL,"
         " applied_at timestamptz NOT NULL DEFAULT now());";
}

}  // namespace

void make_old_store(Engine engine, const std::string& url, int version) {
  const bool sqlite = engine == Engine::kSqlite;
  std::string text = sqlite ? sqlite_schema(version) : postgres_schema(version);
  for (int each = 1; each <= version; ++each) {
    text += fmt::format("INSERT INTO yizhan_migrations (version, {}) VALUES ({}, '2026-01-01 00:00:00.000000');",
                        sqlite ? "applied_at" : "name", each);
  }
  if (sqlite) {
    if (const auto made = sqlite::make_file(parse_store_url(url)->text); !made) {
      throw std::runtime_error(made.error().message);
    }
  }
  run_in_old_store(engine, url, "BEGIN;" + text + "COMMIT");
}

void run_in_old_store(Engine engine, const std::string& url, std::string_view text) {
  if (engine == Engine::kSqlite) {
    auto connection = sqlite::Connection::open(parse_store_url(url)->text, sqlite::ConnectionRole::kTool);
    if (!connection) throw std::runtime_error(connection.error().message);
    if (const auto done = connection->execute(std::string(text)); !done) throw std::runtime_error(done.error().message);
    return;
  }
  auto connection = postgres::Connection::open(url, postgres::Connection::Purpose::kReader);
  if (!connection) throw std::runtime_error(connection.error().message);
  if (const auto done = connection->execute(std::string(text)); !done) throw std::runtime_error(done.error().message);
}

}  // namespace yizhan::store::contract
