// What sources read notices with: amounts, local times, fields by their paths, keys, and where sources listen.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "fields_of.h"
#include "receive/amount.h"
#include "receive/beijing_time.h"
#include "receive/callback_keys.h"
#include "receive/field_reader.h"
#include "receive/json_field.h"
#include "receive/notice_json.h"
#include "receive/source_path.h"
#include "source_request.h"

namespace yizhan::receive {
namespace {

TEST(Amount, FenAreDigitsAlone) {
  EXPECT_EQ(parse_fen("0"), 0);
  EXPECT_EQ(parse_fen("100"), 100);
  EXPECT_EQ(parse_fen("999999999999999"), 999999999999999);
  for (const char* text : {"", " 1", "1 ", "-1", "+1", "1.0", "1e2", "0x1", "１", "9999999999999999"}) {
    EXPECT_FALSE(parse_fen(text)) << text;
  }
}

TEST(Amount, YuanHaveAtMostTwoDecimals) {
  EXPECT_EQ(parse_yuan("0"), 0);
  EXPECT_EQ(parse_yuan("1"), 100);
  EXPECT_EQ(parse_yuan("1.5"), 150);
  EXPECT_EQ(parse_yuan("1.05"), 105);
  EXPECT_EQ(parse_yuan("0.29"), 29) << "0.29 * 100 is 28.999… in floating point";
  EXPECT_EQ(parse_yuan("9999999999999.99"), 999999999999999);
  for (const char* text : {"", ".", "1.", ".5", "1.005", "1.000", "-1.00", "1,5", "1.0.0", "1e2", " 1", "1.-5", "1. 5",
                           "99999999999999.99"}) {
    EXPECT_FALSE(parse_yuan(text)) << text;
  }
}

RC_GTEST_PROP(Amount, EveryAmountInYuanReadsBackAsItsFen, ()) {
  const std::int64_t fen = *rc::gen::inRange<std::int64_t>(0, 999999999999999);
  RC_ASSERT(parse_yuan(fmt::format("{}.{:02}", fen / 100, fen % 100)) == fen);
  RC_ASSERT(parse_fen(std::to_string(fen)) == fen);
}

TEST(BeijingTime, IsEightHoursAhead) {
  EXPECT_EQ(to_rfc3339(*parse_compact_beijing_time("20141030133525")), "2014-10-30T05:35:25.000000Z");
  EXPECT_EQ(to_rfc3339(*parse_compact_beijing_time("20150101010203")), "2014-12-31T17:02:03.000000Z");
  for (const char* text :
       {"", "2014103013352", "201410301335255", "20140230133525", "20141030253525", "2014-10-30 133"}) {
    EXPECT_FALSE(parse_compact_beijing_time(text)) << text;
  }
  EXPECT_EQ(to_rfc3339(*parse_beijing_time("2014-10-30 13:35:25")), "2014-10-30T05:35:25.000000Z");
  EXPECT_EQ(to_rfc3339(*parse_beijing_time("2014-10-30T13:35:25.5")), "2014-10-30T05:35:25.500000Z");
  EXPECT_EQ(to_rfc3339(*parse_beijing_time("2014-10-30T13:35:25Z")), "2014-10-30T13:35:25.000000Z");
  EXPECT_EQ(to_rfc3339(*parse_beijing_time("2014-10-30T13:35:25-02:00")), "2014-10-30T15:35:25.000000Z");
  for (const char* text : {"", "2014-10-30", "2014-02-30 00:00:00", "13:35:25", "2014-10-30 13:35:25 CST"}) {
    EXPECT_FALSE(parse_beijing_time(text)) << text;
  }
  EXPECT_FALSE(parse_beijing_time(std::string(100000, '1')));
  EXPECT_EQ(to_beijing_text(*parse_beijing_time("2014-10-30 23:59:59.9")), "2014-10-30 23:59:59");
}

TEST(JsonField, GoesByItsPath) {
  const std::string document = R"( {"a":{"b":[1,{"c":"x"}]},"d":1,"":{"":2},"a.b":3} )";
  const auto text = [&](std::string_view path) {
    const auto value = find_field(split_path(path), document);
    return value ? std::string(value->text) : std::string("none");
  };
  EXPECT_EQ(text("a.b.1.c"), "\"x\"");
  EXPECT_EQ(text("a.b.0"), "1");
  EXPECT_EQ(text("a.b"), R"([1,{"c":"x"}])");
  EXPECT_EQ(text("d"), "1");
  EXPECT_EQ(text("."), "2");
  for (const char* path :
       {"a.b.2", "a.b.-1", "a.b.+1", "a.b.01x", "a.b.", "a.x", "d.x", "x", "a.b.99999999999999999999"}) {
    EXPECT_EQ(text(path), "none") << path;
  }
}

TEST(JsonField, AKeyThatIsThereTwiceIsNoField) {
  EXPECT_FALSE(find_field({"a"}, R"({"a":1,"a":2})"));
  EXPECT_FALSE(find_field({"a", "b"}, R"({"a":{"b":1,"x":2,"x":3}})"));
  EXPECT_TRUE(find_field({"a"}, R"({"a":1,"other":{"x":2,"x":3}})"));
  EXPECT_FALSE(find_field({"a"}, "no JSON"));
}

TEST(FieldReader, TheFirstErrorStays) {
  const Fields fields = verify::fields_of({{"amount", "x"}, {"id", "1"}});
  FieldReader read(fields);
  EXPECT_EQ(read.identifier("id"), "1");
  EXPECT_FALSE(read.failed());
  EXPECT_EQ(read.fen("amount"), 0);
  EXPECT_EQ(read.identifier("missing"), "");
  EXPECT_EQ(read.identifier("id"), "") << "nothing is read any more";
  ASSERT_TRUE(read.failed());
  EXPECT_EQ(read.error().error().code, "field_invalid");
  EXPECT_EQ(read.error().error().message, "The field amount must hold an amount as a whole number of fen.");
}

TEST(FieldReader, SaysWhetherItIsAHeader) {
  const TestRequest request{.body = "", .headers = {{"X-One", "1"}}};
  const http::ServerRequest server_request = request.server_request();
  FieldReader read(server_request);
  EXPECT_EQ(read.identifier("x-one"), "1");
  EXPECT_EQ(read.identifier("X-Two"), "");
  EXPECT_EQ(read.error().error().message, "The header X-Two is missing or empty.");
}

TEST(FieldReader, WhatIdentifiesCanBeKept) {
  EXPECT_TRUE(is_identifier("x"));
  EXPECT_TRUE(is_identifier("订单 1"));
  EXPECT_TRUE(is_identifier(std::string(128, 'x')));
  EXPECT_FALSE(is_identifier(""));
  EXPECT_FALSE(is_identifier(std::string(129, 'x')));
  EXPECT_FALSE(is_identifier("a\nb"));
  EXPECT_FALSE(is_identifier(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_identifier("\x7f"));
  EXPECT_FALSE(is_identifier("\xb1\xb4"));
}

TEST(CallbackKeys, WhatTheStoreCannotKeepIsDigested) {
  EXPECT_EQ(idempotency_key({"a", "b", "c"}), "a/b/c");
  EXPECT_EQ(idempotency_key({std::string(255, 'x')}), std::string(255, 'x'));
  const std::string_view bad[] = {"", "a\nb", "\xff"};
  for (const std::string_view text : bad) EXPECT_EQ(idempotency_key({text}), digest_key(text));
  EXPECT_EQ(idempotency_key({std::string(256, 'x')}), digest_key(std::string(256, 'x')));
  EXPECT_EQ(digest_key("abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Notice notice;
  add_key(notice, "tracking_no", "");
  add_key(notice, "tracking_no", "a\nb");
  add_key(notice, "tracking_no", "SF1");
  EXPECT_EQ(keys_of(notice, "tracking_no"), "SF1");
  EXPECT_EQ(notice.keys.size(), 1U);
}

RC_GTEST_PROP(NoticeJson, IsAlwaysJson, (const std::vector<std::pair<std::string, std::string>>& list)) {
  Fields fields;
  for (const auto& [name, value] : list) {
    if (!name.empty()) static_cast<void>(fields.add(name, value));
  }
  const std::string text = fields_as_json(fields, {"a"});
  RC_ASSERT(json::read_document(text));
}

TEST(SourcePath, TakesNamesThatStandInAPath) {
  EXPECT_EQ(source_path("/in/{source}", "a-B_0.9"), "/in/a-B_0.9");
  EXPECT_EQ(source_path("/x/{platform}/webhook", "sub2api"), "/x/sub2api/webhook");
  EXPECT_TRUE(source_path("/in/{source}", std::string(64, 'x')));
  for (const char* name : {"", ".", "..", "a/b", "a b", "{a}", "a%2f", "ü"}) {
    EXPECT_EQ(source_path("/in/{source}", name).error().code, "source_name_invalid") << name;
  }
  EXPECT_FALSE(source_path("/in/{source}", std::string(65, 'x')));
}

}  // namespace
}  // namespace yizhan::receive
