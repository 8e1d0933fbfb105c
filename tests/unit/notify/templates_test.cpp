// What notifications say: the defaults of every state in both languages, what is configured, and what never happens.
#include "notify/templates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/json_scan.h"
#include "base/utf8.h"
#include "notify/template_defaults.h"
#include "notify_task.h"

namespace yizhan::notify {
namespace {

using store::Audience;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::array<std::string_view, 10> kStates{"CREATED",   "PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY",
                                                   "IN_LOCKER", "DELIVERED", "EXCEPTION",  "REJECTED",
                                                   "RETURNING", "RETURNED"};
constexpr std::array kAudiences{Audience::kUser, Audience::kMerchant};
constexpr std::array kLanguages{Language::kChinese, Language::kEnglish};

Templates made(std::vector<Template> configured = {}, Language language = Language::kChinese) {
  auto templates = Templates::make(std::move(configured), language);
  if (!templates) throw std::runtime_error(templates.error().message);
  return std::move(*templates);
}

store::NewNotification rendered(const Templates& templates, const store::NotifyTask& task,
                                Audience audience = Audience::kUser) {
  return templates.render(task, audience, "u-1").value();
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

TEST(DefaultTemplates, EveryStateHasTextsOfItsOwnForEachAudienceInEachLanguage) {
  for (const Language language : kLanguages) {
    const Templates templates = made({}, language);
    std::set<std::string> titles;
    std::set<std::string> safe_texts;
    for (const std::string_view state : kStates) {
      for (const Audience audience : kAudiences) {
        const store::NewNotification told = rendered(templates, task_of(std::string(state)), audience);
        EXPECT_TRUE(titles.insert(told.title).second) << told.title;
        EXPECT_TRUE(safe_texts.insert(told.event_text_safe).second) << told.event_text_safe;
        EXPECT_THAT(told.body, HasSubstr("0007"));
        EXPECT_THAT(told.body, HasSubstr("杭州转运中心")) << "what the carrier says follows";
      }
    }
  }
}

TEST(DefaultTemplates, FitWhatPhonesShow) {
  for (const Language language : kLanguages) {
    const Templates templates = made({}, language);
    for (const std::string_view state : kStates) {
      for (const Audience audience : kAudiences) {
        store::NotifyTask task = task_of(std::string(state));
        task.step.event_text.clear();  // ours comes first: what is cut is the carrier's
        const store::NewNotification told = rendered(templates, task, audience);
        EXPECT_LT(characters(told.title), 20U) << told.title;
        EXPECT_LT(characters(told.content), 50U) << told.content;
        EXPECT_LT(characters(told.event_text_safe), 50U) << told.event_text_safe;
      }
    }
  }
}

TEST(DefaultTemplates, AStateThatIsNotKnownShowsTheCarriersText) {
  const store::NewNotification told = rendered(made(), task_of("转寄"));
  EXPECT_EQ(told.title, "包裹有新动态");
  EXPECT_EQ(told.body, "快件已到达 杭州转运中心");
  EXPECT_EQ(told.event_text_safe, "您的包裹有新的物流动态");
  EXPECT_EQ(told.status_code, "转寄");
}

TEST(DefaultTemplates, AStateThatIsNotKnownAndSaysNothingIsStillNews) {
  store::NotifyTask task = task_of("X9");
  task.step.event_text = " \n ";
  EXPECT_EQ(rendered(made(), task).body, "尾号 0007 的包裹有新的物流动态");
  EXPECT_EQ(rendered(made({}, Language::kEnglish), task).body, "There is news of parcel 0007");
}

TEST(DefaultTemplates, StatesInWords) {
  EXPECT_EQ(state_in_words("DELIVERED", Language::kChinese), "已签收");
  EXPECT_EQ(state_in_words("DELIVERED", Language::kEnglish), "delivered");
  EXPECT_EQ(state_in_words("X9", Language::kChinese), "有更新");
}

TEST(Rendering, CarriesWhatTellsTheNotificationApart) {
  const store::NewNotification told = rendered(made(), task_of(), Audience::kMerchant);
  EXPECT_EQ(told.message_id, "event-1:merchant");
  EXPECT_EQ(told.audience, Audience::kMerchant);
  EXPECT_EQ(told.recipient_id, "u-1");
  EXPECT_EQ(told.appid, "");
  EXPECT_EQ(told.status_code, "IN_TRANSIT");
  EXPECT_EQ(told.tracking_no, "YT20260206000007");
  EXPECT_EQ(told.order_id, "order-1");
  EXPECT_EQ(told.tracking_event_id, "event-1");
  EXPECT_EQ(told.event_time, parse_time("2026-02-06T08:30:00Z"));
  EXPECT_EQ(told.content, told.body);
  EXPECT_EQ(told.payload,
            R"({"type":"express","tracking_no":"YT20260206000007","status_code":"IN_TRANSIT","order_id":"order-1",)"
            R"("event_time":"2026-02-06T08:30:00.000000Z"})");
}

TEST(Rendering, EveryPlaceholder) {
  const Template all{.status_code = "*",
                     .audience = "*",
                     .title = "{tracking_no}|{tracking_tail}|{state}|{status_code}",
                     .body = "{text}|{location}|{time}|{carrier}|{order_id}",
                     .safe_text = "{tracking_tail}|{state}|{time}|{carrier}"};
  const store::NewNotification told = rendered(made({all}), task_of());
  EXPECT_EQ(told.title, "YT20260206000007|0007|运输中|IN_TRANSIT");
  EXPECT_EQ(told.body, "快件已到达 杭州转运中心|杭州|02-06 16:30|yuantong|order-1");
  EXPECT_EQ(told.event_text_safe, "0007|运输中|02-06 16:30|yuantong");
}

TEST(Rendering, TheDateIsThatOfChina) {
  store::NotifyTask task = task_of();
  task.step.event_time = *parse_time("2026-12-31T16:05:59Z");
  EXPECT_EQ(
      rendered(made({{.status_code = "*", .audience = "*", .title = "{time}", .body = {}, .safe_text = {}}}), task)
          .title,
      "01-01 00:05");
}

TEST(Rendering, TheMostParticularOfTheConfiguredWins) {
  const auto with_title = [](std::string state, std::string audience, std::string title) {
    return Template{.status_code = std::move(state),
                    .audience = std::move(audience),
                    .title = std::move(title),
                    .body = {},
                    .safe_text = {}};
  };
  const Templates templates =
      made({with_title("*", "*", "all"), with_title("*", "user", "user"), with_title("DELIVERED", "*", "state"),
            with_title("DELIVERED", "user", "both"), with_title("DELIVERED", "user", "both again")});
  EXPECT_EQ(rendered(templates, task_of("DELIVERED"), Audience::kUser).title, "both");
  EXPECT_EQ(rendered(templates, task_of("DELIVERED"), Audience::kMerchant).title, "state");
  EXPECT_EQ(rendered(templates, task_of("CREATED"), Audience::kUser).title, "user");
  EXPECT_EQ(rendered(templates, task_of("CREATED"), Audience::kMerchant).title, "all");
}

TEST(Rendering, WhatATemplateLeavesEmptyTheNextOneGives) {
  const Templates templates = made({{.status_code = "DELIVERED",
                                     .audience = "*",
                                     .title = "{location}",
                                     .body = "  {text} 于 {location}  ",
                                     .safe_text = {}}});
  store::NotifyTask task = task_of("DELIVERED");
  EXPECT_EQ(rendered(templates, task).title, "杭州");
  EXPECT_EQ(rendered(templates, task).event_text_safe, "您的包裹已签收");
  task.step.location.clear();
  EXPECT_EQ(rendered(templates, task).title, "包裹已签收") << "the default, because the location is not known";
  EXPECT_EQ(rendered(templates, task).body, "快件已到达 杭州转运中心 于");
}

TEST(Rendering, SilentStatesAreNotTold) {
  const Templates templates =
      made({{.status_code = "CREATED", .audience = "*", .title = {}, .body = {}, .safe_text = {}, .silent = true},
            {.status_code = "CREATED", .audience = "merchant", .title = {}, .body = {}, .safe_text = {}}});
  EXPECT_EQ(templates.render(task_of("CREATED"), Audience::kUser, "u-1"), std::nullopt);
  EXPECT_TRUE(templates.render(task_of("CREATED"), Audience::kMerchant, "m-1").has_value())
      << "the more particular one says otherwise";
  EXPECT_TRUE(templates.render(task_of("DELIVERED"), Audience::kUser, "u-1").has_value());
}

TEST(Rendering, ShortNumbersAreNeverToldWhole) {
  const Templates templates =
      made({{.status_code = "*", .audience = "*", .title = "[{tracking_tail}]", .body = {}, .safe_text = {}}});
  const auto tail = [&](std::string number) {
    store::NotifyTask task = task_of();
    task.step.tracking_no = std::move(number);
    return rendered(templates, task).title;
  };
  EXPECT_EQ(tail("12345678"), "[5678]");
  EXPECT_EQ(tail("123456"), "[456]");
  EXPECT_EQ(tail("12"), "[2]");
  EXPECT_EQ(tail("1"), "[]");
  EXPECT_EQ(tail("单号一二三四五六"), "[三四五六]");
}

TEST(TemplateCheck, WhatIsWrongIsNamed) {
  const auto problem = [](Template one) {
    auto templates = Templates::make({{.status_code = "*", .audience = "*"}, std::move(one)}, Language::kChinese);
    return templates ? std::string("none") : std::string(templates.error().code) + " " + templates.error().message;
  };
  EXPECT_THAT(problem({.status_code = "*", .audience = "courier"}),
              StartsWith("template_invalid notify_templates.2.audience"));
  EXPECT_THAT(problem({.status_code = "*", .audience = "*", .title = "{waybill}"}),
              testing::AllOf(StartsWith("template_invalid notify_templates.2.title"), HasSubstr("{waybill}"),
                             HasSubstr("{tracking_no}")));
  for (const std::string name : {"{text}", "{location}", "{order_id}", "{tracking_no}", "{status_code}"}) {
    EXPECT_THAT(problem({.status_code = "*", .audience = "*", .body = name}), "none");
    EXPECT_THAT(problem({.status_code = "*", .audience = "*", .safe_text = "a " + name}),
                testing::AllOf(HasSubstr(name), HasSubstr("safe_text"), HasSubstr("lock screen")));
  }
  EXPECT_EQ(problem({.status_code = "*", .audience = "*", .title = "{open", .safe_text = "{tracking_tail}{state}"}),
            "none");
}

// ---- whatever carriers send

store::NotifyTask any_task() {
  store::NotifyTask task = task_of();
  const auto text = [](std::size_t longest) {
    // Characters of one to four bytes, control characters, blanks and braces among them.
    const auto points = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::oneOf(
        rc::gen::inRange<std::uint32_t>(1, 0x80), rc::gen::inRange<std::uint32_t>(0x4e00, 0x9fff),
        rc::gen::inRange<std::uint32_t>(0x1f300, 0x1f600), rc::gen::element<std::uint32_t>('{', '}', ' ')));
    std::string out;
    for (const std::uint32_t point : points) {
      std::string one;
      append_utf8(one, point);
      if (out.size() + one.size() <= longest) out += one;
    }
    return out;
  };
  task.step.tracking_no = *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('!', 'z')));
  task.step.tracking_no = task.step.tracking_no.substr(0, 64);
  const bool known = *rc::gen::arbitrary<bool>();
  task.step.status_code = known ? std::string(*rc::gen::elementOf(kStates)) : text(63) + "?";
  task.step.event_text = text(1024);
  task.step.location = text(256);
  return task;
}

TEST(AnyNotification, IsNeverEmptyAndAlwaysText) {
  for (const Language language : kLanguages) {
    const Templates templates = made({}, language);
    EXPECT_TRUE(rc::check("texts", [&] {
      const store::NotifyTask task = any_task();
      for (const Audience audience : kAudiences) {
        const auto told = templates.render(task, audience, "u-1");
        RC_ASSERT(told.has_value());
        for (const std::string* text : {&told->title, &told->body, &told->content, &told->event_text_safe}) {
          RC_ASSERT(!text->empty());
          RC_ASSERT(is_utf8(*text));
          RC_ASSERT(!text->starts_with(' ') && !text->ends_with(' '));
          RC_ASSERT(
              std::ranges::none_of(*text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
        }
        RC_ASSERT(characters(told->title) < 20);
        RC_ASSERT(json::read_document(told->payload).has_value());
      }
    }));
  }
}

TEST(AnyNotification, TheLockScreenShowsNeitherTheNumberNorWhatTheCarrierSays) {
  for (const Language language : kLanguages) {
    const Templates templates = made({}, language);
    EXPECT_TRUE(rc::check("safe texts", [&] {
      store::NotifyTask task = any_task();
      const std::string mark = "@@";
      task.step.tracking_no = mark + task.step.tracking_no.substr(0, 60);
      task.step.event_text = mark + task.step.event_text;
      task.step.location = mark;
      task.order_id = mark;
      if (task.step.status_code.ends_with('?')) task.step.status_code = mark;
      for (const Audience audience : kAudiences) {
        const auto told = templates.render(task, audience, "u-1");
        RC_ASSERT(told.has_value());
        RC_ASSERT(!told->event_text_safe.contains(mark));
        RC_ASSERT(!told->title.contains(mark));
      }
    }));
  }
}

}  // namespace
}  // namespace yizhan::notify
