// What alerts say, and that nothing in them is markup, a link, a mention or a line of its own.
#include "alert/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "alert/markdown.h"
#include "alert/wecom.h"
#include "base/utf8.h"

namespace yizhan::alert {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

Alert dead_letters(Alert::State state = Alert::State::kRaised) {
  Alert alert;
  alert.id = "0197aabb-ccdd-7eef-8123-456789abcdef";
  alert.cause = "dead_letter:crm";
  alert.rule = Rule::kDeadLetter;
  alert.subject = "crm";
  alert.state = state;
  alert.title = "3 events for crm became dead letters";
  alert.facts = {{"error_class", "http_4xx"}, {"last_words", "no"}, {"next", "yizhan dead-letters --platform crm"}};
  alert.count = 3;
  alert.raised_at = from_unix_micros(1'770'366'600'000'000);  // 2026-02-06 08:30:00
  alert.at = alert.raised_at + Seconds{1800};
  return alert;
}

TEST(Words, SayWhatHowOftenSinceWhenAndWhatToDo) {
  const Words words = words_of(dead_letters(), Language::kEnglish);
  EXPECT_EQ(words.title(), "🔴 Yizhan alert: 3 events for crm became dead letters");
  EXPECT_THAT(
      words.lines,
      ElementsAre(Pair("Subject", "crm"), Pair("Count", "3"), Pair("Since", "2026-02-06 08:30:00 UTC"),
                  Pair("Time", "2026-02-06 09:00:00 UTC"), Pair("Error class", "http_4xx"), Pair("last_words", "no")));
  EXPECT_EQ(words.next, "yizhan dead-letters --platform crm");
  EXPECT_THAT(words.plain_text(), HasSubstr("\nNext: yizhan dead-letters --platform crm\n"));
}

TEST(Words, InChineseTheTimeIsThatOfChina) {
  const Words words = words_of(dead_letters(), Language::kChinese);
  EXPECT_EQ(words.title(), "🔴 Yizhan 告警: crm 出现死信");
  EXPECT_THAT(words.lines, testing::Contains(Pair("开始于", "2026-02-06 16:30:00 (UTC+8)")));
  EXPECT_THAT(words.lines, testing::Contains(Pair("错误类别", "http_4xx")));
}

TEST(Words, EveryStateLooksDifferent) {
  std::set<std::string> marks, states;
  for (const auto state : {Alert::State::kRaised, Alert::State::kContinues, Alert::State::kCleared}) {
    for (const Language language : {Language::kEnglish, Language::kChinese}) {
      const Words words = words_of(dead_letters(state), language);
      marks.insert(words.mark);
      states.insert(words.state);
      EXPECT_THAT(words.state, StartsWith("Yizhan")) << "what a robot's keyword may be";
    }
  }
  EXPECT_EQ(marks.size(), 3U);
  EXPECT_EQ(states.size(), 6U);
  Alert test = dead_letters();
  test.rule = Rule::kTest;
  EXPECT_FALSE(marks.contains(words_of(test, Language::kEnglish).mark));
}

TEST(Words, EveryRuleHasAChineseHeadline) {
  std::set<std::string> headlines;
  for (const Rule rule : kAllRules) {
    Alert alert = dead_letters();
    alert.rule = rule;
    headlines.insert(words_of(alert, Language::kChinese).headline);
  }
  EXPECT_EQ(headlines.size(), kAllRules.size());
}

TEST(Markdown, APayloadInjectsNothing) {
  Alert alert = dead_letters();
  alert.title = "[pay](http://evil.example) @all <font color=red> **x** ![i](https://evil.example/p.png)\n# head";
  alert.subject = "<@all>`code`";
  alert.facts = {{"error", "see https://evil.example/a\n\n> quote\r\n[a](b)"}, {"[n](m)", "v"}};
  const std::string text = markdown(words_of(alert, Language::kEnglish));
  for (const char* markup : {"[", "]", "<", ">", "@", "`", "://", "**x**", "\n#  head", "\n> "}) {
    EXPECT_THAT(text, Not(HasSubstr(markup))) << markup;
  }
  EXPECT_THAT(text, StartsWith("### 🔴 Yizhan alert: ［pay］(http:\u2060//evil.example) ＠all"));
  EXPECT_THAT(text, HasSubstr("**Error**: see https:\u2060//evil.example/a  ＞ quote"));
}

RC_GTEST_PROP(Markdown, HasNoLinesButItsOwn, (const std::string& hostile)) {
  Alert alert = dead_letters();
  alert.title = alert.subject = hostile + "x";
  alert.facts = {{hostile, hostile}};
  const Words words = words_of(alert, Language::kEnglish);
  const std::string text = markdown(words);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  RC_ASSERT(lines == 2 + words.lines.size());
  RC_ASSERT(text.find_first_of("[]<>@`\\") == std::string::npos);
}

TEST(Wecom, CutsBetweenCharacters) {
  EXPECT_EQ(cut_for_wecom("short"), "short");
  for (std::size_t before = 0; before < 4; ++before) {
    std::string text(before, 'a');
    while (text.size() < 5000) text += "驿";
    const std::string cut = cut_for_wecom(text);
    EXPECT_LE(cut.size(), 4096U);
    EXPECT_GT(cut.size(), 4088U);
    EXPECT_TRUE(is_utf8(cut));
    EXPECT_TRUE(cut.ends_with("…"));
  }
}

}  // namespace
}  // namespace yizhan::alert
