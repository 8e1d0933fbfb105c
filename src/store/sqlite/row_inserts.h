// Inserts rows into one table, many with one statement where so many come: SQLite then opens the table and its indexes
// once, and goes on where it put the row before (measured for `inbound_callbacks`: 16,400 instructions a row, 27,700
// one by one). The caller binds.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "store/sqlite/connection.h"

namespace yizhan::store::sqlite {

class RowInserts {
 public:
  RowInserts() = default;
  /// `columns`: their names, separated by ", ". `verb`: INSERT, or INSERT OR IGNORE.
  static Result<RowInserts> open(Connection& connection, std::string_view table, std::string_view columns,
                                 std::string_view verb = "INSERT");

  /// Inserts `rows` in their order. `bind(statement, first, row)` binds the columns to the parameters from `first` on;
  /// what it binds lives until insert() returns. SQLITE_DONE, or the error.
  template <class Row, class Bind>
  int insert(std::span<const Row> rows, Bind bind) {
    for (Size& size : sizes_) {
      for (; rows.size() >= size.rows; rows = rows.subspan(size.rows)) {
        int parameter = 1;
        for (const Row& row : rows.first(size.rows)) {
          bind(size.statement, parameter, row);
          parameter += columns_;
        }
        if (const int code = size.statement.run(); code != SQLITE_DONE) return code;
      }
    }
    return SQLITE_DONE;
  }

 private:
  struct Size {
    std::size_t rows = 1;
    Statement statement;
  };
  std::array<Size, 3> sizes_;  ///< the largest first; the last takes one row
  int columns_ = 0;
};

}  // namespace yizhan::store::sqlite
