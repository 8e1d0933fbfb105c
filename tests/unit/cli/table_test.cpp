#include "cli/table.h"

#include <gtest/gtest.h>

#include "cli/display_text.h"

namespace yizhan::cli {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

TEST(Table, AlignsColumnsByWhatTheyShow) {
  Table table({{"NAME"}, {"COUNT", Align::kRight}, {"NOTE"}});
  table.add_row({"sub2api", "7", "ok"});
  table.add_row({"n", "1,204", ""});
  EXPECT_EQ(table.render(0, false),
            "NAME     COUNT  NOTE\n"
            "sub2api      7  ok\n"
            "n        1,204\n");
}

TEST(Table, WideCharactersCountAsTwoColumns) {
  Table table({{"NAME"}, {"N", Align::kRight}});
  table.add_row({"驿站", "1"});
  table.add_row({"abcdef", "2"});
  EXPECT_EQ(table.render(0, false),
            "NAME    N\n"
            "驿站    1\n"
            "abcdef  2\n");
}

TEST(Table, ShrinksOnlyWhatMayShrinkAndTheWidestFirst) {
  Table table({{"ID"}, {"LONG", Align::kLeft, true}, {"LONGER", Align::kLeft, true}});
  table.add_row({"0123456789", "abcdefghijklmno", "abcdefghijklmnopqrstuvwxyz"});
  const auto lines = lines_of(table.render(40, false));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1], "0123456789  abcdefghijkl…  abcdefghijkl…");
  for (const auto& line : lines) EXPECT_LE(display_width(line), 40);
}

TEST(Table, NeverCutsIdsHoweverNarrowTheTerminal) {
  Table table({{"ID"}, {"NOTE", Align::kLeft, true}});
  table.add_row({"0198c0de-0000-7000-8000-000000000000", "a note that is rather long"});
  EXPECT_NE(table.render(20, false).find("0198c0de-0000-7000-8000-000000000000"), std::string::npos);
}

TEST(Table, NothingIsCutWhereAProgramReads) {
  Table table({{"NOTE", Align::kLeft, true}});
  table.add_row({std::string(500, 'x')});
  EXPECT_NE(table.render(0, false).find(std::string(500, 'x')), std::string::npos);
}

TEST(Table, CellsCannotBreakTheLayout) {
  Table table({{"ERROR"}, {"N"}});
  table.add_row({"a\nb\x1b[31m", "1"});
  const auto lines = lines_of(table.render(0, false));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1], "a\\nb\\x1b[31m  1");
}

TEST(Table, ColourDoesNotChangeTheLayout) {
  Table table({{"STATUS"}, {"N"}});
  table.add_row({{"dead_letter", Style::kBad}, "1"});
  table.add_row({"ok", "2"});
  EXPECT_EQ(table.render(0, true),
            "\x1b[2mSTATUS\x1b[0m       \x1b[2mN\x1b[0m\n"
            "\x1b[31mdead_letter\x1b[0m  1\n"
            "ok           2\n");
}

TEST(Table, RuleStandsBeforeTheSum) {
  Table table({{"A"}, {"B", Align::kRight}});
  table.add_row({"x", "1"});
  table.add_rule();
  table.add_row({"all", "1"});
  EXPECT_EQ(table.render(0, false),
            "A    B\n"
            "x    1\n"
            "──────\n"
            "all  1\n");
}

}  // namespace
}  // namespace yizhan::cli
