// `yizhan trace`: everything about one thing, by any of its names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command_runner.h"

namespace yizhan::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Trace : public StoreCommandTest {
 protected:
  /// A payment that is made twice, and the event that it causes.
  void pay_order() {
    commands.output_of({"orders", "create", "T1", "100"});
    store::ReceiveCall paid;
    paid.callback.source = "wxpay";
    paid.callback.event_type = "TRANSACTION.SUCCESS";
    paid.callback.idempotency_key = "4200";
    paid.callback.received_at = utc_now();
    paid.callback.peer = "203.0.113.7";
    paid.callback.body = "secret body";
    paid.keys = {{"transaction_id", "4200"}, {"out_trade_no", "T1"}};
    paid.effect = store::PaymentEffect{
        .out_trade_no = "T1", .transaction_id = "4200", .provider = "wxpay", .merchant = {}, .total_fee = 100};
    store::NewEvent event;
    event.event.id = kEventId;
    event.event.platform = "shop";
    event.event.event_type = "payment.succeeded";
    event.event.payload = R"({"order":"T1","name":"Zhang San"})";
    event.event.correlation = "4200";
    event.event.created_at = event.first_attempt_at = utc_now();
    paid.effect_events = {event};
    store::ReceiveCall again = paid;
    again.effect_events.clear();
    commands.receive({paid, again});
  }

  static constexpr const char* kEventId = "0198c0de-0000-7000-8000-000000000001";
};

TEST_F(Trace, AnyOfItsNamesTellsTheWholeWay) {
  pay_order();
  for (const std::string key : {"4200", "T1", kEventId}) {
    const std::string text = commands.output_of({"trace", key});
    EXPECT_THAT(
        text, AllOf(HasSubstr("callback 1 from wxpay"), HasSubstr("accepted, effect applied"), HasSubstr("203.0.113.7"),
                    HasSubstr("repeats callback 1"), HasSubstr("T1 through wxpay, transaction 4200; now paid"),
                    HasSubstr("payment.succeeded → shop"), HasSubstr("The first attempt is due now")))
        << key;
  }
  EXPECT_THAT(commands.output_of({"trace", "4200"}), HasSubstr("transaction_id"));
  EXPECT_THAT(commands.output_of({"trace", kEventId}), HasSubstr("event id"));
}

TEST_F(Trace, AnEventThatStandsAloneIsToldToo) {
  const std::string id = commands.add_event("crm", EventStatus::kDeadLetter, 2);
  const std::string text = commands.output_of({"trace", "order-1"});
  EXPECT_THAT(text, AllOf(HasSubstr("correlation"), HasSubstr(id), HasSubstr("attempt 2"), HasSubstr("dead letter"),
                          HasSubstr("yizhan replay " + id)));
}

TEST_F(Trace, WhatIsNotThereIsSaidWithAnExitStatus) {
  const CommandOutcome outcome = commands.run({"trace", "nobody"});
  EXPECT_EQ(outcome.status, 5);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("'nobody'"), HasSubstr("[trace_not_found]")));
}

TEST_F(Trace, ForAProgramItIsOneObject) {
  pay_order();
  EXPECT_THAT(
      commands.output_of({"trace", "T1", "--json"}),
      AllOf(HasSubstr(R"({"key":"T1","found_as":["out_trade_no"])"), HasSubstr(R"("orders":[{"out_trade_no":"T1")"),
            HasSubstr(R"("events":[{"id":"0198c0de)"), HasSubstr(R"("next_steps":[")")));
}

TEST_F(Trace, ABundleHoldsNoPayloadsAndTellsHowToRepeat) {
  pay_order();
  commands.output_of({"trace", "T1", "--bundle", commands.folder() / "bundle.json"});
  const std::string bundle = commands.read_file("bundle.json");
  EXPECT_THAT(bundle, AllOf(HasSubstr("payment.succeeded"), HasSubstr(R"("payload":"(33 bytes left out, SHA-256)"),
                            HasSubstr("curl -sS -i -X POST 'https://shop.example/'"),
                            HasSubstr(std::string("yizhan replay ") + kEventId), Not(HasSubstr("Zhang San")),
                            Not(HasSubstr("secret body"))));
  EXPECT_THAT(commands.run({"trace", "T1", "--bundle", "/nowhere/bundle.json"}).err, HasSubstr("[file_not_written]"));
}

}  // namespace
}  // namespace yizhan::cli
