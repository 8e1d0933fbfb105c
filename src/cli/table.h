// Aligned columns for people. Cells hold text as it is stored; the table makes it printable (cli/display_text.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.h"

namespace yizhan::cli {

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
  /// May be cut, with `…`, when the table is wider than the terminal. Ids and numbers never are.
  bool may_shrink = false;
};

struct Cell {
  std::string text;
  Style style = Style::kPlain;

  Cell(std::string cell_text, Style cell_style = Style::kPlain) : text(std::move(cell_text)), style(cell_style) {}
  Cell(std::string_view cell_text, Style cell_style = Style::kPlain) : text(cell_text), style(cell_style) {}
  Cell(const char* cell_text, Style cell_style = Style::kPlain) : text(cell_text), style(cell_style) {}
};

class Table {
 public:
  explicit Table(std::vector<Column> columns);

  /// Missing cells at the end are empty.
  void add_row(std::vector<Cell> cells);
  /// A line across, before a sum.
  void add_rule();

  bool empty() const { return rows_.empty(); }
  std::size_t row_count() const { return rows_.size(); }

  /// With a line of titles, each line ended by '\n'. `width` 0: as wide as the cells are.
  std::string render(int width, bool color) const;
  std::string render(const Terminal& terminal) const { return render(terminal.width, terminal.color); }

 private:
  std::vector<int> column_widths(int width) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;  ///< texts are printable
  std::vector<std::size_t> rules_;       ///< numbers of the rows that a rule stands before
};

}  // namespace yizhan::cli
