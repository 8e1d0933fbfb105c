#include "cli/sql_output.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/json_output.h"
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
  JsonWriter writer;
  writer.begin_object().key("columns").begin_array();
  for (const std::string& column : result.columns) writer.text(column);
  writer.end_array().key("rows").begin_array();
  for (const auto& row : result.rows) {
    writer.begin_array();
    for (const auto& value : row) {
      if (value) {
        writer.text(*value);
      } else {
        writer.null();
      }
    }
    writer.end_array();
  }
  return writer.end_array().number("changed_rows", result.changed_rows).end_object().take();
}

}  // namespace yizhan::cli
