#include "cli/sql_output.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/json_record.h"
#include "cli/readable.h"
#include "cli/table.h"

namespace yizhan::cli {
namespace {

bool looks_numeric(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.-+eE") == std::string::npos &&
         text.find_first_of("0123456789") != std::string::npos;
}

/// Numbers stand right, everything else left.
Align alignment(const store::SqlResult& result, std::size_t column) {
  bool any = false;
  for (const auto& row : result.rows) {
    if (!row[column]) continue;
    if (!looks_numeric(*row[column])) return Align::kLeft;
    any = true;
  }
  return any ? Align::kRight : Align::kLeft;
}

}  // namespace

std::string sql_result_text(const store::SqlResult& result, const Terminal& terminal) {
  if (result.columns.empty()) return fmt::format("{} changed\n", counted(result.changed_rows, "row", "rows"));
  std::vector<Column> columns;
  for (std::size_t i = 0; i < result.columns.size(); ++i) {
    const Align align = alignment(result, i);
    columns.push_back({result.columns[i], align, align == Align::kLeft});
  }
  Table table(std::move(columns));
  for (const auto& row : result.rows) {
    std::vector<Cell> cells;
    for (const auto& value : row) cells.push_back(value ? Cell(*value) : Cell("NULL", Style::kFaint));
    table.add_row(std::move(cells));
  }
  return table.render(terminal) +
         fmt::format("({})\n", counted(static_cast<std::int64_t>(result.rows.size()), "row", "rows"));
}

std::string sql_result_json(const store::SqlResult& result) {
  std::vector<std::string> columns;
  for (const std::string& column : result.columns) columns.push_back(json_string(column));
  std::vector<std::string> rows;
  for (const auto& row : result.rows) {
    std::vector<std::string> values;
    for (const auto& value : row) values.push_back(value ? json_string(*value) : "null");
    rows.push_back(json_array(values));
  }
  return JsonRecord()
      .raw("columns", json_array(columns))
      .raw("rows", json_array(rows))
      .number("changed_rows", result.changed_rows)
      .str();
}

}  // namespace yizhan::cli
