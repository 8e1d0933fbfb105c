#include <fmt/format.h>

#include "store/postgres/factory.h"
#include "store/sqlite/sqlite_factory.h"
#include "store/store.h"

namespace yizhan::store {

Result<StoreUrl> parse_store_url(std::string_view text) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (text.starts_with(kSqlite)) {
    std::string_view path = text.substr(kSqlite.size());
    if (path.starts_with("///")) path.remove_prefix(2);  // sqlite:///var/lib/yizhan/yizhan.db
    if (path.empty() || path.starts_with("//")) {
      return fail("store_url_invalid", fmt::format("the store {:?} names no file: write sqlite:PATH", text));
    }
    return StoreUrl{.engine = StoreUrl::Engine::kSqlite, .text = std::string(path)};
  }
  if (text.starts_with("postgresql://") || text.starts_with("postgres://")) {
    return StoreUrl{.engine = StoreUrl::Engine::kPostgres, .text = std::string(text)};
  }
  // The text is not shown: it may be a PostgreSQL connection string with a password.
  return fail(
      "store_url_invalid",
      "the store is written sqlite:PATH or postgresql://user@host:port/database, and begins with one of these words");
}

Result<std::unique_ptr<StoreFactory>> open_store(const StoreUrl& url, OpenMode mode) {
  if (url.engine == StoreUrl::Engine::kPostgres) return postgres::open_postgres(url.text, mode);
  return sqlite::open_factory(url.text, mode);
}

}  // namespace yizhan::store
