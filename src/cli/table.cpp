#include "cli/table.h"

#include <algorithm>
#include <numeric>

#include "cli/display_text.h"

namespace yizhan::cli {
namespace {

constexpr int kGap = 2;
constexpr int kNarrowest = 8;  ///< a shrunken column keeps at least this, or its title

void trim_end(std::string& line) {
  line.erase(line.find_last_not_of(' ') + 1);
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add_row(std::vector<Cell> cells) {
  cells.resize(columns_.size(), Cell(""));
  for (Cell& cell : cells) cell.text = printable(cell.text);
  rows_.push_back(std::move(cells));
}

void Table::add_rule() {
  rules_.push_back(rows_.size());
}

std::vector<int> Table::column_widths(int width) const {
  std::vector<int> widths(columns_.size());
  std::vector<int> floors(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const int title = display_width(columns_[i].title);
    widths[i] = title;
    for (const auto& row : rows_) widths[i] = std::max(widths[i], display_width(row[i].text));
    floors[i] = columns_[i].may_shrink ? std::min(widths[i], std::max(title, kNarrowest)) : widths[i];
  }
  if (width <= 0) return widths;
  const int gaps = kGap * (static_cast<int>(columns_.size()) - 1);
  int over = std::accumulate(widths.begin(), widths.end(), gaps) - width;
  // The widest gives first, so that columns end up level.
  while (over > 0) {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (widths[i] > floors[i] && (widest == columns_.size() || widths[i] > widths[widest])) widest = i;
    }
    if (widest == columns_.size()) break;
    --widths[widest];
    --over;
  }
  return widths;
}

std::string Table::render(int width, bool color) const {
  const std::vector<int> widths = column_widths(width);
  std::string out;
  const auto add_line = [&](auto text_of, auto style_of) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line.append(kGap, ' ');
      const std::string text = cut_to_width(text_of(i), widths[i]);
      const std::string pad(static_cast<std::size_t>(std::max(0, widths[i] - display_width(text))), ' ');
      const std::string shown = styled(text, style_of(i), color);
      line += columns_[i].align == Align::kRight ? pad + shown : shown + pad;
    }
    trim_end(line);
    out += line;
    out += '\n';
  };
  add_line([&](std::size_t i) { return std::string_view(columns_[i].title); },
           [](std::size_t) { return Style::kFaint; });
  const int total = std::accumulate(widths.begin(), widths.end(), kGap * (static_cast<int>(columns_.size()) - 1));
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (std::ranges::find(rules_, row) != rules_.end()) {
      std::string rule;
      for (int i = 0; i < total; ++i) rule += "─";
      out += styled(rule, Style::kFaint, color) + '\n';
    }
    add_line([&](std::size_t i) { return std::string_view(rows_[row][i].text); },
             [&](std::size_t i) { return rows_[row][i].style; });
  }
  return out;
}

}  // namespace yizhan::cli
