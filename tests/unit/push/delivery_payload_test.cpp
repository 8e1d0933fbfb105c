// What one device is sent: fallbacks, limits, and that it is always something that can be sent or is refused for good.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "base/utf8.h"
#include "push/channel.h"
#include "push/fan_out.h"

namespace yizhan::push {
namespace {

namespace json = boost::json;

constexpr std::string_view kEventId = "0197aabb-ccdd-7eef-8123-456789abcdef";

/// What a notification says.
struct Texts {
  std::string message_id{};
  std::string title{};
  std::string body{};
  std::string content{};
  std::string event_text_safe{};
  std::string payload{};
};

store::DueNotification due_with(const Texts& texts) {
  store::DueNotification due;
  due.id = "n-1";
  due.notification.message_id = texts.message_id;
  due.notification.title = texts.title;
  due.notification.body = texts.body;
  due.notification.content = texts.content;
  due.notification.event_text_safe = texts.event_text_safe;
  due.notification.payload = texts.payload;
  return due;
}

store::TargetDevice phone() {
  return {.appid = "default", .cid = "cid-1", .platform = "android"};
}

json::object payload_of(const Texts& texts, const TextLimits& limits = {}) {
  return json::parse(delivery_payload(due_with(texts), phone(), limits)).as_object();
}

std::string text_of(const json::object& object, std::string_view name) {
  return json::value_to<std::string>(object.at(name));
}

/// As JavaScript counts.
std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    RC_ASSERT(length > 0U);
    units += length == 4 ? 2 : 1;
    text.remove_prefix(length);
  }
  return units;
}

TEST(DeliveryPayload, SaysWhatTheDeviceIsSent) {
  const json::object payload = payload_of({.message_id = "m-1",
                                           .title = "快递已到柜",
                                           .body = "body",
                                           .content = "请及时取件",
                                           .event_text_safe = "safe",
                                           .payload = R"({"page": "/order", "id": 7})"});
  EXPECT_EQ(text_of(payload, "cid"), "cid-1");
  EXPECT_EQ(text_of(payload, "appid"), "default");
  EXPECT_EQ(text_of(payload, "title"), "快递已到柜");
  EXPECT_EQ(text_of(payload, "content"), "请及时取件");
  EXPECT_EQ(text_of(payload, "notification_id"), "n-1");
  EXPECT_EQ(text_of(payload, "message_id"), "m-1");
  EXPECT_EQ(payload.at("payload"), json::parse(R"({"page": "/order", "id": 7})"));
}

TEST(DeliveryPayload, EmptyContentFallsBack) {
  EXPECT_EQ(text_of(payload_of({.title = "title", .body = "body", .event_text_safe = "safe"}), "content"), "body");
  EXPECT_EQ(text_of(payload_of({.title = "title", .event_text_safe = "safe"}), "content"), "title");
  EXPECT_EQ(text_of(payload_of({.event_text_safe = "safe"}), "content"), "safe");
  EXPECT_EQ(text_of(payload_of({.title = "title", .body = " \n\t", .content = "  "}), "content"), "title");
  EXPECT_EQ(text_of(payload_of({.title = "title", .content = " x "}), "content"), "x");
}

TEST(DeliveryPayload, EmptyTitleFallsBack) {
  EXPECT_EQ(text_of(payload_of({.body = "body", .content = "content", .event_text_safe = "safe"}), "title"), "safe");
  EXPECT_EQ(text_of(payload_of({.body = "body", .content = "content"}), "title"), "content");
  EXPECT_EQ(text_of(payload_of({.body = "body"}), "title"), "body");
}

TEST(DeliveryPayload, CutsBelowTheLimits) {
  const std::string twenty(20, 'x');
  EXPECT_EQ(text_of(payload_of({.title = std::string(19, 'x'), .content = "c"}), "title"), std::string(19, 'x'));
  EXPECT_EQ(text_of(payload_of({.title = twenty, .content = "c"}), "title"), std::string(18, 'x') + "…");
  std::string many;
  for (int i = 0; i < 50; ++i) many += "件";
  std::string kept;
  for (int i = 0; i < 48; ++i) kept += "件";
  EXPECT_EQ(text_of(payload_of({.content = many}), "content"), kept + "…");
}

TEST(DeliveryPayload, CountsWhatIsBeyondUtf16sFirstPlaneTwice) {
  const json::object payload = payload_of({.title = "1234567890123456📦", .content = "c"});
  EXPECT_EQ(text_of(payload, "title"), "1234567890123456📦") << "18 units";
  EXPECT_EQ(text_of(payload_of({.title = "123456789012345678📦", .content = "c"}), "title"), "123456789012345678…");
  EXPECT_EQ(text_of(payload_of({.title = "12345678901234567📦x", .content = "c"}), "title"), "12345678901234567…");
}

TEST(DeliveryPayload, APayloadIsTakenAsItIsOrNotAtAll) {
  EXPECT_EQ(payload_of({.content = "c"}).at("payload"), json::object());
  EXPECT_EQ(payload_of({.content = "c", .payload = "[1, 2]"}).at("payload"), json::parse("[1,2]"));
  EXPECT_EQ(payload_of({.content = "c", .payload = "open:order"}).at("payload"), json::value("open:order"));
  const std::string longest = '"' + std::string(797, 'x') + '"';
  EXPECT_EQ(payload_of({.content = "c", .payload = longest}).at("payload"), json::value(std::string(797, 'x')));
  const std::string too_long = '"' + std::string(798, 'x') + '"';
  EXPECT_EQ(payload_of({.content = "c", .payload = too_long}).at("payload"),
            json::parse(R"({"notification_id":"n-1"})"));
}

TEST(DeliveryPayload, WithNothingToShowIsRefused) {
  for (const std::string blank : {"", " ", "\t\n"}) {
    const std::string payload =
        delivery_payload(due_with({.title = blank, .body = blank, .content = blank, .payload = "{}"}), phone(), {});
    const auto message = Message::read(kEventId, payload);
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().code, "content_empty");
  }
}

rc::Gen<std::string> any_text() {
  return rc::gen::oneOf(rc::gen::arbitrary<std::string>(),  // any bytes
                        rc::gen::container<std::string>(rc::gen::element(' ', '\n', 'a', '"', '\\')),
                        rc::gen::map(rc::gen::container<std::vector<std::string>>(
                                         rc::gen::element<std::string>("件", "📦", "é", "x", " ")),
                                     [](const std::vector<std::string>& characters) {
                                       std::string text;
                                       for (const std::string& character : characters) text += character;
                                       return text;
                                     }));
}

RC_GTEST_PROP(DeliveryPayloadProperty, IsWithinTheLimitsAndNeverEmptyWhereThereIsText, ()) {
  Texts notification{.message_id = *any_text(),
                     .title = *any_text(),
                     .body = *any_text(),
                     .content = *any_text(),
                     .event_text_safe = *any_text(),
                     .payload = *any_text()};
  const TextLimits limits{.title = *rc::gen::inRange<std::size_t>(2, 30),
                          .content = *rc::gen::inRange<std::size_t>(2, 60),
                          .payload = *rc::gen::inRange<std::size_t>(64, 900)};
  const bool has_text = [&] {
    for (const std::string* text :
         {&notification.title, &notification.body, &notification.content, &notification.event_text_safe}) {
      if (text->find_first_not_of(" \t\r\n") != std::string::npos) return true;
    }
    return false;
  }();

  const std::string text = delivery_payload(due_with(notification), phone(), limits);
  RC_ASSERT(is_utf8(text));
  const json::object payload = json::parse(text).as_object();
  RC_ASSERT(utf16_length(text_of(payload, "title")) < limits.title);
  RC_ASSERT(utf16_length(text_of(payload, "content")) < limits.content);

  const auto message = Message::read(kEventId, text);
  RC_ASSERT(message.has_value() == has_text);
  if (!message) return;
  RC_ASSERT(message->cid() == "cid-1");
  RC_ASSERT(message->content().find_first_not_of(" \t\r\n") != std::string::npos);
  RC_ASSERT(!message->title().empty());
  RC_ASSERT(message->payload().size() < limits.payload);
}

}  // namespace
}  // namespace yizhan::push
