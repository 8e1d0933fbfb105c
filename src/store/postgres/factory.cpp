#include "store/postgres/factory.h"

#include <fmt/format.h>

#include "store/postgres/listener.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/schema.h"

namespace yizhan::store::postgres {
namespace {

class PostgresFactory final : public StoreFactory {
 public:
  PostgresFactory(std::string url, OpenMode mode) : url_(std::move(url)), mode_(mode) {}

  Result<std::unique_ptr<Store>> open_writer() override {
    if (mode_ == OpenMode::kServe) {
      if (const auto migrated = migrate(); !migrated) return std::unexpected(migrated.error());
    }
    return open(Connection::Purpose::kWriter);
  }
  Result<std::unique_ptr<Store>> open_reader() override {
    return open(mode_ == OpenMode::kExamine ? Connection::Purpose::kExaminer : Connection::Purpose::kReader);
  }

  Result<int> migrate() override {
    if (mode_ != OpenMode::kServe) {
      return fail("sql_error",
                  "a command beside the service does not change the schema; `yizhan migrate` and the "
                  "service's own start do");
    }
    auto connection = Connection::open(url_, Connection::Purpose::kReader);
    if (!connection) return std::unexpected(to_error(connection.error()));
    return postgres::migrate(*connection);
  }

  Result<int> schema_version() override {
    auto connection = Connection::open(url_, Connection::Purpose::kReader);
    if (!connection) return std::unexpected(to_error(connection.error()));
    return read_schema_version(*connection);
  }

  Result<std::unique_ptr<News>> open_news(std::function<void(std::int64_t)> on_news) override {
    return std::make_unique<Listener>(url_, std::move(on_news));
  }

 private:
  Result<std::unique_ptr<Store>> open(Connection::Purpose purpose) {
    auto store = std::make_unique<PostgresStore>(url_, purpose);
    if (const auto connected = store->connect(); !connected) return std::unexpected(connected.error());
    return store;
  }

  std::string url_;
  OpenMode mode_;
};

}  // namespace

Result<std::unique_ptr<StoreFactory>> open_postgres(const std::string& url, OpenMode mode) {
  char* problem = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &problem);
  if (options == nullptr) {
    // What libpq says may quote the URL, and with it a password.
    PQfreemem(problem);
    return fail("store_unavailable",
                "the PostgreSQL URL cannot be read; it has the form postgresql://user@host:port/database?name=value");
  }
  PQconninfoFree(options);
  return std::make_unique<PostgresFactory>(url, mode);
}

}  // namespace yizhan::store::postgres
