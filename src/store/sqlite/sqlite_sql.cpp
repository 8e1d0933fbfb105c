// SqliteStore: statements that operators write, and changes made through the outbox view.
#include <fmt/format.h>

#include <string>

#include "store/audit.h"
#include "store/selection_sql.h"
#include "store/sqlite/sqlite_error.h"
#include "store/sqlite/sqlite_store.h"

namespace yizhan::store::sqlite {
namespace {

std::string_view without_space(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n;");
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

/// The file's log belongs to the service: no statement may checkpoint it, switch it off or keep others out.
int refuse_log_settings(void*, int action, const char* name, const char*, const char*, const char*) {
  if (action != SQLITE_PRAGMA) return SQLITE_OK;
  for (const char* kept : {"wal_checkpoint", "wal_autocheckpoint", "journal_mode", "locking_mode"}) {
    if (sqlite3_stricmp(name, kept) == 0) return SQLITE_DENY;
  }
  return SQLITE_OK;
}

}  // namespace

Result<std::vector<SqlResult>> SqliteStore::sql(std::string_view text) {
  if (auto done = ensure_connected(); !done) return std::unexpected(done.error());
  if (auto done = count_view_changes(); !done) return std::unexpected(done.error());
  std::vector<SqlResult> results;
  std::string_view rest = without_space(text);
  while (!rest.empty()) {
    if (auto done = run_statement(rest, rest, results); !done) {
      // On the service's own connection nothing may stay open; a shell decides for itself, as with psql.
      if (role_ == ConnectionRole::kWriter && connection_.is_open() && connection_.in_transaction()) roll_back();
      return std::unexpected(done.error());
    }
    rest = without_space(rest);
  }
  if (role_ == ConnectionRole::kWriter && connection_.in_transaction()) {
    roll_back();
    return fail("sql_error", "the statements leave a transaction open; it was rolled back. End it with COMMIT");
  }
  return results;
}

Result<void> SqliteStore::run_statement(std::string_view text, std::string_view& rest,
                                        std::vector<SqlResult>& results) {
  sqlite3_stmt* prepared = nullptr;
  const char* tail = nullptr;
  sqlite3_set_authorizer(connection_.get(), refuse_log_settings, nullptr);
  int code = sqlite3_prepare_v2(connection_.get(), text.data(), static_cast<int>(text.size()), &prepared, &tail);
  sqlite3_set_authorizer(connection_.get(), nullptr, nullptr);
  Statement statement(prepared);
  if (code != SQLITE_OK) return std::unexpected(connection_.error(code, "understand the statement"));
  rest = text.substr(static_cast<std::size_t>(tail - text.data()));
  if (prepared == nullptr) return {};  // a comment

  connection_.set_now(utc_now());
  view_changes_ = 0;
  SqlResult result;
  const int columns = sqlite3_column_count(prepared);
  for (int i = 0; i < columns; ++i) result.columns.emplace_back(sqlite3_column_name(prepared, i));
  const std::int64_t changes_before = sqlite3_total_changes64(connection_.get());
  while ((code = statement.step()) == SQLITE_ROW) {
    auto& row = result.rows.emplace_back();
    for (int i = 0; i < columns; ++i) {
      if (statement.null(i)) {
        row.emplace_back(std::nullopt);
      } else {
        const auto* value = reinterpret_cast<const char*>(sqlite3_column_text(prepared, i));
        row.emplace_back(std::string(value, static_cast<std::size_t>(sqlite3_column_bytes(prepared, i))));
      }
    }
  }
  if (code != SQLITE_DONE) {
    Error error = connection_.error(code, "run the statement");
    statement = Statement();
    if (is_io_error(code)) disconnect();
    return std::unexpected(std::move(error));
  }
  if (sqlite3_total_changes64(connection_.get()) != changes_before) {
    // SQLite counts no rows of a view.
    result.changed_rows = view_changes_ > 0 ? view_changes_ : connection_.changes();
  }
  results.push_back(std::move(result));
  return {};
}

Result<void> SqliteStore::count_view_changes() {
  if (counts_view_changes_ || role_ == ConnectionRole::kReader) return {};
  const int code = sqlite3_create_function_v2(
      connection_.get(), "outbox_view_changed", 0, SQLITE_UTF8, &view_changes_,
      [](sqlite3_context* context, int, sqlite3_value**) { ++*static_cast<std::int64_t*>(sqlite3_user_data(context)); },
      nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(connection_.error(code, "prepare the connection"));
  std::string triggers;
  for (const std::string_view change : {"INSERT", "UPDATE", "DELETE"}) {
    triggers += fmt::format(
        "CREATE TEMP TRIGGER outbox_view_counted_{0} INSTEAD OF {0} ON main.cs_platform_event_outbox "
        "BEGIN SELECT outbox_view_changed(); END;",
        change);
  }
  if (auto done = connection_.execute(triggers); !done) return done;
  counts_view_changes_ = true;
  return {};
}

Result<std::int64_t> SqliteStore::change_each(const Query& targets, std::string_view change, std::string_view reason,
                                              UtcTime now, const DeliveryChange& delivery,
                                              std::string_view before_commit) {
  std::int64_t changed = 0;
  const auto work = [&]() -> Result<void> {
    std::vector<std::string> ids;
    std::vector<DeliveryChange> deliveries;
    Query ids_query{fmt::format("SELECT e.id, e.sequence, e.platform FROM ({}) AS targets CROSS JOIN outbox_events e "
                                "ON e.sequence = targets.sequence",
                                targets.text),
                    targets.parameters};
    const auto found = query(ids_query, [&](const SqlRow& row) {
      ids.emplace_back(row.bytes(0));
      if (row.bytes(2) != kPushPlatform) return;
      deliveries.push_back(delivery);
      deliveries.back().sequence = row.integer(1);
    });
    if (!found) return std::unexpected(found.error());

    // The view's triggers know how an event moves: what an operator does by hand and what this does is the same.
    std::vector<Statement> statements;
    while (!(change = without_space(change)).empty()) {
      const auto end = change.find(';');
      auto prepared = connection_.prepare(change.substr(0, end));
      if (!prepared) return std::unexpected(prepared.error());
      statements.push_back(std::move(*prepared));
      change = end == std::string_view::npos ? std::string_view{} : change.substr(end + 1);
    }
    const std::string at = to_store_text(now);
    SqliteSession session(connection_, session_statements_, dialect());
    session.send(kServiceChangeBegins, {});
    for (const std::string& id : ids) {
      for (Statement& statement : statements) {
        const auto bind = [&](const char* name, std::string_view value) {
          const int index = sqlite3_bind_parameter_index(statement.get(), name);
          if (index != 0) statement.bind(index, value);
        };
        bind("$1", id);
        bind("$2", at);
        bind("$3", reason);
        if (const int code = statement.run(); code != SQLITE_DONE) {
          return std::unexpected(connection_.error(code, "change an event"));
        }
      }
    }
    session.send(kServiceChangeEnds, {});
    if (auto done = session.finish(); !done) return done;
    changed = static_cast<std::int64_t>(ids.size());
    return settle_deliveries(deliveries, now);
  };
  if (auto done = in_transaction(work, before_commit); !done) return std::unexpected(done.error());
  return changed;
}

}  // namespace yizhan::store::sqlite
