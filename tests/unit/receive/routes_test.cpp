#include "receive/routes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "base/json_text.h"

namespace yizhan::receive {
namespace {

using Operator = FieldCondition::Operator;

Route route_to(std::string platform, std::string source = "*", std::string event_type = "",
               const std::vector<std::string>& conditions = {}, std::string rename = "") {
  Route route{std::move(source), std::move(event_type), {}, std::move(platform), std::move(rename)};
  for (const std::string& text : conditions) route.conditions.push_back(parse_condition(text).value());
  return route;
}

/// `platform:event_type`, in order.
std::vector<std::string> matched(std::vector<Route> routes, std::string_view source, std::string_view event_type,
                                 std::string_view body = "{}") {
  std::vector<std::string> names;
  for (const Destination& to : Routes(std::move(routes)).match(source, event_type, body)) {
    names.push_back(to.platform + ":" + to.event_type);
  }
  return names;
}

bool condition_holds(const std::string& condition, std::string_view body) {
  return !matched({route_to("p", "*", "", {condition})}, "s", "t", body).empty();
}

using Names = std::vector<std::string>;

TEST(Routes, PickBySourceAndEventType) {
  const std::vector<Route> routes{route_to("a", "wxpay"), route_to("b", "*", "TRANSACTION.*"),
                                  route_to("c", "github", "push")};
  EXPECT_EQ(matched(routes, "wxpay", "TRANSACTION.SUCCESS"),
            (Names{"a:wxpay.TRANSACTION.SUCCESS", "b:wxpay.TRANSACTION.SUCCESS"}));
  EXPECT_EQ(matched(routes, "github", "push"), Names{"c:github.push"});
  EXPECT_EQ(matched(routes, "github", "pushed"), Names{});
  EXPECT_EQ(matched(routes, "alipay", "REFUND.SUCCESS"), Names{});
  EXPECT_EQ(matched({}, "alipay", "x"), Names{});
}

TEST(Routes, NameTheEventType) {
  EXPECT_EQ(matched({route_to("a", "*", "", {}, "payment.new")}, "wxpay", "X"), Names{"a:payment.new"});
  EXPECT_EQ(matched({route_to("a")}, "wxpay", ""), Names{"a:wxpay"});
}

TEST(Routes, GiveAPlatformTheSameEventOnce) {
  EXPECT_EQ(matched({route_to("a", "s"), route_to("a"), route_to("b"), route_to("a", "*", "", {}, "other")}, "s", "t"),
            (Names{"a:s.t", "b:s.t", "a:other"}));
}

TEST(Routes, PatternsStandForThemselvesButForTheStar) {
  const auto fits = [](const std::string& pattern, const std::string& text) {
    return !matched({route_to("p", "*", pattern)}, "s", text).empty();
  };
  EXPECT_TRUE(fits("*", ""));
  EXPECT_TRUE(fits("a*c", "ac"));
  EXPECT_TRUE(fits("a*c", "abcabc"));
  EXPECT_FALSE(fits("a*c", "abcab"));
  EXPECT_TRUE(fits("*.SUCCESS", "REFUND.SUCCESS"));
  EXPECT_TRUE(fits("a**b*", "ab"));
  EXPECT_FALSE(fits("a.c", "abc"));
  EXPECT_FALSE(fits("a?c", "abc"));
  EXPECT_FALSE(fits("A", "a"));
}

TEST(Routes, AHostilePatternAndTextTakeNoTime) {
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "a*";
  EXPECT_EQ(matched({route_to("p", "*", pattern + "b")}, "s", std::string(128, 'a')), Names{});
}

RC_GTEST_PROP(Routes, AnyTextFitsItselfWithStretchesMadeStars, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab.")));
  std::string pattern = text;
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    const auto from = *rc::gen::inRange<std::size_t>(0, pattern.size() + 1);
    const auto length = *rc::gen::inRange<std::size_t>(0, pattern.size() - from + 1);
    pattern.replace(from, length, "*");
  }
  if (pattern.empty()) return;  // an empty pattern is every type
  RC_ASSERT(matched({route_to("p", "*", pattern)}, "s", text).size() == 1U);
  RC_ASSERT(matched({route_to("p", "*", pattern + "z")}, "s", text).empty());
}

TEST(Conditions, CompareWhatTheFieldSays) {
  const std::string body = R"({"state":"3","n":12.50,"ok":true,"none":null,"amount":{"total":101},
                               "list":[{"id":"a"},{"id":"b"}],"esc":"\u4e2d\"x"})";
  EXPECT_TRUE(condition_holds("state = 3", body));
  EXPECT_TRUE(condition_holds("state=\"3\"", body));
  EXPECT_FALSE(condition_holds("state = 30", body));
  EXPECT_TRUE(condition_holds("state != 4", body));
  EXPECT_FALSE(condition_holds("state != 3", body));
  EXPECT_TRUE(condition_holds("n = 12.50", body));
  EXPECT_FALSE(condition_holds("n = 12.5", body)) << "compared as text";
  EXPECT_TRUE(condition_holds("ok = true", body));
  EXPECT_TRUE(condition_holds("none = null", body));
  EXPECT_TRUE(condition_holds("none exists", body));
  EXPECT_TRUE(condition_holds("amount exists", body));
  EXPECT_TRUE(condition_holds("list.1.id = b", body));
  EXPECT_FALSE(condition_holds("list.2.id exists", body));
  EXPECT_FALSE(condition_holds("list.x exists", body));
  EXPECT_FALSE(condition_holds("state.x exists", body));
  EXPECT_TRUE(condition_holds("esc = \"\\u4e2d\\\"x\"", body));
  EXPECT_TRUE(condition_holds("esc ~ 中", body));
  EXPECT_TRUE(condition_holds("esc ^ 中", body));
  EXPECT_FALSE(condition_holds("esc ^ x", body));
  EXPECT_TRUE(condition_holds("amount.total > 100", body));
  EXPECT_FALSE(condition_holds("amount.total > 101", body));
  EXPECT_TRUE(condition_holds("amount.total < 101.5", body));
  EXPECT_TRUE(condition_holds("state > 2", body)) << "a string that holds a number is one";
  EXPECT_FALSE(condition_holds("ok > 0", body));
  EXPECT_FALSE(condition_holds("none < 1", body));
}

TEST(Conditions, NumbersAreComparedWithoutLoss) {
  EXPECT_TRUE(condition_holds("n > 9007199254740992", R"({"n":9007199254740993})"));
  EXPECT_FALSE(condition_holds("n > 9007199254740993", R"({"n":9007199254740993})"));
  EXPECT_FALSE(condition_holds("n > 1", R"({"n":"inf"})"));
  EXPECT_FALSE(condition_holds("n > 1", R"({"n":"0x10"})"));
  EXPECT_FALSE(condition_holds("n > 1", R"({"n":" 10"})"));
  EXPECT_TRUE(condition_holds("n > 1", R"({"n":1e1})"));
}

TEST(Conditions, AFieldThatIsNotThereMatchesNothing) {
  for (const std::string condition : {"a != 1", "a exists", "a = \"\"", "a < 5", "a ~ \"\""}) {
    EXPECT_FALSE(condition_holds(condition, "{}")) << condition;
    EXPECT_FALSE(condition_holds(condition, "")) << condition;
    EXPECT_FALSE(condition_holds(condition, "a=2&b=3")) << condition;
  }
}

TEST(Conditions, OnlyProperJsonMatches) {
  EXPECT_FALSE(condition_holds("a = 1", R"({"a":1} and more)"));
  EXPECT_FALSE(condition_holds("a = 1", R"({"a":1,"b":)"));
  EXPECT_FALSE(condition_holds("a = 1", R"({"a":1,"a":2})")) << "who reads it might take the other one";
  EXPECT_FALSE(condition_holds("a = 1", R"({"a":2,"a":1})"));
  EXPECT_FALSE(condition_holds("a exists", "{\"a\":\"\xff\"}"));
}

TEST(Conditions, AllMustHold) {
  EXPECT_EQ(matched({route_to("p", "*", "", {"a = 1", "b = 2"})}, "s", "t", R"({"a":1,"b":2})"), Names{"p:s.t"});
  EXPECT_EQ(matched({route_to("p", "*", "", {"a = 1", "b = 2"})}, "s", "t", R"({"a":1,"b":3})"), Names{});
}

TEST(Conditions, AreReadWithOrWithoutBlanks) {
  const auto condition = parse_condition("  a.b.0!=\"x y\"  ");
  ASSERT_TRUE(condition) << condition.error().message;
  EXPECT_EQ(condition->path, (Names{"a", "b", "0"}));
  EXPECT_EQ(condition->compare, Operator::kDiffers);
  EXPECT_EQ(condition->value, "x y");
  EXPECT_EQ(parse_condition("a = x = y")->value, "x = y");
  EXPECT_EQ(parse_condition("exists exists")->compare, Operator::kExists);
  EXPECT_EQ(parse_condition("a exists")->compare, Operator::kExists);
}

TEST(Conditions, WhatIsNoneIsRefusedWithAReason) {
  for (const std::string text : {"", " ", "a", "= 1", ".a = 1", "a. = 1", "a..b = 1", "a =", "a == 1", "a => 1",
                                 "a < x", "a > \"\"", "a = \"x", "a = \"x\" y", "a exist", "a exists now", "a b = 1"}) {
    const auto condition = parse_condition(text);
    ASSERT_FALSE(condition) << text;
    EXPECT_EQ(condition.error().code, "condition_invalid");
    EXPECT_NE(condition.error().message.find("'" + text + "'"), std::string::npos);
  }
}

// Whatever a field holds: a condition made of it by quoting matches it, and only it.
RC_GTEST_PROP(Conditions, AnyStringEqualsItself, (const std::vector<unsigned short>& characters, bool other)) {
  std::string value;
  for (const unsigned short character : characters) value += static_cast<char>(character % 127 + 1);
  std::string quoted, body = R"({"x":[0,{"field":)";
  append_json_string(quoted, value);
  append_json_string(body, other ? value + "." : value);
  body += "}]}";
  RC_ASSERT(condition_holds("x.1.field = " + quoted, body) == !other);
  RC_ASSERT(condition_holds("x.1.field != " + quoted, body) == other);
  RC_ASSERT(condition_holds("x.1.field ^ " + quoted, body));
}

RC_GTEST_PROP(Conditions, ReadingOneNeverFailsInAnyOtherWay, (const std::string& text)) {
  const auto condition = parse_condition(text);
  RC_ASSERT(condition || condition.error().code == "condition_invalid");
  if (condition) RC_ASSERT(std::ranges::none_of(condition->path, &std::string::empty) && !condition->path.empty());
}

}  // namespace
}  // namespace yizhan::receive
