// Getui on a real server: what it is sent, alone and in batches, and what each of its answers means for each device.
#include "push/getui.h"

#include "getui_service.h"
#include "push/service_answer.h"

namespace yizhan::push {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;

using GetuiTest = GetuiService;

TEST_F(GetuiTest, OneMessageIsASinglePush) {
  const auto getui = channel();
  EXPECT_EQ(getui->endpoint_url(), url("/v2/app1"));
  const AttemptOutcome outcome = send(*getui, message_to("cid-1", R"({"page":1})"));
  EXPECT_TRUE(outcome.succeeded()) << outcome.error_message;
  EXPECT_EQ(outcome.response_status, 200);
  EXPECT_THAT(outcome.response_head, HasSubstr("successed_online"));
  const auto sent = calls("/v2/app1/push/single/cid");
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].token, "token-1");
  EXPECT_EQ(sent[0].content_type, "application/json;charset=utf-8");
  EXPECT_EQ(sent[0].json(), boost::json::parse(R"({
      "request_id":"0197aabbccdd7eef8123100000000000",
      "settings":{"ttl":7200000},
      "audience":{"cid":["cid-1"]},
      "push_message":{"notification":{"title":"标题","body":"内容","click_type":"payload","payload":"{\"page\":1}"}},
      "push_channel":{
        "android":{"ups":{"notification":{"title":"标题","body":"内容","click_type":"startapp"}}},
        "ios":{"type":"notify","payload":"{\"page\":1}",
               "aps":{"alert":{"title":"标题","body":"内容"},"content-available":0}}}})"));
}

TEST_F(GetuiTest, WithoutAPayloadTheNotificationOpensTheApp) {
  send(*channel(), message_to("cid-1"));
  EXPECT_EQ(calls("/v2/app1/push/single/cid").at(0).json().at("push_message"),
            boost::json::parse(R"({"notification":{"title":"标题","body":"内容","click_type":"startapp"}})"));
}

TEST_F(GetuiTest, WhatIsSentInOneTurnGoesOutInOneCall) {
  const auto outcomes = send_all(*channel(), devices(150));
  EXPECT_THAT(classes_of(outcomes), Each(""));
  EXPECT_EQ(singles(), 0U);
  const auto sent = calls("/v2/app1/push/single/batch/cid");
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].json().at("is_async"), false);
  const boost::json::array messages = sent[0].json().at("msg_list").as_array();
  ASSERT_EQ(messages.size(), 150U);
  EXPECT_EQ(cid_of(messages[149].as_object()), "cid-149");
  EXPECT_EQ(messages[149].at("request_id"), "0197aabbccdd7eef8123100000000149");
}

TEST_F(GetuiTest, BatchesAreNoLargerThanAllowed) {
  send_all(*channel(), devices(500));
  EXPECT_EQ(batches(), 3U);
  received.clear();
  send_all(*channel(1), devices(5));
  EXPECT_EQ(batches(), 0U);
  EXPECT_EQ(singles(), 5U);
}

TEST_F(GetuiTest, ADeviceStandsInACallOnce) {
  const auto outcomes = send_all(*channel(), {"a", "b", "a", "a", "c"});
  EXPECT_THAT(classes_of(outcomes), Each(""));
  EXPECT_EQ(batches(), 1U);
  EXPECT_EQ(singles(), 2U);
}

TEST_F(GetuiTest, EachDeviceHasItsOwnOutcome) {
  states = {{"cid-1", "successed_offline"},
            {"cid-2", "successed_ignore"},
            {"cid-3", "target user is invalid"},
            {"cid-4", "something new"}};
  const auto outcomes = send_all(*channel(), devices(5));
  EXPECT_EQ(outcomes[0].error_class, ErrorClass::kNone);
  EXPECT_EQ(outcomes[1].error_class, ErrorClass::kNone);
  EXPECT_EQ(outcomes[2].error_class, ErrorClass::kPushIgnored);
  EXPECT_EQ(outcomes[3].error_class, ErrorClass::kPushTargetInvalid);
  EXPECT_EQ(outcomes[4].error_class, ErrorClass::kPushFailed);
  EXPECT_THAT(outcomes[4].error_message, HasSubstr("something new"));
  EXPECT_EQ(outcomes[2].response_head,
            R"({"code":0,"data":{"RASS_0197aabbccdd7eef8123100000000002":{"cid-2":"successed_ignore"}}})");
  EXPECT_EQ(batches(), 1U);
  EXPECT_EQ(singles(), 1U) << "the one of which nothing clear was said";
}

TEST_F(GetuiTest, OneUnknownDeviceCostsTheOthersNothing) {
  unknown_cids = {"cid-77"};
  const auto outcomes = send_all(*channel(), devices(200));
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i].error_class, i == 77 ? ErrorClass::kPushTargetInvalid : ErrorClass::kNone) << i;
  }
  EXPECT_LE(batches() + singles(), 17U) << "halved, not one by one";
  EXPECT_EQ(outcomes[77].response_status, 400);
  EXPECT_THAT(outcomes[77].error_message, HasSubstr("target user is invalid"));
}

TEST_F(GetuiTest, WhatABatchNamesWithoutACodeIsAskedForItsCode) {
  answer = [this](const Received& request, http::Responder responder) {
    const bool refused_alone = request.path.ends_with("/push/single/cid") && cid_of(request.json()) == "cid-1";
    if (refused_alone) return respond(std::move(responder), refusal(20001, "body size over limit"), 400);
    serve(request, std::move(responder));
  };
  states = {{"cid-1", "body size over limit"}};
  const auto outcomes = send_all(*channel(), devices(3));
  EXPECT_THAT(classes_of(outcomes), testing::ElementsAre("", "push_refused", ""));
  EXPECT_THAT(outcomes[1].error_message, HasSubstr("20001"));
}

TEST_F(GetuiTest, DevicesThatAnAnswerLeavesOutAreAskedForByThemselves) {
  states = {{"cid-1", ""}, {"cid-3", ""}};
  const auto outcomes = send_all(*channel(), devices(5));
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i].error_class, i == 1 || i == 3 ? ErrorClass::kPushFailed : ErrorClass::kNone) << i;
  }
  // Five, then the two, then each: under its request id every time.
  EXPECT_EQ(batches(), 2U);
  const auto alone = calls("/v2/app1/push/single/cid");
  ASSERT_EQ(alone.size(), 2U);
  EXPECT_EQ(alone[0].json().at("request_id"), "0197aabbccdd7eef8123100000000001");
}

TEST_F(GetuiTest, NothingElseIsTakenForDelivered) {
  const auto getui = channel();
  const std::vector<std::string> two{"cid-1", "cid-3"};
  for (const std::string body : {"", "ok", "{}", "[]", R"({"errCode":0})", R"({"code":0})", R"({"code":0,"data":{}})",
                                 R"({"code":null,"data":{"t":{"cid-1":"successed_online"}}})",
                                 R"({"code":0,"data":{"t":{"cid-2":"successed_online"}}})",
                                 R"({"code":0,"data":{"RASA_1":"successed_online"}})"}) {
    answer = [&](const Received& request, http::Responder responder) {
      if (request.path == "/v2/app1/auth") return issue_token(std::move(responder));
      respond(std::move(responder), body);
    };
    EXPECT_EQ(send(*getui, message_to("cid-1")).error_class, ErrorClass::kPushFailed) << body;
    EXPECT_THAT(classes_of(send_all(*getui, two)), Each("push_failed")) << body;
  }
}

TEST_F(GetuiTest, CodesAreThoseOfTheTable) {
  const auto getui = channel();
  struct Case {
    int status;
    int code;
    const char* message;
    ErrorClass expected;
  };
  for (const Case& each :
       {Case{401, 10002, "", ErrorClass::kPushUnauthorized}, Case{401, 10003, "", ErrorClass::kPushThrottled},
        Case{401, 10005, "", ErrorClass::kPushThrottled},
        Case{400, 20001, "target user is invalid", ErrorClass::kPushTargetInvalid},
        Case{400, 20001, "body size over limit", ErrorClass::kPushRefused},
        Case{403, 30009, "", ErrorClass::kPushThrottled}, Case{200, 1, "", ErrorClass::kPushFailed},
        Case{200, 301, "domain error", ErrorClass::kPushFailed}, Case{404, 404, "url error", ErrorClass::kHttp4xx},
        Case{500, 0, "", ErrorClass::kHttp5xx}}) {
    answer = [&](const Received& request, http::Responder responder) {
      if (request.path == "/v2/app1/auth") return issue_token(std::move(responder));
      respond(std::move(responder), refusal(each.code, each.message), each.status);
    };
    const AttemptOutcome outcome = send(*getui, message_to("cid-1"));
    EXPECT_EQ(outcome.error_class, each.expected) << each.code;
    EXPECT_EQ(outcome.response_status, each.status);
    EXPECT_EQ(outcome.retry_after, each.code == 30009 ? kQuotaPause : "") << each.code;
    EXPECT_THAT(classes_of(send_all(*getui, devices(4))), Each(to_string(each.expected))) << each.code;
  }
}

TEST_F(GetuiTest, TroubleOnTheWayIsTheTroubleOfEach) {
  const auto getui = channel(200, Milliseconds(2000));
  send(*getui, message_to("cid-1"));  // the token
  hang();
  for (const AttemptOutcome& outcome : send_all(*getui, devices(3))) {
    EXPECT_EQ(outcome.error_class, ErrorClass::kTimeout) << outcome.error_message;
    EXPECT_GE(outcome.duration, Milliseconds(1990)) << "whole milliseconds that are left";
    EXPECT_LT(outcome.duration, Seconds(30));
  }
  answer_with(503, "", "Retry-After: 9\r\n");
  for (const AttemptOutcome& outcome : send_all(*getui, devices(3))) {
    EXPECT_EQ(outcome.error_class, ErrorClass::kHttp5xx);
    EXPECT_EQ(outcome.retry_after, "9");
  }
}

TEST_F(GetuiTest, OneDeadlineForAllCallsOfAnAttempt) {
  // Most of it is over when the batch is refused; what each device is then asked by itself hangs.
  constexpr Milliseconds kTimeout{6000};
  constexpr Milliseconds kRefusedAfter{3500};
  const auto getui = channel(200, kTimeout);
  http::Timer slowness(io.get_executor());
  answer = [&](const Received& request, http::Responder responder) {
    if (request.path == "/v2/app1/auth") return issue_token(std::move(responder));
    hanging.push_back(std::move(responder));
    if (!request.json().contains("msg_list")) return;
    slowness.expires_after(kRefusedAfter);
    slowness.async_wait([&](http::ErrorCode) {
      respond(std::move(hanging.front()), refusal(20001, "x is invalid"), 400);
      hanging.clear();
    });
  };
  for (const AttemptOutcome& outcome : send_all(*getui, devices(2))) {
    EXPECT_EQ(outcome.error_class, ErrorClass::kTimeout);
    EXPECT_GE(outcome.duration, kTimeout - Milliseconds(10));
    EXPECT_LT(outcome.duration, kTimeout + Milliseconds(3000)) << "not each call its own";
  }
  EXPECT_EQ(singles(), 2U);
}

TEST_F(GetuiTest, WhatItRepeatsIsNotOnRecord) {
  const auto getui = channel();
  send(*getui, message_to("cid-1"));
  answer = [&](const Received& request, http::Responder responder) {
    respond(std::move(responder),
            std::string(kStoredResponseBytes - 100, ' ') +
                fmt::format(R"({{"code":20001,"msg":"sent with {} and the-master-secret","token":"{}"}})",
                            request.token, request.token),
            400);
  };
  auto outcomes = send_all(*getui, devices(2));
  outcomes.push_back(send(*getui, message_to("cid-1")));
  for (const AttemptOutcome& outcome : outcomes) {
    EXPECT_EQ(outcome.error_class, ErrorClass::kPushRefused);
    for (const std::string& text : {outcome.error_message, outcome.response_head}) {
      EXPECT_THAT(text, Not(HasSubstr("token-"))) << text;
      EXPECT_THAT(text, Not(HasSubstr("the-master"))) << text;
    }
  }
}

TEST_F(GetuiTest, GoneWhileCallsAreUnderWayItCallsNobody) {
  auto getui = channel();
  int called = 0;
  const auto count = [&](const AttemptOutcome&) { ++called; };
  getui->send(message_to("cid-1"), count);
  getui.reset();
  io.restart();
  io.poll();
  on_auth = [&](const Received&, http::Responder responder) { hanging.push_back(std::move(responder)); };
  getui = channel();
  getui->send(message_to("cid-1"), count);
  run_until([&] { return !hanging.empty(); });
  getui.reset();
  issue_token(std::move(hanging.front()));
  hanging.clear();
  std::vector<AttemptOutcome> others;
  on_auth = {};
  EXPECT_TRUE(send(*channel(), message_to("cid-2")).succeeded());
  EXPECT_EQ(called, 0);
}

TEST_F(GetuiTest, NeedsItsCredentials) {
  const GetuiOptions complete{.base_url = url(), .app_id = "a-1_B", .app_key = "k", .master_secret = "s"};
  EXPECT_TRUE(make_getui(io, *client, complete));
  for (const auto& spoil : std::vector<std::function<void(GetuiOptions&)>>{
           [](GetuiOptions& o) { o.app_id = ""; }, [](GetuiOptions& o) { o.app_id = "a/../b"; },
           [](GetuiOptions& o) { o.app_key = ""; }, [](GetuiOptions& o) { o.master_secret = ""; }}) {
    GetuiOptions options = complete;
    spoil(options);
    const auto made = make_getui(io, *client, options);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, "getui_incomplete");
  }
  for (const char* bad : {"", "ftp://a.example", "https://a.example/v2?x=1"}) {
    GetuiOptions options = complete;
    options.base_url = bad;
    const auto made = make_getui(io, *client, options);
    ASSERT_FALSE(made) << bad;
    EXPECT_EQ(made.error().code, "url_invalid");
  }
}

}  // namespace
}  // namespace yizhan::push
