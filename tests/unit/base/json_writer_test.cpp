#include "base/json_writer.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

TEST(JsonWriter, CommasStandBetweenMembersAndItemsAndNowhereElse) {
  JsonWriter writer;
  writer.begin_object().text("a", "1").number("b", 2).boolean("c", true).key("d").null();
  writer.key("e").begin_array().end_array().key("f").begin_array().number(1).begin_object().end_object().end_array();
  writer.texts("g", {}).texts("h", {"x", "y"}).raw("i", "[1]").key("j").begin_object().number("k", -1).end_object();
  EXPECT_EQ(writer.end_object().take(),
            R"({"a":"1","b":2,"c":true,"d":null,"e":[],"f":[1,{}],"g":[],"h":["x","y"],"i":[1],"j":{"k":-1}})");
}

TEST(JsonWriter, TextThatEndsLikeAnOpenBracketIsNotTakenForOne) {
  JsonWriter writer;
  writer.begin_array().text("[").text("{").text(":").begin_object().text("k:", "v[").text("{", "").end_object();
  EXPECT_EQ(writer.end_array().take(), R"(["[","{",":",{"k:":"v[","{":""}])");
}

TEST(JsonWriter, AValueAlone) {
  EXPECT_EQ(JsonWriter().text("\"\n").take(), R"("\"\n")");
  EXPECT_EQ(JsonWriter().number(7).take(), "7");
}

TEST(JsonWriter, WhatIsMissingIsNull) {
  JsonWriter writer;
  writer.begin_object().text_or_null("a", "").text_or_null("b", "x").time_or_null("c", std::nullopt);
  writer.time_or_null("d", from_unix_micros(0)).time("e", from_unix_micros(1'500'000)).end_object();
  EXPECT_EQ(writer.take(),
            R"({"a":null,"b":"x","c":null,"d":"1970-01-01T00:00:00.000000Z","e":"1970-01-01T00:00:01.500000Z"})");
}

}  // namespace
}  // namespace yizhan
