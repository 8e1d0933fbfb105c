#include "base/utf8.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

TEST(Utf8, TakesEveryShortestForm) {
  for (const std::string_view text : {"a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                                      "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(utf8_sequence_length(text), text.size());
    EXPECT_TRUE(is_utf8(text));
  }
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8(std::string_view("\0", 1)));
}

TEST(Utf8, RefusesTheRest) {
  for (const std::string_view text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xe0\xa0", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff",
        "a\xff", "\xe4\xb8\xad\xe4"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Utf8, APrefixEndsBetweenCharacters) {
  EXPECT_EQ(utf8_prefix("abc", 3), "abc");
  EXPECT_EQ(utf8_prefix("abc", 2), "ab");
  EXPECT_EQ(utf8_prefix("驿站", 6), "驿站");
  for (const std::size_t longest : {3U, 4U, 5U}) EXPECT_EQ(utf8_prefix("驿站", longest), "驿") << longest;
  EXPECT_EQ(utf8_prefix("驿站", 2), "");
  EXPECT_EQ(utf8_prefix("a\xf0\x9f\x98\x80", 4), "a");
  EXPECT_EQ(utf8_prefix("\x80\x80\x80\x80\x80\x80", 5).size(), 2U) << "no UTF-8: it ends all the same";
}

TEST(Utf8, OneLineHasNoControlCharacters) {
  EXPECT_EQ(one_line("a\r\nb\tc\x7f", 100), "a  b c ");
  EXPECT_EQ(one_line("驿\n站", 6), "驿 ");
}

}  // namespace
}  // namespace yizhan
