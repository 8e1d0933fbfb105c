// A row of a result, as the readers that both engines share take it.
#pragma once

#include "store/postgres/binary.h"
#include "store/query.h"

namespace yizhan::store::postgres {

/// Valid as long as the result.
class ResultRow final : public SqlRow {
 public:
  ResultRow(const ResultSet& rows, int row) : rows_(rows), row_(row) {}
  bool null(int column) const override { return rows_.null(row_, column); }
  std::int64_t integer(int column) const override { return rows_.integer(row_, column); }
  std::string_view bytes(int column) const override { return rows_.bytes(row_, column); }
  UtcTime time(int column) const override { return rows_.time(row_, column); }

 private:
  const ResultSet& rows_;
  int row_;
};

}  // namespace yizhan::store::postgres
