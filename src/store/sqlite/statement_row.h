// A row of a running statement, as the readers that both engines share take it.
#pragma once

#include "store/query.h"
#include "store/sqlite/connection.h"

namespace yizhan::store::sqlite {

/// Valid until the statement's next step.
class StatementRow final : public SqlRow {
 public:
  explicit StatementRow(const Statement& statement) : statement_(statement) {}
  bool null(int column) const override { return statement_.null(column); }
  std::int64_t integer(int column) const override { return statement_.integer(column); }
  std::string_view bytes(int column) const override { return statement_.bytes(column); }
  UtcTime time(int column) const override {
    if (sqlite3_column_type(statement_.get(), column) == SQLITE_TEXT) {  // the tables that people write to hold text
      return parse_time(statement_.bytes(column)).value_or(UtcTime{});
    }
    return statement_.time(column);
  }

 private:
  const Statement& statement_;
};

}  // namespace yizhan::store::sqlite
