// Forms as honest and as hostile senders write them.
#include "http/form.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace yizhan::http {
namespace {

std::vector<std::pair<std::string, std::string>> pairs_of(std::string_view form) {
  const auto fields = decode_form(form);
  EXPECT_TRUE(fields) << fields.error().message;
  std::vector<std::pair<std::string, std::string>> pairs;
  if (fields) {
    for (const ReceivedField& field : *fields) pairs.emplace_back(field.name, field.value);
  }
  return pairs;
}

std::string_view refusal_of(std::string_view form) {
  const auto fields = decode_form(form);
  return fields ? std::string_view{} : fields.error().code;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(Form, IsReadInTheOrderReceived) {
  EXPECT_EQ(pairs_of("b=2&a=1&c="), (Pairs{{"b", "2"}, {"a", "1"}, {"c", ""}}));
  EXPECT_EQ(pairs_of(""), Pairs{});
  EXPECT_EQ(pairs_of("a"), (Pairs{{"a", ""}}));
  EXPECT_EQ(pairs_of("&&a=1&&b=2&"), (Pairs{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(pairs_of("a=b=c"), (Pairs{{"a", "b=c"}})) << "the first = counts";
}

TEST(Form, IsDecodedOnce) {
  EXPECT_EQ(pairs_of("a=x+y%2Bz&b=%2541&na%3Dme=%26%3d"), (Pairs{{"a", "x y+z"}, {"b", "%41"}, {"na=me", "&="}}));
}

// Fault 38: GBK, broken UTF-8 and control characters arrive as they were sent.
TEST(Form, PassesOnAnyBytes) {
  EXPECT_EQ(pairs_of("gbk=%D6%D0%CE%C4&raw=\xd6\xd0&bad=%FF\xc0&line=%0D%0A"),
            (Pairs{{"gbk", "\xd6\xd0\xce\xc4"}, {"raw", "\xd6\xd0"}, {"bad", "\xff\xc0"}, {"line", "\r\n"}}));
}

TEST(Form, IsRefusedWhereItCouldBeReadInTwoWays) {
  for (const char* form : {"a=1&a=2", "a=1&b=2&%61=3", "=1", "a=1&=2", "=", "a=%", "a=%4", "a=%4g", "a=%g4", "%zz=1",
                           "a=%00", "%00=1", "a=% 41", "a=%+1", "a=%-1"}) {
    EXPECT_EQ(refusal_of(form), "form_invalid") << form;
  }
  EXPECT_EQ(refusal_of(std::string_view("a=\0", 3)), "form_invalid");
  EXPECT_EQ(refusal_of(std::string_view("a\0=1", 4)), "form_invalid");
}

std::string form_of(std::size_t count) {
  std::string form;
  for (std::size_t index = 0; index < count; ++index) form += "f" + std::to_string(index) + "=1&";
  return form;
}

TEST(Form, HasALimitOfFields) {
  EXPECT_EQ(refusal_of(form_of(kMaxFields)), "");
  EXPECT_EQ(refusal_of(form_of(kMaxFields + 1)), "form_invalid");
  EXPECT_EQ(refusal_of(form_of(100000)), "form_invalid");
  EXPECT_EQ(refusal_of(std::string(1 << 20, '&')), "");
}

TEST(Form, QuotesNoValueWhenItIsRefused) {
  const auto fields = decode_form("name=Zhang+San&card=6222020000000000%");
  ASSERT_FALSE(fields);
  EXPECT_EQ(fields.error().message, "Field 2 of the form is not percent-encoded properly, or has a NUL in it.");
}

// As a sender writes it: every byte encoded, or only those that have to be.
std::string encoded(std::string_view text, bool all) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || byte >= 0x80;
    if (plain && !all) {
      out += c;
    } else if (c == ' ' && !all) {
      out += '+';
    } else {
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

RC_GTEST_PROP(Form, GivesBackWhatWasEncoded, (const std::map<std::string, std::string>& values, bool all)) {
  std::string form;
  Fields expected;
  for (const auto& [name, value] : values) {
    if (name.empty() || name.contains('\0') || value.contains('\0')) continue;
    form += (form.empty() ? "" : "&") + encoded(name, all) + "=" + encoded(value, all);
    RC_ASSERT(expected.add(name, value));
  }
  RC_ASSERT(decode_form(form).value() == expected);
}

}  // namespace
}  // namespace yizhan::http
