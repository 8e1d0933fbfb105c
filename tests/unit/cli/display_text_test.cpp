#include "cli/display_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/utf8.h"

namespace yizhan::cli {
namespace {

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width(""), 0);
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("é"), 1);
  EXPECT_EQ(display_width("e\u0301"), 1) << "a combining mark takes no column";
  EXPECT_EQ(display_width("…─✗✓"), 4);
}

TEST(DisplayWidth, WideCharactersTakeTwoColumns) {
  EXPECT_EQ(display_width("驿站"), 4);
  EXPECT_EQ(display_width("订单-1001"), 9);
  EXPECT_EQ(display_width("ｆｕｌｌ"), 8);
  EXPECT_EQ(display_width("한글"), 4);
  EXPECT_EQ(display_width("📦"), 2);
}

TEST(Printable, NothingCanMoveTheCursorOrForgeALine) {
  EXPECT_EQ(printable("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(printable("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("\xc2\x9b"), "\\x9b") << "the 8-bit form of the escape sequence";
  // NOLINTNEXTLINE(misc-misleading-bidirectional): what is to be made visible
  EXPECT_EQ(printable("\u202egnp.exe"), "\\u{202e}gnp.exe");
  EXPECT_EQ(printable("a\u200bb"), "a\\u{200b}b");
}

TEST(Printable, KeepsOrdinaryTextAndReplacesWhatIsNotUtf8) {
  EXPECT_EQ(printable("驿站 ok"), "驿站 ok");
  EXPECT_EQ(printable("a\xff\xfez"), "a\xef\xbf\xbd\xef\xbf\xbdz");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") << "a surrogate";
}

RC_GTEST_PROP(Printable, IsAlwaysOneLineOfUtf8, (const std::string& bytes)) {
  const std::string shown = printable(bytes);
  RC_ASSERT(is_utf8(shown));
  for (const char character : shown) {
    RC_ASSERT(static_cast<unsigned char>(character) >= 0x20 && static_cast<unsigned char>(character) != 0x7f);
  }
}

TEST(CutToWidth, CutsAtAColumnWithAnEllipsis) {
  EXPECT_EQ(cut_to_width("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_to_width("abcdef", 4), "abc…");
  EXPECT_EQ(cut_to_width("驿站驿站", 5), "驿站…");
  EXPECT_EQ(cut_to_width("驿站驿站", 4), "驿…") << "half of a wide character does not fit";
  EXPECT_EQ(cut_to_width("abc", 0), "");
}

RC_GTEST_PROP(CutToWidth, NeverTakesMoreThanItMay, (const std::string& bytes)) {
  const std::string text = printable(bytes);
  const int columns = *rc::gen::inRange(1, 40);
  RC_ASSERT(display_width(cut_to_width(text, columns)) <= columns);
}

TEST(Wrapped, BreaksBetweenWordsAndIndents) {
  EXPECT_EQ(wrapped("one two three", 0, 2), "one two three");
  EXPECT_EQ(wrapped("one two three", 8, 2), "one two\n  three");
  EXPECT_EQ(wrapped("one two", 8, 2, 4), "one\n  two") << "four columns are taken already";
  EXPECT_EQ(wrapped("unbreakable", 5, 2), "unbreakable");
}

TEST(Padded, CountsColumns) {
  EXPECT_EQ(padded_right("驿", 4), "驿  ");
  EXPECT_EQ(padded_left("驿", 4), "  驿");
  EXPECT_EQ(padded_left("long", 2), "long");
}

}  // namespace
}  // namespace yizhan::cli
