#include "store/sqlite/sqlite_session.h"

#include <fmt/format.h>

#include "store/sqlite/statement_row.h"

namespace yizhan::store::sqlite {
namespace {

/// A table of one row, of parameters.
std::string each_of(std::span<const SessionColumn> columns) {
  std::string text = "(SELECT ";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    text += fmt::format("{}${} AS {}", i == 0 ? "" : ", ", i + 1, columns[i].name);
  }
  return text + ") AS each";
}

}  // namespace

Result<SessionStatements::Prepared*> SessionStatements::find(Connection& connection, std::string_view text,
                                                             std::string_view each) {
  std::string key(text);
  if (const auto found = prepared_.find(key); found != prepared_.end()) return &found->second;
  Prepared prepared;
  const std::string own = session_text(text, SessionEngine::kSqlite, each);
  if (!own.empty()) {
    auto statement = connection.prepare(own);
    if (!statement) return std::unexpected(statement.error());
    prepared.statement = std::move(*statement);
    const int last = sqlite3_bind_parameter_count(prepared.statement.get());
    for (int i = 1; i <= last; ++i) {
      // SQLite takes `$1` for a name and numbers names by their first appearance.
      const char* name = sqlite3_bind_parameter_name(prepared.statement.get(), i);
      const auto number = static_cast<std::size_t>(std::stoi(name + 1));
      if (prepared.parameters.size() < number) prepared.parameters.resize(number);
      prepared.parameters[number - 1] = i;
    }
  }
  return &prepared_.emplace(std::move(key), std::move(prepared)).first->second;
}

void SqliteSession::send(std::string_view text, std::vector<SessionValue> parameters, RowReader reader) {
  if (error_) return;
  const auto prepared = statements_.find(connection_, text, {});
  changed_ = 0;
  if (!prepared) {
    error_ = prepared.error();
  } else {
    run(**prepared, parameters, reader);
  }
}

void SqliteSession::send_each(std::string_view text, std::span<const SessionColumn> columns,
                              const std::vector<std::vector<SessionValue>>& rows, RowReader reader) {
  if (error_ || rows.empty()) return;
  const auto prepared = statements_.find(connection_, text, each_of(columns));
  changed_ = 0;
  if (!prepared) {
    error_ = prepared.error();
    return;
  }
  for (const auto& row : rows) {
    run(**prepared, row, reader);
    if (error_) return;
  }
}

void SqliteSession::run(SessionStatements::Prepared& prepared, const std::vector<SessionValue>& parameters,
                        const RowReader& reader) {
  Statement& statement = prepared.statement;
  if (statement.get() == nullptr) return;  // nothing of the text is for this engine
  const ResetGuard guard(statement);
  std::vector<std::string> times;
  times.reserve(parameters.size());  // what is bound stays where it is
  for (std::size_t i = 0; i < prepared.parameters.size(); ++i) {
    const int index = prepared.parameters[i];
    if (index == 0) continue;
    const SessionValue& value = parameters.at(i);
    if (!value) {
      statement.bind_null(index);
    } else if (const auto* number = std::get_if<std::int64_t>(&*value)) {
      statement.bind(index, *number);
    } else if (const auto* text = std::get_if<std::string>(&*value)) {
      statement.bind(index, std::string_view(*text));
    } else {
      statement.bind(index, std::string_view(times.emplace_back(to_store_text(std::get<UtcTime>(*value)))));
    }
  }
  const StatementRow row(statement);
  int code = SQLITE_ROW;
  while ((code = statement.step()) == SQLITE_ROW) {
    if (reader) reader(row);
  }
  if (code != SQLITE_DONE) {
    error_ = connection_.error(code, "run a statement");
  } else if (sqlite3_stmt_readonly(statement.get()) == 0) {
    changed_ += connection_.changes();
  }
}

Result<void> SqliteSession::finish() {
  if (error_) return std::unexpected(*error_);
  return {};
}

}  // namespace yizhan::store::sqlite
