// The payload of an outbox event read back: no message without a device or without something to show.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "push/channel.h"

namespace yizhan::push {
namespace {

constexpr std::string_view kEventId = "0197aabb-ccdd-7eef-8123-456789abcdef";

std::string_view refusal(std::string_view payload) {
  const auto message = Message::read(kEventId, payload);
  return message ? "" : message.error().code;
}

TEST(Message, IsReadFromItsEvent) {
  const auto message = Message::read(
      kEventId,
      R"({"cid":"c\u4e2d","appid":"a","title":"t","content":"件","payload":{"a" : [1]},"notification_id":"n"})");
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(message->cid(), "c中");
  EXPECT_EQ(message->appid(), "a");
  EXPECT_EQ(message->title(), "t");
  EXPECT_EQ(message->content(), "件");
  EXPECT_EQ(message->payload(), R"({"a" : [1]})");
  EXPECT_EQ(message->request_id(), "0197aabbccdd7eef8123456789abcdef");
}

TEST(Message, WithoutAPayloadHasAnEmptyObject) {
  EXPECT_EQ(Message::read(kEventId, R"({"cid":"c","content":"x"})")->payload(), "{}");
  EXPECT_EQ(Message::read(kEventId, R"({"cid":"c","content":"x","payload":null})")->payload(), "{}");
}

TEST(Message, WithoutADeviceWouldBeABroadcast) {
  EXPECT_EQ(refusal(R"({"content":"x"})"), "cid_missing");
  EXPECT_EQ(refusal(R"({"cid":"","content":"x"})"), "cid_missing");
  EXPECT_EQ(refusal("{}"), "cid_missing");
}

TEST(Message, WithoutContentIsNotShown) {
  EXPECT_EQ(refusal(R"({"cid":"c"})"), "content_empty");
  EXPECT_EQ(refusal(R"({"cid":"c","content":"","title":"t"})"), "content_empty");
}

TEST(Message, MustBeAnObjectOfTexts) {
  for (const char* payload :
       {"", "null", "[]", "\"c\"", "{", R"({"cid":["a","b"],"content":"x"})", R"({"cid":null,"content":"x"})",
        R"({"cid":7,"content":"x"})", R"({"cid":"c","content":{}})", R"({"cid":"c","cid":"d","content":"x"})"}) {
    EXPECT_EQ(refusal(payload), "payload_invalid") << payload;
  }
}

TEST(Message, HasARequestIdThatTheServiceTakes) {
  const std::string payload = R"({"cid":"c","content":"x"})";
  const auto id_of = [&](std::string_view event_id) { return Message::read(event_id, payload)->request_id(); };
  for (const std::string event_id : {"1", "a-b", "event/with other characters",
                                     "0197AABB-ccdd-7eef-8123-456789abcdef-1", "中文中文中文", "----------------"}) {
    const std::string id = id_of(event_id);
    EXPECT_GE(id.size(), 10U) << event_id;
    EXPECT_LE(id.size(), 32U) << event_id;
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos) << event_id;
    EXPECT_EQ(id, id_of(event_id)) << "the same on every attempt";
    EXPECT_NE(id, id_of(event_id + "x"));
  }
  EXPECT_EQ(id_of("order-00000001"), "order00000001");
}

}  // namespace
}  // namespace yizhan::push
