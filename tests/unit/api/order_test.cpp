// Orders over the API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/order_json.h"
#include "api_harness.h"

namespace yizhan::api {
namespace {

using testing::HasSubstr;

Answer create(RunningApi& api, const std::string& body) {
  return api.ask("POST", "/api/v1/pay/orders", body);
}

TEST(Orders, AreCreatedOnceLookedAtAndClosed) {
  RunningApi api;
  const std::string order =
      R"({"out_trade_no":"T/1","total_fee":4999,"merchant":"1900000109","description":"一个月","user_id":"u-1"})";
  const Answer created = create(api, order);
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.text("state"), "unpaid");
  EXPECT_EQ(created.number("status"), 0);
  EXPECT_EQ(created.number("total_fee"), 4999);
  EXPECT_EQ(created.text("currency"), "CNY");
  EXPECT_EQ(created.text("description"), "一个月");
  EXPECT_EQ(create(api, order).status, 200);
  const Answer other = create(api, R"({"out_trade_no":"T/1","total_fee":5000})");
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(other.code(), "order_conflict");

  const Answer found = api.ask("GET", "/api/v1/pay/orders/T%2F1");
  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(found.number("total_fee"), 4999);
  const Answer closed = api.ask("POST", "/api/v1/pay/orders/T%2F1/close");
  EXPECT_EQ(closed.status, 200);
  EXPECT_EQ(closed.number("status"), -1);
  EXPECT_EQ(closed.text("state"), "closed");
  EXPECT_EQ(api.ask("POST", "/api/v1/pay/orders/T%2F1/close").text("state"), "closed");
}

TEST(Orders, OneThatWasPaidStaysPaid) {
  RunningApi api;
  create(api, R"({"out_trade_no":"T1","total_fee":100})");
  api.sql("UPDATE pay_orders SET status = 1 WHERE out_trade_no = 'T1'");
  const Answer closed = api.ask("POST", "/api/v1/pay/orders/T1/close");
  EXPECT_EQ(closed.status, 200);
  EXPECT_EQ(closed.text("state"), "paid");
}

TEST(Orders, UnknownOnesAreNotFound) {
  RunningApi api;
  EXPECT_EQ(api.ask("GET", "/api/v1/pay/orders/none").code(), "order_not_found");
  EXPECT_EQ(api.ask("POST", "/api/v1/pay/orders/none/close").status, 404);
}

TEST(Orders, WhatIsWrongIsNamed) {
  RunningApi api;
  struct Case {
    const char* body;
    const char* code;
    const char* says;
  };
  for (const Case& wrong :
       {Case{"{", "json_invalid", ""}, Case{R"({"total_fee":1})", "field_missing", "out_trade_no"},
        Case{R"({"out_trade_no":"T1"})", "field_missing", "total_fee"},
        Case{R"({"out_trade_no":"","total_fee":1})", "field_invalid", "out_trade_no"},
        Case{R"({"out_trade_no":"T1","total_fee":0})", "field_invalid", "total_fee"},
        Case{R"({"out_trade_no":"T1","total_fee":1.5})", "field_invalid", "smallest unit"},
        Case{R"({"out_trade_no":"T1","total_fee":"1"})", "field_invalid", "whole number"},
        Case{R"({"out_trade_no":"T1","total_fee":1,"currency":"yuan"})", "field_invalid", "currency"},
        Case{R"({"out_trade_no":"T1","total_fee":1,"user_id":"a\nb"})", "field_invalid", "user_id"},
        Case{R"({"out_trade_no":"T1","total_fee":1,"amount":1})", "field_unknown", "'amount'"}}) {
    const Answer answer = create(api, wrong.body);
    EXPECT_EQ(answer.code(), wrong.code) << wrong.body;
    EXPECT_THAT(answer.detail(), HasSubstr(wrong.says)) << wrong.body;
  }
  EXPECT_EQ(create(api, R"({"out_trade_no":")" + std::string(65, 'x') + R"(","total_fee":1})").code(), "field_invalid");
  EXPECT_EQ(api.ask("GET", "/api/v1/pay/orders/T1").status, 404) << "nothing was stored";
}

TEST(Orders, EveryStatusHasAName) {
  for (int status = -1; status <= 3; ++status) EXPECT_NE(order_state(status), "unknown");
  EXPECT_EQ(order_state(4), "unknown");
}

}  // namespace
}  // namespace yizhan::api
