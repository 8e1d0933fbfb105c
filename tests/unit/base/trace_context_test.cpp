#include "base/trace_context.h"

#include <gtest/gtest.h>

#include <string>

namespace yizhan {
namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kParent = "b7ad6b7169203331";

TEST(TraceContext, KnowsATraceparent) {
  EXPECT_TRUE(is_traceparent("00-" + kTrace + "-" + kParent + "-01"));
  EXPECT_TRUE(is_traceparent("cc-" + kTrace + "-" + kParent + "-01-what-the-future-will-be-like"));
}

TEST(TraceContext, TakesNothingElseForOne) {
  const std::string zeroes(32, '0');
  for (const std::string& text :
       {std::string(), "00-" + kTrace + "-" + kParent, "00-" + kTrace + "-" + kParent + "-01-more",
        "00-" + zeroes + "-" + kParent + "-01", "00-" + kTrace + "-" + zeroes.substr(16) + "-01",
        "ff-" + kTrace + "-" + kParent + "-01", "00-" + kTrace + "-B7AD6B7169203331-01",
        "00_" + kTrace + "-" + kParent + "-01", "cc-" + kTrace + "-" + kParent + "-01more",
        "cc-" + kTrace + "-" + kParent + "-01-" + std::string(kLongestTraceparent, 'x')}) {
    EXPECT_FALSE(is_traceparent(text)) << text;
  }
}

TEST(TraceContext, AnAttemptIsAChildOfWhatCameIn) {
  const std::string span = "00f067aa0ba902b7";
  EXPECT_EQ(child_traceparent("00-" + kTrace + "-" + kParent + "-01", span), "00-" + kTrace + "-" + span + "-01");
  EXPECT_EQ(child_traceparent("00-" + kTrace + "-" + kParent + "-00", span), "00-" + kTrace + "-" + span + "-00");
  // Of a later version only what version 00 knows goes on.
  EXPECT_EQ(child_traceparent("cc-" + kTrace + "-" + kParent + "-fe-more", span), "00-" + kTrace + "-" + span + "-02");
  EXPECT_EQ(child_traceparent("00-" + kTrace, span), "");
  EXPECT_EQ(child_traceparent("", span), "");
}

TEST(TraceContext, ItsPartsCanBeNamed) {
  EXPECT_EQ(trace_id("00-" + kTrace + "-" + kParent + "-01"), kTrace);
  EXPECT_EQ(parent_span_id("00-" + kTrace + "-" + kParent + "-01"), kParent);
  EXPECT_EQ(trace_id("nonsense"), "");
  EXPECT_EQ(parent_span_id(std::string(55, '0')), "");
}

}  // namespace
}  // namespace yizhan
