#include "store/sqlite/sqlite_factory.h"

#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <optional>

#include "store/sqlite/file_lock.h"
#include "store/sqlite/schema.h"

namespace yizhan::store::sqlite {
namespace {

class SqliteFactory final : public StoreFactory {
 public:
  SqliteFactory(std::string path, OpenMode mode, SteadyClock steady_clock, std::optional<FileLock> lock)
      : path_(std::move(path)), mode_(mode), steady_clock_(std::move(steady_clock)), lock_(std::move(lock)) {}

  /// Of a file that this process owns: made and judged before anything else opens it.
  Result<void> prepare_file() {
    if (auto made = make_file(path_); !made) return made;
    auto connection = Connection::open(path_, ConnectionRole::kWriter);
    if (!connection) return std::unexpected(connection.error());
    if (auto done = check_file(*connection, path_); !done) return done;
    // Kept in the file: all who open it later find the log.
    if (auto done = connection->execute("PRAGMA journal_mode = WAL"); !done) return done;
    return {};
  }

  Result<std::unique_ptr<Store>> open_writer() override {
    if (mode_ != OpenMode::kServe) return open(ConnectionRole::kTool, {});
    if (auto done = migrate(); !done) return std::unexpected(done.error());
    if (writer_open_.exchange(true)) {
      return fail("store_locked", "the writing connection of this database is open already; there is only one");
    }
    auto store = open(ConnectionRole::kWriter, [this] { writer_open_ = false; });
    if (!store) writer_open_ = false;
    return store;
  }

  Result<std::unique_ptr<Store>> open_reader() override {
    return open(mode_ != OpenMode::kServe ? ConnectionRole::kTool : ConnectionRole::kReader, {});
  }

  Result<int> migrate() override {
    if (mode_ != OpenMode::kServe) {
      return fail("sql_error",
                  "a command beside the service does not change the schema; `yizhan migrate` and the "
                  "service's own start do");
    }
    auto connection =
        Connection::open(path_, ConnectionRole::kTool);  // without the writer's rights: it only writes rows
    if (!connection) return std::unexpected(connection.error());
    return sqlite::migrate(*connection, utc_now());
  }

  Result<int> schema_version() override {
    auto connection = Connection::open(path_, ConnectionRole::kReader);
    if (!connection) return std::unexpected(connection.error());
    return sqlite::schema_version(*connection);
  }

  std::optional<pid_t> served_by() override { return FileLock::holder(path_); }

 private:
  Result<std::unique_ptr<Store>> open(ConnectionRole role, std::move_only_function<void()> on_close) {
    const auto version = schema_version();
    if (!version) return std::unexpected(version.error());
    if (*version > newest_schema_version()) {
      return fail(
          "store_newer",
          fmt::format("the database has schema version {}, this program knows {}: use the version of yizhan that "
                      "wrote it, or a later one",
                      *version, newest_schema_version()));
    }
    if (*version < newest_schema_version() && mode_ != OpenMode::kExamine) {
      return fail(
          "schema_outdated",
          fmt::format("the database {} has schema version {}, this program needs {}: start the service with this "
                      "version, or run `yizhan migrate`",
                      path_, *version, newest_schema_version()));
    }
    auto store = SqliteStore::open(path_, role, steady_clock_, std::move(on_close));
    if (!store) return std::unexpected(store.error());
    return std::move(*store);
  }

  const std::string path_;
  const OpenMode mode_;
  const SteadyClock steady_clock_;
  const std::optional<FileLock> lock_;  ///< of kServe
  std::atomic<bool> writer_open_ = false;
};

}  // namespace

Result<std::unique_ptr<StoreFactory>> open_factory(const std::string& path, OpenMode mode, SteadyClock steady_clock) {
  if (mode != OpenMode::kServe) {
    if (!std::filesystem::exists(path)) {
      return fail("store_unavailable", fmt::format("there is no database at {}; name the right one (YIZHAN_STORE or "
                                                   "YIZHAN_DATA_DIR), or start the service, which makes it",
                                                   path));
    }
    return std::make_unique<SqliteFactory>(path, mode, std::move(steady_clock), std::nullopt);
  }
  if (auto made = make_file(path); !made) return std::unexpected(made.error());
  auto lock = FileLock::take(path);
  if (!lock) return std::unexpected(lock.error());
  auto factory = std::make_unique<SqliteFactory>(path, mode, std::move(steady_clock), std::move(*lock));
  if (auto done = factory->prepare_file(); !done) return std::unexpected(done.error());
  return factory;
}

}  // namespace yizhan::store::sqlite
