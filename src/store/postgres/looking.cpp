// The part of PostgresStore that looks: single statements, `yizhan sql`, and what an operator should know of the
// server.
#include <fmt/format.h>

#include <array>

#include "store/postgres/postgres_session.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/result_row.h"
#include "store/postgres/statements.h"

namespace yizhan::store::postgres {
namespace {

SqlResult to_sql_result(const ResultSet& rows) {
  SqlResult result;
  for (int column = 0; column < rows.columns(); ++column) result.columns.emplace_back(PQfname(rows.raw(), column));
  for (int row = 0; row < rows.rows(); ++row) {
    auto& values = result.rows.emplace_back();
    for (int column = 0; column < rows.columns(); ++column) {
      values.push_back(rows.null(row, column) ? std::nullopt : std::optional(rows.text(row, column)));
    }
  }
  if (!std::string_view(PQcmdStatus(rows.raw())).starts_with("SELECT")) result.changed_rows = rows.affected();
  return result;
}

}  // namespace

const Dialect& PostgresStore::dialect() const {
  return postgres_dialect();
}

Result<std::int64_t> PostgresStore::query(const Query& statement, const RowReader& reader) {
  return run(statement, Plans::kFree, reader);
}

void PostgresStore::send_query(const Query& statement, Connection::OnResult on_result) {
  Parameters parameters;
  std::vector<Oid> types;
  for (const SqlValue& value : statement.parameters) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      parameters.add(*number);
      types.push_back(kInt8);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      parameters.add(std::string_view(*text));
      types.push_back(kText);
    } else {
      parameters.add(std::get<UtcTime>(value));
      types.push_back(kTimestamptz);
    }
  }
  connection_->send_text(statement.text, types, parameters, std::move(on_result));
}

Result<std::int64_t> PostgresStore::run(const Query& statement, Plans plans, const RowReader& reader) {
  if (const auto connected = connect(); !connected) return std::unexpected(connected.error());
  std::int64_t changed = 0;
  // A transaction of its own, in which the plans are bent the other way than this connection's are.
  const bool bend = (plans == Plans::kFree) == (purpose_ == Connection::Purpose::kWriter);
  const bool own_transaction = bend && !connection_->in_transaction();
  if (own_transaction) {
    connection_->send_text("BEGIN", {}, {});
    connection_->send_text(plans == Plans::kFree ? kPlanFreely : kPlanThroughIndexes, {}, {});
  }
  send_query(statement, [&](const ResultSet& rows) {
    changed = rows.columns() == 0 ? rows.affected() : 0;
    for (int row = 0; reader && row < rows.rows(); ++row) reader(ResultRow(rows, row));
  });
  if (own_transaction) connection_->send_text("COMMIT", {}, {});
  const auto done = connection_->finish();
  if (!done) {
    abandon(done.error());
    return std::unexpected(to_error(done.error()));
  }
  return changed;
}

Result<std::vector<SqlResult>> PostgresStore::sql(std::string_view text) {
  if (const auto connected = connect(); !connected) return std::unexpected(connected.error());
  const auto results = connection_->execute(std::string(text));
  if (!results) {
    // What the statement's author opened stays his, also after an error.
    if (results.error().connection_lost()) connection_.reset();
    return std::unexpected(to_error(results.error()));
  }
  std::vector<SqlResult> answers;
  for (const ResultSet& rows : *results) answers.push_back(to_sql_result(rows));
  return answers;
}

Result<void> PostgresStore::ping() {
  const auto done = query({"SELECT 1", {}}, {});
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::vector<std::string>> PostgresStore::warnings() {
  std::vector<std::string> found;
  const Query statement{
      "SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),"
      " current_setting('autovacuum'), current_setting('synchronous_standby_names') = '',"
      " (SELECT count(*) FROM pg_stat_replication)",
      {}};
  const auto done = query(statement, [&](const SqlRow& row) {
    if (row.bytes(0) == "off") {
      found.emplace_back(
          "PostgreSQL runs with fsync = off: a crash of its machine can lose or damage accepted events.");
    }
    if (row.bytes(1) == "off") {
      found.emplace_back(
          "PostgreSQL runs with full_page_writes = off: a crash of its machine can damage the database.");
    }
    if (row.bytes(2) == "off") {
      found.emplace_back(
          "PostgreSQL runs with synchronous_commit = off: a crash of the server can lose events that were "
          "acknowledged.");
    }
    if (row.bytes(3) == "off") {
      found.emplace_back("PostgreSQL runs with autovacuum = off: the schedule grows and slows down with every event.");
    }
    if (row.integer(4) != 0 && row.integer(5) > 0) {
      found.emplace_back(
          "The standby follows asynchronously (synchronous_standby_names is empty): a failover can lose the last "
          "events "
          "that were acknowledged.");
    }
  });
  if (!done) return std::unexpected(done.error());
  return found;
}

}  // namespace yizhan::store::postgres
