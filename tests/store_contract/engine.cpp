#include "engine.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "base/random.h"
#include "postgres_cluster.h"
#include "store/postgres/connection.h"

namespace yizhan::store::contract {
namespace {

void run_on_postgres(const std::string& statement) {
  using postgres::Connection;
  auto connection = Connection::open(PostgresCluster::shared().url(), Connection::Purpose::kReader);
  if (!connection) throw std::runtime_error(connection.error().message);
  if (const auto done = connection->execute(statement); !done) throw std::runtime_error(done.error().message);
}

}  // namespace

std::string name_of(Engine engine) {
  return engine == Engine::kSqlite ? "Sqlite" : "Postgres";
}

Place::Place(Engine engine) : engine_(engine) {
  if (engine == Engine::kSqlite) {
    url_ = fmt::format("sqlite:{}", (folder_.emplace() / "store.db").string());
  } else {
    schema_ = "test_" + random_hex(8);
    run_on_postgres("CREATE SCHEMA " + schema_);
    url_ = fmt::format("{}&options=-csearch_path%3D{}", PostgresCluster::shared().url(), schema_);
  }
}

Place::~Place() {
  if (engine_ == Engine::kSqlite) return;
  try {
    run_on_postgres(fmt::format("SET client_min_messages = error; DROP SCHEMA {} CASCADE", schema_));
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
}

std::unique_ptr<StoreFactory> open_factory(const std::string& url, OpenMode mode) {
  const auto parsed = parse_store_url(url);
  if (!parsed) throw std::runtime_error(parsed.error().message);
  auto factory = open_store(*parsed, mode);
  if (!factory) throw std::runtime_error(factory.error().message);
  return std::move(*factory);
}

}  // namespace yizhan::store::contract
