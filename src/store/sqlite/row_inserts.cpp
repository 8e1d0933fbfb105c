#include "store/sqlite/row_inserts.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace yizhan::store::sqlite {
namespace {

/// More in one statement gains little: 15,500 instructions a row with 32.
constexpr std::array<std::size_t, 3> kRows{16, 4, 1};

}  // namespace

Result<RowInserts> RowInserts::open(Connection& connection, std::string_view table, std::string_view columns,
                                    std::string_view verb) {
  RowInserts inserts;
  inserts.columns_ = 1 + static_cast<int>(std::ranges::count(columns, ','));
  std::string row = "(?";
  for (int i = 1; i < inserts.columns_; ++i) row += ", ?";
  row += ')';
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    std::string values = row;
    for (std::size_t more = 1; more < kRows[i]; ++more) values += ", " + row;
    auto prepared = connection.prepare(fmt::format("{} INTO {} ({}) VALUES {}", verb, table, columns, values));
    if (!prepared) return std::unexpected(prepared.error());
    inserts.sizes_[i] = {.rows = kRows[i], .statement = std::move(*prepared)};
  }
  return inserts;
}

}  // namespace yizhan::store::sqlite
