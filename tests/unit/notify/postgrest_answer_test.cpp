// What follows from each answer of PostgREST's, with the bodies that its documentation gives.
#include "notify/postgrest_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yizhan::notify {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Kind = NoRecipients::Kind;
using Concerns = Refusal::Concerns;

http::Response answer(int status, std::string body) {
  return {.status = status, .body = std::move(body), .body_truncated = false, .retry_after = {}, .date = {}};
}

template <class Answer>
Refusal refused(const std::expected<Answer, Refusal>& answer) {
  if (answer) throw std::runtime_error("was no refusal");
  return answer.error();
}

Refusal refusal(int status, const std::string& body) {
  const Refusal refusal = refused(read_orders(answer(status, body)));
  // The function's answers are refused alike.
  EXPECT_EQ(refused(read_order_of_function(answer(status, body))).reason.text(), refusal.reason.text());
  EXPECT_EQ(refused(read_any_row(answer(status, body))).reason.text(), refusal.reason.text());
  return refusal;
}

std::string error_body(const std::string& code, const std::string& message) {
  return R"({"code":")" + code + R"(","details":null,"hint":null,"message":")" + message + R"("})";
}

struct Case {
  int status;
  std::string their_code;
  std::string message;
  Kind kind;
  std::string code;
  Concerns concerns = Concerns::kService;
};

class Refusals : public testing::TestWithParam<Case> {};

TEST_P(Refusals, EachHasACodeOfItsOwn) {
  const Case& c = GetParam();
  const Refusal found = refusal(c.status, error_body(c.their_code, c.message));
  EXPECT_EQ(found.reason.code, c.code);
  EXPECT_EQ(found.reason.kind, c.kind);
  EXPECT_EQ(found.concerns, c.concerns);
  EXPECT_THAT(found.reason.message,
              AllOf(HasSubstr(std::to_string(c.status)), HasSubstr(c.their_code), HasSubstr(c.message)));
}

INSTANTIATE_TEST_SUITE_P(
    Documented, Refusals,
    testing::Values(
        Case{401, "PGRST301", "No suitable key or wrong key type", Kind::kFail, "jwt_not_decoded"},
        Case{401, "PGRST301", "JWT expired", Kind::kFail, "jwt_expired"},
        Case{401, "PGRST303", "JWT expired", Kind::kFail, "jwt_expired"},
        Case{401, "PGRST302", "Anonymous access is disabled", Kind::kFail, "permission_denied"},
        Case{503, "PGRST002", "Could not query the database for the schema cache. Retrying.", Kind::kPutOff,
             "schema_cache_unavailable"},
        Case{503, "PGRST000", "Database connection error. Retrying the connection.", Kind::kPutOff,
             "postgrest_unavailable"},
        Case{504, "PGRST003", "Timed out acquiring connection from connection pool.", Kind::kPutOff,
             "database_overloaded"},
        Case{404, "PGRST202", "Could not find the function", Kind::kFail, "rpc_missing"},
        Case{404, "42883", "function does not exist", Kind::kFail, "rpc_missing"},
        Case{404, "PGRST205", "Could not find the table", Kind::kFail, "table_missing"},
        Case{404, "42P01", "relation does not exist", Kind::kFail, "table_missing"},
        Case{400, "42703", "column does not exist", Kind::kFail, "column_missing"},
        Case{403, "42501", "permission denied for table ml_orders", Kind::kFail, "permission_denied"},
        Case{401, "42501", "permission denied for table ml_orders", Kind::kFail, "permission_denied"},
        Case{400, "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification",
             Kind::kFail, "on_conflict_unmatched"},
        Case{409, "23505", "duplicate key value violates unique constraint", Kind::kFail, "duplicate_key"},
        Case{400, "P0001", "invalid token", Kind::kFail, "rpc_refused", Concerns::kOrder},
        Case{400, "22P02", "invalid input syntax for type uuid", Kind::kSkip, "order_not_found", Concerns::kQuestion},
        Case{503, "53300", "sorry, too many clients already", Kind::kPutOff, "database_overloaded"},
        Case{503, "53200", "out of memory", Kind::kPutOff, "database_overloaded"},
        Case{503, "57P01", "terminating connection", Kind::kPutOff, "postgrest_unavailable"},
        Case{500, "XX000", "internal error", Kind::kPutOff, "postgrest_unavailable"},
        Case{400, "PGRST100", "failed to parse filter", Kind::kFail, "postgrest_refused"}));

TEST(GatewayAnswers, AreJudgedByTheirStatus) {
  const auto code = [](int status, const std::string& body) { return refusal(status, body).reason.code; };
  EXPECT_EQ(code(401, R"({"message":"Invalid authentication credentials"})"), "supa_key_refused");
  EXPECT_EQ(code(401, R"({"message":"No API key found in request"})"), "supa_key_refused");
  EXPECT_EQ(code(403, "<html></html>"), "permission_denied");
  EXPECT_EQ(code(429, "{}"), "postgrest_throttled");
  EXPECT_EQ(code(502, "<html>Bad Gateway</html>"), "postgrest_unavailable");
  EXPECT_EQ(code(503, ""), "postgrest_unavailable");
  EXPECT_EQ(code(408, ""), "postgrest_unavailable");
  EXPECT_EQ(code(301, ""), "postgrest_answer_invalid");
  EXPECT_EQ(code(404, "not found"), "postgrest_refused");
  EXPECT_EQ(refusal(414, "").concerns, Concerns::kQuestion);
  for (const int status : {301, 408, 429, 500, 502, 503}) {
    EXPECT_EQ(refusal(status, "").reason.kind, Kind::kPutOff) << status;
  }
}

TEST(OddAnswers, AreNoAnswer) {
  for (const std::string body :
       {"", "<html>login</html>", "{\"id\":\"1\"}", "null", "7", "[1]", "[{}]", "[{\"id\":null}]", "[{\"id\":\"1\"}]",
        "[{\"id\":\"1\",\"user_id\":\"u\"}]", "[", "\xff"}) {
    const auto orders = read_orders(answer(200, body));
    ASSERT_FALSE(orders) << body;
    EXPECT_EQ(orders.error().reason.code, "postgrest_answer_invalid") << body;
    EXPECT_EQ(orders.error().reason.kind, Kind::kPutOff) << body;
  }
  for (const std::string body : {"", "<html></html>", "7", "\"u\"", "[1]", "{}", "[{\"user_id\":\"u\"}]"}) {
    const auto order = read_order_of_function(answer(200, body));
    ASSERT_FALSE(order) << body;
    EXPECT_EQ(order.error().reason.code, "postgrest_answer_invalid") << body;
  }
}

TEST(OddAnswers, CutOffIsNoAnswerHoweverItLooks) {
  http::Response cut = answer(200, "[]");
  cut.body_truncated = true;
  EXPECT_THAT(refused(read_orders(cut)).reason.text(),
              AllOf(HasSubstr("postgrest_answer_invalid"), HasSubstr("outbound.response_limit")));
}

TEST(OddAnswers, WhatTheySayIsQuotedInOneShortLine) {
  const std::string long_text(5000, 'x');
  const Refusal found = refusal(400, error_body("PGRST100", "a\\nb\\u0000c" + long_text));
  EXPECT_THAT(found.reason.message, AllOf(HasSubstr("'a b c"), Not(HasSubstr("\n"))));
  EXPECT_LT(found.reason.message.size(), 500U);
}

TEST(Rows, AreReadByTheirId) {
  const auto orders = read_orders(answer(200, R"([{"id":"A","user_id":"u","merchant_id":null},
    {"id":42,"user_id":null,"merchant_id":18446744073709551615},
    {"id":"0198AABB-CCDD-7EEF-8123-0123456789AB","user_id":"x","merchant_id":"y"}])"));
  ASSERT_TRUE(orders);
  ASSERT_EQ(orders->size(), 3U);
  EXPECT_EQ(orders->at("A").user_id, "u");
  EXPECT_EQ(orders->at("A").merchant_id, "");
  EXPECT_EQ(orders->at("42").merchant_id, "18446744073709551615");
  EXPECT_EQ(orders->at("0198aabb-ccdd-7eef-8123-0123456789ab").merchant_id, "y") << "UUIDs are the same in either case";
  EXPECT_EQ(comparable_id("AbC"), "AbC") << "other texts are not";
}

TEST(Rows, OfTheFunction) {
  EXPECT_EQ(read_order_of_function(answer(200, "[]")).value(), std::nullopt);
  EXPECT_EQ(read_order_of_function(answer(200, "null")).value(), std::nullopt);
  EXPECT_EQ(read_order_of_function(answer(200, "[null]")).value(), std::nullopt);
  EXPECT_EQ(read_order_of_function(answer(200, R"([{"user_id":"u","merchant_id":null}])")).value()->user_id, "u");
  EXPECT_EQ(read_order_of_function(answer(200, R"({"user_id":null,"merchant_id":"m"})")).value()->merchant_id, "m");
}

TEST(NoAnswer, PassesUnlessTheAddressIsRefused) {
  EXPECT_EQ(no_answer({ErrorClass::kTimeout, "no answer"}).reason.kind, Kind::kPutOff);
  EXPECT_THAT(no_answer({ErrorClass::kTimeout, "no answer"}).reason.text(),
              AllOf(HasSubstr("postgrest_unavailable"), HasSubstr("timeout")));
  EXPECT_EQ(no_answer({ErrorClass::kBlockedAddress, "10.0.0.1"}).reason.kind, Kind::kFail);
  EXPECT_THAT(no_answer({ErrorClass::kBlockedAddress, "10.0.0.1"}).reason.text(), HasSubstr("notify.outbound_allow"));
}

}  // namespace
}  // namespace yizhan::notify
