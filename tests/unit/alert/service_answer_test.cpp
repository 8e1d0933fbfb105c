// What the services' answers come to: the body decides where the status always is 200.
#include "alert/service_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace yizhan::alert {
namespace {

using testing::HasSubstr;

constexpr std::array<AnswerNames, 2> kNames{{{"code", "msg"}, {"StatusCode", "StatusMessage"}}};
constexpr std::array<CodeMeaning, 3> kMeanings{{{"11", ErrorClass::kAlertThrottled, "Send less"},
                                                {"isv.LIMIT", ErrorClass::kAlertThrottled, ""},
                                                {"isv.*", ErrorClass::kAlertRefused, "Mend it"}}};
constexpr AnswerForm kForm{.service = "Robots", .names = kNames, .success = "0", .meanings = kMeanings};

AttemptOutcome judged(std::string_view body, int status = 200) {
  AttemptOutcome outcome;
  outcome.response_status = status;
  outcome.error_class = class_of_status(status);
  judge_answer(outcome, body, kForm);
  return outcome;
}

TEST(ServiceAnswer, SuccessIsTheCode) {
  for (const char* body : {R"({"code":0,"msg":"ok"})", R"({"code":"0"})", R"({"StatusCode":0})"}) {
    EXPECT_TRUE(judged(body).succeeded()) << body;
  }
  EXPECT_EQ(judged(R"({"code":0})", 503).error_class, ErrorClass::kHttp5xx) << "another status stands";
}

TEST(ServiceAnswer, ACodeMeansWhatTheTableSays) {
  EXPECT_EQ(judged(R"({"code":11,"msg":"too fast"})").error_class, ErrorClass::kAlertThrottled);
  EXPECT_EQ(judged(R"({"code":11})", 400).error_class, ErrorClass::kAlertThrottled) << "whatever the status";
  EXPECT_EQ(judged(R"({"code":"isv.LIMIT"})").error_class, ErrorClass::kAlertThrottled) << "the first that fits";
  const AttemptOutcome refused = judged(R"({"code":"isv.OTHER","msg":"bad\nthing"})");
  EXPECT_EQ(refused.error_class, ErrorClass::kAlertRefused);
  EXPECT_EQ(refused.error_message, "Robots answered with code isv.OTHER: bad thing. Mend it");
}

TEST(ServiceAnswer, WhatIsNotKnownIsTriedAgain) {
  EXPECT_EQ(judged(R"({"code":-1,"msg":"busy"})").error_class, ErrorClass::kAlertFailed);
  EXPECT_EQ(judged(R"({"code":-1})", 500).error_class, ErrorClass::kHttp5xx);
  for (const char* body : {"", "oops", "[]", "{}", R"({"code":null})"}) {
    EXPECT_EQ(judged(body).error_class, ErrorClass::kAlertFailed) << body;
    EXPECT_THAT(judged(body).error_message, HasSubstr("'code' is expected")) << body;
    EXPECT_EQ(judged(body, 404).error_class, ErrorClass::kHttp4xx) << body;
  }
}

}  // namespace
}  // namespace yizhan::alert
