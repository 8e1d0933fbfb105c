// Eight bytes at a time must say what one after the other would.
#include "base/plain_run.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>
#include <string>

namespace yizhan {
namespace {

template <class IsPlain>
std::size_t one_by_one(std::string_view text, IsPlain is_plain) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
}

TEST(PlainRun, EveryByteAtEveryPlaceOfAWordEndsItOrNot) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t place = 0; place < 20; ++place) {
      std::string text(20, 'a');
      text[place] = static_cast<char>(byte);
      ASSERT_EQ(printable_run(text), one_by_one(text, is_printable_ascii)) << byte << " at " << place;
      ASSERT_EQ(plain_json_run(text), one_by_one(text, is_plain_json)) << byte << " at " << place;
    }
  }
}

TEST(PlainRun, OfNothingIsNothing) {
  EXPECT_EQ(printable_run({}), 0U);
  EXPECT_EQ(plain_json_run({}), 0U);
}

RC_GTEST_PROP(PlainRunProperty, IsThatOfSingleCharacters, (const std::string& text)) {
  RC_ASSERT(printable_run(text) == one_by_one(text, is_printable_ascii));
  RC_ASSERT(plain_json_run(text) == one_by_one(text, is_plain_json));
}

}  // namespace
}  // namespace yizhan
