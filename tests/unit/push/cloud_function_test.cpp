// The cloud function on a real server: what it is sent, and what each of its answers means for the device.
#include "push/cloud_function.h"

#include "push/service_answer.h"
#include "push_service.h"

namespace yizhan::push {
namespace {

using testing::HasSubstr;
using testing::Not;

class CloudFunctionTest : public PushService {
 protected:
  std::unique_ptr<Channel> channel(Milliseconds timeout = Seconds(20)) {
    return make_cloud_function(*client, {.url = url("/push?key=of-the-url"),
                                         .token = "s3cret-token",
                                         .timeout = timeout,
                                         .extra_networks = loopback()})
        .value();
  }
  AttemptOutcome outcome_of(int status, std::string body, std::string header_lines = "") {
    answer_with(status, std::move(body), std::move(header_lines));
    return send(*channel(), message_to("cid-1"));
  }
  ErrorClass class_of(int status, std::string body) { return outcome_of(status, std::move(body)).error_class; }
};

TEST_F(CloudFunctionTest, IsSentOneDeviceACall) {
  answer_with(200, R"({"errCode":0})");
  EXPECT_EQ(channel()->endpoint_url(), url("/push")) << "the query may hold a key";
  const AttemptOutcome outcome = send(*channel(), message_to("cid-1", R"({"page":1})"));
  EXPECT_TRUE(outcome.succeeded()) << outcome.error_message;
  EXPECT_EQ(outcome.response_status, 200);
  EXPECT_EQ(outcome.response_head, R"({"errCode":0})");
  EXPECT_GT(outcome.duration, Microseconds{0});
  ASSERT_EQ(received.size(), 1U);
  EXPECT_EQ(received[0].method, "POST");
  EXPECT_EQ(received[0].path, "/push");
  EXPECT_EQ(received[0].content_type, "application/json");
  EXPECT_EQ(received[0].json(), boost::json::parse(R"({"token":"s3cret-token","push_clientid":"cid-1","title":"标题",
      "content":"内容","payload":{"page":1},"request_id":"0197aabbccdd7eef8123100000000000"})"));
}

TEST_F(CloudFunctionTest, SuccessIsWhatTheServiceSaysOfThisDevice) {
  for (const char* body :
       {R"({"errCode":0,"errMsg":"","data":{"RASS_1":{"cid-1":"successed_online"}}})",
        R"({"errCode":0,"errMsg":"","data":{"RASS_1":{"cid-1":"successed_offline"}}})",
        R"({"errCode":0,"data":{"RASS_1":{"alias-1":{"cid-1":"successed_online"}}}})",
        R"({"errCode":"0","errMsg":"success"})", R"({"errCode":0,"data":{}})", R"({"errCode":0,"data":null})",
        R"({"errCode":0,"data":{"log":{"requestId":"of the function's own"}}})",
        R"({"errCode":0,"data":{"RASS_0":{"cid-0":"successed_online"},"RASS_1":{"cid-1":"successed_online"}}})"}) {
    EXPECT_EQ(class_of(200, body), ErrorClass::kNone) << body;
    EXPECT_EQ(class_of(201, body), ErrorClass::kNone) << body;
  }
  EXPECT_EQ(class_of(200, R"({"errCode":0,"data":{"RASS_1":{"cid-1":"successed_ignore"}}})"), ErrorClass::kPushIgnored);
  EXPECT_EQ(class_of(200, R"({"errCode":0,"data":{"RASS_1":{"cid-1":"failed"}}})"), ErrorClass::kPushFailed);
  EXPECT_EQ(class_of(200, R"({"errCode":0,"data":{"RASS_1":{"cid-1":"TokenMD5NoUsers"}}})"),
            ErrorClass::kPushTargetInvalid);
  EXPECT_EQ(class_of(200, R"({"errCode":0,"data":{"RASS_1":{"cid-2":"successed_online"}}})"), ErrorClass::kPushFailed)
      << "another device has it";
}

TEST_F(CloudFunctionTest, CodesAreThoseOfUniPush) {
  const auto with_code = [](const std::string& code, const std::string& message) {
    return R"({"errCode":)" + code + R"(,"errMsg":")" + message + R"("})";
  };
  struct Case {
    const char* code;
    const char* message;
    ErrorClass expected;
  };
  for (const Case& each :
       {Case{"10001", "", ErrorClass::kPushUnauthorized},
        Case{"10002", "", ErrorClass::kPushUnauthorized},
        Case{"10003", "", ErrorClass::kPushThrottled},
        Case{"\"uni-cloud-push-error-10005\"", "", ErrorClass::kPushThrottled},
        Case{"20001", "target user is invalid", ErrorClass::kPushTargetInvalid},
        Case{"20001", "title size over limit", ErrorClass::kPushRefused},
        Case{"20001", "request_id is invalid", ErrorClass::kPushRefused},
        Case{"20001", "permission required by push", ErrorClass::kPushUnauthorized},
        Case{"\"uni-cloud-push-error-20001\"", "target user is invalid", ErrorClass::kPushTargetInvalid},
        Case{"30009", "", ErrorClass::kPushThrottled},
        Case{"30019", "", ErrorClass::kPushThrottled},
        Case{"1", "", ErrorClass::kPushFailed},
        Case{"2", "starting", ErrorClass::kPushFailed},
        Case{"-1", "token error", ErrorClass::kPushUnauthorized},
        Case{"401", "token无效", ErrorClass::kPushUnauthorized},
        Case{"-1", "cid not exist", ErrorClass::kPushTargetInvalid},
        Case{"-1", "target is null", ErrorClass::kPushTargetInvalid},
        Case{"500", "调用过于频繁", ErrorClass::kPushThrottled},
        Case{"\"FUNCTION_EXECUTION_FAIL\"", "x is not defined", ErrorClass::kPushFailed},
        Case{"true", "", ErrorClass::kPushFailed},
        Case{"0.5", "", ErrorClass::kPushFailed}}) {
    const AttemptOutcome outcome = outcome_of(200, with_code(each.code, each.message));
    EXPECT_EQ(outcome.error_class, each.expected) << each.code << ' ' << each.message;
    EXPECT_THAT(outcome.error_message, HasSubstr(each.message)) << each.code;
  }
}

TEST_F(CloudFunctionTest, ACodeCountsWhateverTheStatus) {
  EXPECT_EQ(class_of(401, R"({"errCode":10001,"errMsg":""})"), ErrorClass::kPushUnauthorized);
  EXPECT_EQ(class_of(400, R"({"errCode":20001,"errMsg":"target user is invalid"})"), ErrorClass::kPushTargetInvalid);
  EXPECT_EQ(class_of(410, R"({"errCode":20001,"errMsg":"target user is invalid"})"), ErrorClass::kPushTargetInvalid);
  EXPECT_EQ(class_of(500, R"({"errCode":1,"errMsg":"oops"})"), ErrorClass::kHttp5xx);
  EXPECT_EQ(class_of(500, R"({"errCode":0})"), ErrorClass::kHttp5xx) << "success is 2xx and errCode 0";
  EXPECT_EQ(class_of(404, "no such function"), ErrorClass::kHttp4xx);
  EXPECT_EQ(class_of(302, ""), ErrorClass::kRedirect);
}

TEST_F(CloudFunctionTest, AWrappedAnswerIsUnpacked) {
  EXPECT_EQ(class_of(200, R"({"statusCode":200,"body":"{\"errCode\":0}"})"), ErrorClass::kNone);
  EXPECT_EQ(
      class_of(200, R"({"mpserverlessComposedResponse":true,"statusCode":200,"headers":{},"body":{"errCode":0}})"),
      ErrorClass::kNone);
  EXPECT_EQ(class_of(200, R"({"body":{"errCode":0}})"), ErrorClass::kNone);
  EXPECT_EQ(class_of(200, R"({"statusCode":500,"body":{"errCode":0}})"), ErrorClass::kPushFailed);
  EXPECT_EQ(class_of(200, R"({"statusCode":"ok","body":{"errCode":0}})"), ErrorClass::kPushFailed);
  EXPECT_EQ(class_of(200, R"({"statusCode":400,"body":"{\"errCode\":20001,\"errMsg\":\"target user is invalid\"}"})"),
            ErrorClass::kPushTargetInvalid);
  EXPECT_EQ(
      class_of(200, R"({"statusCode":200,"body":"{\"errCode\":0,\"data\":{\"t\":{\"cid-1\":\"successed_ignore\"}}}"})"),
      ErrorClass::kPushIgnored);
}

TEST_F(CloudFunctionTest, NothingElseIsTakenForDelivered) {
  for (const std::string body :
       {"", "ok", "success", "null", "0", "[]", "{}", R"("errCode")", R"({"ok":true})", R"({"code":0})",
        R"({"errCode":null})", R"({"errcode":0})", R"({"errCode":0)", R"({"errCode":0} trailing)",
        R"({"body":"not JSON"})", R"({"body":"{\"errCode\":null}"})", R"({"statusCode":200})", R"({"body":[]})",
        "<html>errCode: 0</html>"}) {
    const AttemptOutcome outcome = outcome_of(200, body);
    EXPECT_EQ(outcome.error_class, ErrorClass::kPushFailed) << body;
    EXPECT_EQ(outcome.response_head, body) << "what came is on record";
    EXPECT_FALSE(outcome.error_message.empty());
  }
}

TEST_F(CloudFunctionTest, AnAnswerThatIsTooLongIsNoSuccess) {
  const std::string huge = R"({"errCode":0,"log":")" + std::string(200'000, 'x') + R"("})";
  const AttemptOutcome outcome = outcome_of(200, huge);
  EXPECT_EQ(outcome.error_class, ErrorClass::kPushFailed);
  EXPECT_EQ(outcome.response_head, huge.substr(0, kStoredResponseBytes));
  EXPECT_EQ(class_of(200, std::string(60'000, '[')), ErrorClass::kPushFailed) << "and neither is one that is deep";
}

TEST_F(CloudFunctionTest, QuotaOfTheDayIsWaitedForLonger) {
  EXPECT_EQ(outcome_of(403, R"({"errCode":30009,"errMsg":""})").retry_after, kQuotaPause);
  EXPECT_EQ(outcome_of(403, R"({"errCode":30009})", "Retry-After: 60\r\n").retry_after, "60") << "what it says itself";
  EXPECT_EQ(outcome_of(403, R"({"errCode":30014})").retry_after, "") << "by the minute";
  EXPECT_EQ(outcome_of(503, "", "Retry-After: 7\r\n").retry_after, "7");
}

TEST_F(CloudFunctionTest, WhatFailsBeforeAnAnswerIsAsForAnyCall) {
  hang();
  EXPECT_EQ(send(*channel(Milliseconds(60)), message_to("cid-1")).error_class, ErrorClass::kTimeout);
  auto nowhere = make_cloud_function(*client, {.url = "http://127.0.0.1:1/", .extra_networks = loopback()}).value();
  EXPECT_EQ(send(*nowhere, message_to("cid-1")).error_class, ErrorClass::kConnect);
  auto inside = make_cloud_function(*client, {.url = url()}).value();
  EXPECT_EQ(send(*inside, message_to("cid-1")).error_class, ErrorClass::kBlockedAddress);
}

TEST_F(CloudFunctionTest, ATokenThatIsRepeatedIsNotOnRecord) {
  for (const std::string& before : {std::string(), std::string(kStoredResponseBytes - 6, ' ')}) {
    const AttemptOutcome outcome = outcome_of(
        200, before + R"({"errCode":-1,"errMsg":"wrong token s3cret-token","event":{"token":"s3cret-token"}})");
    EXPECT_EQ(outcome.error_class, ErrorClass::kPushUnauthorized);
    EXPECT_THAT(outcome.error_message, Not(HasSubstr("s3cre")));
    EXPECT_THAT(outcome.response_head, Not(HasSubstr("s3cre"))) << "nor a part of it, at the end";
  }
  const AttemptOutcome edge = outcome_of(200, std::string(kStoredResponseBytes - 5, 'x') + "s3cret-token");
  EXPECT_THAT(edge.response_head, Not(HasSubstr("s3cr")));
}

TEST_F(CloudFunctionTest, MessagesAreOneLine) {
  const AttemptOutcome outcome =
      outcome_of(200, R"({"errCode":-1,"errMsg":"a\r\nb\u0007)" + std::string(5000, 'x') + "\"}");
  EXPECT_THAT(outcome.error_message, HasSubstr("a  b "));
  EXPECT_LT(outcome.error_message.size(), 300U);
}

TEST_F(CloudFunctionTest, ItsUrlMustBeOne) {
  for (const char* bad : {"", "ftp://a.example/", "a.example", "http://user@a.example/"}) {
    const auto made = make_cloud_function(*client, {.url = bad, .token = "t"});
    ASSERT_FALSE(made) << bad;
    EXPECT_EQ(made.error().code, "url_invalid");
  }
}

}  // namespace
}  // namespace yizhan::push
