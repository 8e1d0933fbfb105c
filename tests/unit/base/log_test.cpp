// Log lines cannot be forged (fault 39).
#include "base/log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/json_scan.h"

namespace yizhan::log {
namespace {

class LogTest : public testing::Test {
 protected:
  void TearDown() override { set_level(Level::kInfo); }

  template <class Write>
  static std::string captured(Write write) {
    flush();
    testing::internal::CaptureStderr();
    write();
    flush();
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(LogTest, EveryLineIsOneJsonObject) {
  const std::string line = captured([] {
    warning("some_event",
            {{"text", "a \"quoted\" 中"}, {"count", 7}, {"share", 0.5}, {"yes", true}, {"none", std::string()}});
  });
  ASSERT_TRUE(line.ends_with("}\n"));
  json::ObjectReader reader(line);
  const auto next = [&]() -> std::string {
    const auto member = reader.next();
    if (!member || !*member) return "";
    return std::string((*member)->key) + "=" + std::string((*member)->value.text);
  };
  const std::string time = next();
  EXPECT_TRUE(parse_time(time.substr(6, time.size() - 7))) << time;
  EXPECT_EQ(next(), "level=\"warning\"");
  EXPECT_EQ(next(), "event=\"some_event\"");
  EXPECT_EQ(next(), "text=\"a \\\"quoted\\\" 中\"");
  EXPECT_EQ(next(), "count=7");
  EXPECT_EQ(next(), "share=0.500");
  EXPECT_EQ(next(), "yes=true");
  EXPECT_EQ(next(), "none=\"\"");
  EXPECT_EQ(next(), "");
}

TEST_F(LogTest, NoValueForgesALine) {
  for (const std::string attack : {"\n{\"level\":\"error\",\"event\":\"forged\"}", "\",\"event\":\"forged",
                                   "\r\nforged", "\x1b[2J", "\xff\xfe", "%v %s {}"}) {
    const std::string output = captured([&] { info("event", {{"value", attack}, {attack, "name"}}); });
    EXPECT_EQ(std::ranges::count(output, '\n'), 1) << output;
    EXPECT_TRUE(json::read_document(output).has_value()) << output;
    json::ObjectReader reader(output);
    int events = 0;
    for (auto member = reader.next(); member && *member; member = reader.next())
      events += (*member)->key == "event" ? 1 : 0;
    EXPECT_EQ(events, 1) << output;
    EXPECT_EQ(output.find('\x1b'), std::string::npos);
  }
}

TEST_F(LogTest, NumbersHaveThreeDecimals) {
  const std::pair<double, std::string> cases[] = {{0, "0.000"},
                                                  {12.3456, "12.346"},
                                                  {-0.25, "-0.250"},
                                                  {0.0004, "0.000"},
                                                  {999.9996, "1000.000"},
                                                  {7e11, "700000000000.000"},
                                                  {1e15, "1000000000000000.000"}};
  for (const auto& [number, text] : cases) {
    const std::string line = captured([&] { info("event", {{"number", number}}); });
    EXPECT_TRUE(line.ends_with("\"number\":" + text + "}\n")) << line;
  }
}

TEST_F(LogTest, BelowTheLevelNothingIsWritten) {
  set_level(Level::kError);
  EXPECT_FALSE(enabled(Level::kWarning));
  EXPECT_EQ(captured([] {
              debug("e");
              info("e");
              warning("e");
            }),
            "");
  EXPECT_NE(captured([] { error("e"); }), "");
  set_level(Level::kOff);
  EXPECT_EQ(captured([] { error("e"); }), "");
}

TEST_F(LogTest, LevelsAreNamed) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError, Level::kOff}) {
    const std::string_view names[] = {"debug", "info", "warning", "error", "off"};
    EXPECT_EQ(parse_level(names[static_cast<std::size_t>(level)]).value(), level);
  }
  EXPECT_EQ(parse_level("loud").error().code, "config_value_invalid");
}

}  // namespace
}  // namespace yizhan::log
