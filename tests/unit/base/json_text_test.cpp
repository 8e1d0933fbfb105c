#include "base/json_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/utf8.h"

namespace yizhan {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonText, EscapesWhatMustBeEscaped) {
  EXPECT_EQ(json("plain 中文 \xf0\x9f\x98\x80"), "\"plain 中文 \xf0\x9f\x98\x80\"");
  EXPECT_EQ(json("\"\\/"), R"("\"\\/")");
  EXPECT_EQ(json("\n\r\t"), R"("\n\r\t")");
  EXPECT_EQ(json(std::string_view("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
}

TEST(JsonText, BytesThatAreNoUtf8AreReplaced) {
  for (const std::string_view bad : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xe4\xb8", "\xf4\x90\x80\x80", "\x80"}) {
    const std::string out = json("a" + std::string(bad) + "b");
    EXPECT_TRUE(is_utf8(out)) << out;
    EXPECT_NE(out.find("\xef\xbf\xbd"), std::string::npos);
    EXPECT_TRUE(out.starts_with("\"a") && out.ends_with("b\"")) << out;
  }
}

RC_GTEST_PROP(JsonTextProperty, IsAlwaysOneLineOfUtf8, (const std::string& text)) {
  const std::string out = json(text);
  RC_ASSERT(is_utf8(out));
  for (const char character : out) RC_ASSERT(static_cast<unsigned char>(character) >= 0x20);
}

}  // namespace
}  // namespace yizhan
