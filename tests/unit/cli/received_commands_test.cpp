// The commands of the inbound half: callbacks and orders.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command_runner.h"

namespace yizhan::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Received : public StoreCommandTest {
 protected:
  static store::ReceiveCall call(const std::string& key, const std::string& body) {
    store::ReceiveCall made;
    made.callback.source = "wxpay";
    made.callback.event_type = "TRANSACTION.SUCCESS";
    made.callback.idempotency_key = key;
    made.callback.received_at = utc_now();
    made.callback.peer = "203.0.113.7";
    made.callback.target = "/notify/wxpay/shop";
    made.callback.headers = "Host: a\nX-A: \x1b[31mred\n";
    made.callback.body = body;
    made.callback.body_size = static_cast<std::int64_t>(body.size());
    made.keys = {{"out_trade_no", "T" + key}};
    return made;
  }
  void receive(std::vector<store::ReceiveCall> calls) {
    store::WriteBatch batch;
    batch.receives = std::move(calls);
    batch.now = utc_now();
    const auto reply = commands.opened().write(batch);
    ASSERT_TRUE(reply) << reply.error().message;
    for (const auto& each : reply->receives) ASSERT_TRUE(each) << each.error().message;
  }
};

TEST_F(Received, CallbacksAreListedAndFound) {
  store::ReceiveCall rejected = call("", "junk");
  rejected.keys.clear();
  rejected.rejected = true;
  rejected.callback.reason = "signature_mismatch";
  receive({call("1", "<xml/>"), call("1", "<xml/>"), rejected});
  const std::string all = commands.output_of({"callbacks", "list"});
  EXPECT_THAT(all, AllOf(HasSubstr("out_trade_no=T1"), HasSubstr("repeats 1"), HasSubstr("repeated 1 time"),
                         HasSubstr("signature_mismatch")));
  const std::string found = commands.output_of({"callbacks", "list", "--key", "T1", "--verdict", "accepted", "--json"});
  EXPECT_THAT(found, AllOf(StartsWith("{\"id\":\"1\",\"source\":\"wxpay\""), HasSubstr("\"duplicate_count\":1")));
  EXPECT_EQ(commands.output_of({"callbacks", "list", "--key", "T2"}), "No callback on record matches.\n");
  EXPECT_EQ(commands.output_of({"callbacks", "list", "--key", "T1", "--key-name", "message_id"}),
            "No callback on record matches.\n");
}

TEST_F(Received, ACallbackIsShownWholeAndHarmless) {
  receive({call("1", "<xml>\n</xml>")});
  const std::string text = commands.output_of({"callbacks", "show", "1"});
  EXPECT_THAT(text, AllOf(HasSubstr("203.0.113.7"), HasSubstr("T1"), HasSubstr("X-A: \\x1b[31mred"),
                          HasSubstr("<xml>\\n</xml>"), Not(HasSubstr("\x1b"))));
  EXPECT_EQ(commands.output_of({"callbacks", "show", "1", "--raw"}), "<xml>\n</xml>");
  EXPECT_THAT(commands.output_of({"callbacks", "show", "1", "--json"}), HasSubstr("\"body\":\"<xml>\\n</xml>\""));
}

TEST_F(Received, AnUnfitPaymentSaysWhatToDo) {
  store::ReceiveCall unfit = call("1", "<xml/>");
  store::PaymentEffect payment;
  payment.out_trade_no = "T1";
  payment.transaction_id = "42";
  payment.provider = "wxpay";
  payment.total_fee = 1;
  unfit.effect = payment;
  receive({unfit});
  EXPECT_THAT(commands.output_of({"callbacks", "show", "1"}),
              AllOf(HasSubstr("order_unknown"), HasSubstr("What to do"), HasSubstr("yizhan orders create")));
}

TEST_F(Received, MistakesAreNamed) {
  EXPECT_EQ(commands.run({"callbacks", "show", "7"}).status, 5);
  EXPECT_THAT(commands.run({"callbacks", "show", "T1"}).err, AllOf(HasSubstr("--key"), HasSubstr("[usage_invalid]")));
  EXPECT_THAT(commands.run({"callbacks", "list", "--verdict", "good"}).err, HasSubstr("accepted, duplicate, rejected"));
  EXPECT_THAT(commands.run({"callbacks", "list", "--key-name", "message_id"}).err, HasSubstr("--key"));
  EXPECT_EQ(commands.run({"callbacks", "list", "--since", "1h", "--until", "2h"}).status, 2);
}

TEST_F(Received, OrdersAreCreatedShownAndClosed) {
  EXPECT_THAT(commands.output_of({"orders", "create", "T1", "4999", "--merchant", "m1", "--user", "u1"}),
              AllOf(HasSubstr("unpaid (0)"), HasSubstr("49.99 CNY (4999)")));
  EXPECT_THAT(commands.output_of({"orders", "create", "T1", "4999", "--merchant", "m1", "--user", "u1"}),
              StartsWith("The same order was there already.\n"));
  const CommandOutcome other = commands.run({"orders", "create", "T1", "5"});
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.err, HasSubstr("[order_conflict]"));
  EXPECT_EQ(commands.run({"orders", "create", "T2", "0"}).status, 2);
  EXPECT_EQ(commands.run({"orders", "show", "T2"}).status, 5);
  EXPECT_THAT(commands.output_of({"orders", "show", "T1", "--json"}), HasSubstr("\"state\":\"unpaid\""));
  EXPECT_THAT(commands.output_of({"orders", "show", "T1"}), HasSubstr("yizhan callbacks list --key T1"));
  EXPECT_THAT(commands.output_of({"orders", "close", "T1"}), HasSubstr("closed (-1)"));
}

TEST_F(Received, AnOrderThatWasPaidIsNotClosed) {
  commands.output_of({"orders", "create", "T1", "100"});
  commands.output_of({"sql", "UPDATE pay_orders SET status = 1"});
  const CommandOutcome outcome = commands.run({"orders", "close", "T1"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("paid"));
}

TEST_F(Received, CommandsBesideTheServiceNeedNoneOfItsSecrets) {
  commands.write_file("yizhan.toml",
                      "[platforms.crm]\nbase_url = \"https://crm.example\"\nsecret_file = \"/nonexistent/secret\"\n"
                      "[sources.github]\nsecret_file = \"/nonexistent/hook\"\n"
                      "[[routes]]\nsource = \"express\"\nplatform = \"erp\"\n");
  EXPECT_EQ(commands.output_of({"callbacks", "list"}), "No callback on record matches.\n");
  EXPECT_EQ(commands.run({"config", "show"}).status, 0);
  const CommandOutcome check = commands.run({"config", "check"});
  EXPECT_EQ(check.status, 2);
  EXPECT_THAT(check.err, AllOf(HasSubstr("platforms.crm.secret_files"), HasSubstr("sources.github.secret_files"),
                               HasSubstr("routes.1.platform"), HasSubstr("routes.1.source")));
}

TEST_F(Received, ConfigCheckFindsWhatAStartWouldFind) {
  commands.write_file("yizhan.toml",
                      "[sources.a]\nkind = \"github\"\nsecret = \"x\"\naccount = \"hub\"\n"
                      "[sources.b]\nkind = \"slack\"\nsecret = \"x\"\naccount = \"hub\"\n");
  const CommandOutcome check = commands.run({"config", "check"});
  EXPECT_EQ(check.status, 2);
  EXPECT_THAT(check.err, AllOf(HasSubstr("sources.a and sources.b"), HasSubstr("/in/hub"), HasSubstr("path_taken")));
}

}  // namespace
}  // namespace yizhan::cli
