#include "base/json_scan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/json_text.h"

namespace yizhan::json {
namespace {

std::string verdict(std::string_view text) {
  const auto value = read_document(text);
  return value ? std::string(value->text) : value.error().message;
}

bool accepts(std::string_view text) {
  return read_document(text).has_value();
}

TEST(JsonScan, AcceptsWhatTheGrammarHas) {
  for (const std::string_view text : {"null",
                                      "true",
                                      "false",
                                      "0",
                                      "-0",
                                      "12",
                                      "-12.50",
                                      "1e5",
                                      "1E+5",
                                      "1.5e-10",
                                      R"("")",
                                      R"("a\"\\\/\b\f\n\r\tA")",
                                      "[]",
                                      "{}",
                                      "[1,2 , 3]",
                                      R"({"a":1,"b":[{"c":null}]})",
                                      "\"\x7f\"",
                                      "\"中文 \xf0\x9f\x98\x80\"",
                                      R"("\ud83d\ude00")",
                                      R"("\ud83d")",
                                      "123456789012345678901234567890",
                                      R"({"a":1,"a":2})"}) {
    EXPECT_EQ(verdict(text), text);
    EXPECT_EQ(verdict(" \t\r\n" + std::string(text) + "\n "), text);
  }
}

TEST(JsonScan, RefusesWhatItHasNot) {
  for (const std::string_view text : {"",
                                      " ",
                                      "nul",
                                      "nulll",
                                      "True",
                                      "01",
                                      "-",
                                      "-01",
                                      "+1",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "1e+",
                                      "0x1",
                                      "NaN",
                                      "Infinity",
                                      "'a'",
                                      "\"",
                                      "\"a",
                                      R"("\)",
                                      R"("\x")",
                                      R"("\u12")",
                                      R"("\u12g4")",
                                      "\"\n\"",
                                      "\"\t\"",
                                      "\"\x01\"",
                                      "\"\xff\"",
                                      "\"\xc0\x80\"",
                                      "\"\xed\xa0\x80\"",
                                      "\"\xe4\xb8\"",
                                      "[",
                                      "]",
                                      "[1",
                                      "[1,",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "{",
                                      "{\"a\"",
                                      "{\"a\":",
                                      "{\"a\":1",
                                      "{\"a\":1,",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{1:1}",
                                      "{\"a\" 1}",
                                      "{\"a\":1 \"b\":2}",
                                      "{,}",
                                      "[}",
                                      "{]",
                                      "1 2",
                                      "{} {}",
                                      "[]x",
                                      "\xef\xbb\xbf{}",
                                      "// c\n1",
                                      "/**/1"}) {
    EXPECT_FALSE(accepts(text)) << text;
  }
  EXPECT_FALSE(accepts(std::string_view("1\0", 2)));
  EXPECT_FALSE(accepts(std::string_view("\"a\0b\"", 5)));
}

TEST(JsonScan, SaysWhere) {
  EXPECT_EQ(verdict("[1, x]"), "at byte 4: a value is due");
  EXPECT_EQ(verdict("{\"abc\":[1,{\"d\":\"\\q\"}]}"), "at byte 16: there is no such escape");
  EXPECT_EQ(verdict("[1] 2"), "at byte 4: something follows the value");
  ObjectReader reader(R"({"a": 1, "b": })", 100);
  ASSERT_TRUE(reader.next().has_value());
  EXPECT_EQ(reader.next().error().message, "at byte 114: a value is due");
}

TEST(JsonScan, KeepsItsDepth) {
  const auto nested = [](int depth, char open, char close) {
    return std::string(static_cast<std::size_t>(depth), open) + std::string(static_cast<std::size_t>(depth), close);
  };
  EXPECT_TRUE(accepts(nested(64, '[', ']')));
  EXPECT_FALSE(accepts(nested(65, '[', ']')));
  EXPECT_FALSE(accepts(std::string(1'000'000, '[')));
  // The readers count the container that they read.
  const std::string deep = nested(64, '[', ']'), deeper = nested(65, '[', ']'), object = "{\"a\":" + deep + "}";
  EXPECT_TRUE(ArrayReader(deep).next().has_value());
  EXPECT_FALSE(ArrayReader(deeper).next().has_value());
  EXPECT_FALSE(ObjectReader(object).next().has_value());
}

TEST(JsonScan, GivesMembersAsTheyWereWritten) {
  ObjectReader reader(" { \"pay\\u006coad\" : {\"b\" :1,\"a\":[ 1.0 , 2e5]} , \"n\":null}\n");
  auto member = reader.next();
  ASSERT_TRUE(member && *member);
  EXPECT_EQ((*member)->key, "payload");
  EXPECT_EQ((*member)->value.text, "{\"b\" :1,\"a\":[ 1.0 , 2e5]}");
  EXPECT_EQ((*member)->value.kind, Kind::kObject);
  EXPECT_EQ((*member)->value.offset, 20U);
  member = reader.next();
  ASSERT_TRUE(member && *member);
  EXPECT_EQ((*member)->key, "n");
  EXPECT_EQ((*member)->value.kind, Kind::kNull);
  member = reader.next();
  ASSERT_TRUE(member);
  EXPECT_FALSE(*member);
}

TEST(JsonScan, RefusesAKeyThatIsThereTwice) {
  const auto read_all = [](const std::string& text) {
    ObjectReader reader(text);
    while (true) {
      const auto member = reader.next();
      if (!member) return member.error().message;
      if (!*member) return std::string("fine");
    }
  };
  EXPECT_EQ(read_all(R"({"a":1,"b":2,"a":3})"), "at byte 13: the key \"a\" is there twice");
  EXPECT_EQ(read_all(R"({"a":1,"\u0061":3})"), "at byte 7: the key \"a\" is there twice");
  std::string many = "{";
  for (int i = 0; i < 1000; ++i) many += fmt::format("\"k{}\":{},", i, i);
  EXPECT_EQ(read_all(many + "\"last\":1}"), "fine");
  EXPECT_NE(read_all(many + "\"k3\":1}"), "fine");
  EXPECT_NE(read_all(many + "\"k999\":1}"), "fine");
}

TEST(JsonScan, ReadersRefuseOtherKindsAndWhatFollows) {
  const auto object = [](std::string_view text) {
    ObjectReader reader(text);
    auto member = reader.next();
    while (member && *member) member = reader.next();
    return member.has_value();
  };
  const auto array = [](std::string_view text) {
    ArrayReader reader(text);
    auto value = reader.next();
    while (value && *value) value = reader.next();
    return value.has_value();
  };
  EXPECT_TRUE(object("{}") && object(" {\"a\":1} ") && array("[]") && array("[1,[2]] "));
  for (const std::string_view text : {"[]", "1", "{} x", "{\"a\":1}{", "{\"a\":1", "{\"a\":1,}", "{,\"a\":1}", ""}) {
    EXPECT_FALSE(object(text)) << text;
  }
  for (const std::string_view text : {"{}", "1", "[] x", "[1][", "[1", "[1,]", "[,1]", "[1 2]", ""})
    EXPECT_FALSE(array(text)) << text;
}

TEST(JsonScan, ReadsScalars) {
  const auto text_of = [](std::string_view json) { return read_string(*read_document(json)); };
  EXPECT_EQ(text_of(R"("a\"\\\/\b\f\n\r\t\u0041\u00e9\u4e2d\ud83d\ude00")").value(),
            "a\"\\/\b\f\n\r\tA\xc3\xa9中\xf0\x9f\x98\x80");
  EXPECT_EQ(text_of(R"("\u0000")").value(), std::string(1, '\0'));
  for (const std::string_view half :
       {R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", R"("\ud83d\u0041")", R"("\ud83d\ud83d")"}) {
    EXPECT_EQ(text_of(half).error().code, "json_invalid") << half;
  }
  EXPECT_FALSE(text_of("1").has_value());
  const auto integer_of = [](std::string_view json) { return read_integer(*read_document(json)); };
  EXPECT_EQ(integer_of("-9223372036854775808").value(), INT64_MIN);
  EXPECT_EQ(integer_of("9223372036854775807").value(), INT64_MAX);
  for (const std::string_view bad : {"9223372036854775808", "1.0", "1e3", "\"1\"", "null"}) {
    EXPECT_FALSE(integer_of(bad).has_value()) << bad;
  }
  EXPECT_TRUE(read_boolean(*read_document("true")).value());
  EXPECT_FALSE(read_boolean(*read_document("false")).value());
  EXPECT_FALSE(read_boolean(*read_document("0")).has_value());
}

RC_GTEST_PROP(JsonScanProperty, AnyTextSurvivesAsAString, (const std::string& text)) {
  std::string json;
  append_json_string(json, text);
  const auto value = read_document(json);
  RC_ASSERT(value.has_value());
  std::string again;
  append_json_string(again, read_string(*value).value());
  RC_ASSERT(again == json);
}

RC_GTEST_PROP(JsonScanProperty, APlainRunEndsWhereverTheSpecialByteIs, ()) {
  // The scan takes eight bytes at once: a byte that ends the run must be seen at each place.
  const auto length = *rc::gen::inRange<std::size_t>(1, 40);
  const auto at = *rc::gen::inRange<std::size_t>(0, length);
  std::string inside(length, 'a');
  inside[at] = *rc::gen::elementOf(std::string("\"\x01\x1f\n\xff\x80\\"));
  RC_ASSERT(!accepts("\"" + inside + "\""));
}

}  // namespace
}  // namespace yizhan::json
