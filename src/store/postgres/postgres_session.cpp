#include "store/postgres/postgres_session.h"

#include <fmt/format.h>

#include "store/postgres/result_row.h"
#include "store/postgres/text.h"

namespace yizhan::store::postgres {
namespace {

constexpr Dialect kDialect{.minute_of_created_at = "date_trunc('minute', e.created_at, 'UTC')"};

Oid type_of(SessionColumn::Type type) {
  switch (type) {
    case SessionColumn::Type::kInteger:
      return kInt8;
    case SessionColumn::Type::kTime:
      return kTimestamptz;
    case SessionColumn::Type::kText:
      break;
  }
  return kText;
}

Oid type_of(const SqlValue& value) {
  if (std::holds_alternative<std::int64_t>(value)) return kInt8;
  return std::holds_alternative<UtcTime>(value) ? kTimestamptz : kText;
}

/// Into Parameters or an Array.
template <class Values>
void add_value(Values& values, const SessionValue& value) {
  if (!value) {
    values.add_null();
  } else if (const auto* text = std::get_if<std::string>(&*value)) {
    values.add(std::string_view(storable_text(*text)));
  } else if (const auto* number = std::get_if<std::int64_t>(&*value)) {
    values.add(*number);
  } else {
    values.add(std::get<UtcTime>(*value));
  }
}

/// A table of arrays, side by side.
std::string each_of(std::span<const SessionColumn> columns) {
  std::string arrays;
  std::string names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    arrays += fmt::format("{}${}", i == 0 ? "" : ", ", i + 1);
    names += fmt::format("{}{}", i == 0 ? "" : ", ", columns[i].name);
  }
  return fmt::format("unnest({}) AS each ({})", arrays, names);
}

}  // namespace

const Dialect& postgres_dialect() {
  return kDialect;
}

Connection::OnResult PostgresSession::reading(RowReader reader) {
  return [this, reader = std::move(reader)](const ResultSet& rows) {
    changed_ = rows.affected();
    for (int row = 0; reader && row < rows.rows(); ++row) reader(ResultRow(rows, row));
  };
}

void PostgresSession::send(std::string_view text, std::vector<SessionValue> parameters, RowReader reader) {
  const std::string own = session_text(text, SessionEngine::kPostgres);
  if (own.empty()) return;
  Parameters values;
  std::vector<Oid> types;
  for (const SessionValue& parameter : parameters) {
    add_value(values, parameter);
    types.push_back(parameter ? type_of(*parameter) : InvalidOid);
  }
  connection_.send_remembered(own, types, values, reading(std::move(reader)));
}

void PostgresSession::send_each(std::string_view text, std::span<const SessionColumn> columns,
                                const std::vector<std::vector<SessionValue>>& rows, RowReader reader) {
  if (rows.empty()) return;
  const std::string own = session_text(text, SessionEngine::kPostgres, each_of(columns));
  if (own.empty()) return;
  Parameters values;
  std::vector<Oid> types;
  for (std::size_t column = 0; column < columns.size(); ++column) {
    const Oid type = type_of(columns[column].type);
    Array array(type);
    for (const auto& row : rows) add_value(array, row.at(column));
    values.add(std::move(array));
    types.push_back(array_of(type));
  }
  connection_.send_remembered(own, types, values, reading(std::move(reader)));
}

Result<void> PostgresSession::finish() {
  return take(connection_.finish());
}

Result<void> PostgresSession::take(Outcome<void> outcome) {
  if (outcome) return {};
  failure_ = std::move(outcome.error());
  return std::unexpected(to_error(*failure_));
}

}  // namespace yizhan::store::postgres
