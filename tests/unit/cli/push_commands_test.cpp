// The commands of the push chain on a real store: phones, notifications, parcels, and the two test senders.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "command_runner.h"
#include "fake_service.h"
#include "verify/presets.h"

namespace yizhan::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::int64_t kPushEndpoint = 7;

/// What the service would do: fans out what waits, and records one attempt for every delivery. Answers how many.
int deliver(store::Store& store, const AttemptOutcome& outcome, EventStatus next) {
  const UtcTime now = utc_now();
  store::FanOutOptions options;
  options.endpoint_key = kPushEndpoint;
  const auto fanned =
      store.fan_out(options, [](const auto&, const auto&, std::string_view) { return std::string("{}"); }, now);
  EXPECT_TRUE(fanned) << fanned.error().message;
  // One that was sent before and goes out again is routed anew.
  store::WriteBatch claims;
  claims.now = utc_now();
  for (const std::int64_t endpoint : {kPushEndpoint, store::kUnrouted}) {
    claims.claims.push_back({.endpoint_key = endpoint, .limit = 100, .lease_token = "push", .lease = Seconds(60)});
  }
  const auto claimed = store.write(claims);
  EXPECT_TRUE(claimed) << claimed.error().message;
  store::WriteBatch records;
  records.now = utc_now();
  std::vector<store::ClaimedEvent> events;
  for (const store::ClaimReply& reply : claimed->claims) {
    events.insert(events.end(), reply.events.begin(), reply.events.end());
  }
  for (const store::ClaimedEvent& event : events) {
    store::AttemptRecord record;
    record.sequence = event.sequence;
    record.event_id = event.event.id;
    record.lease_token = "push";
    record.outcome = outcome;
    record.outcome.started_at = records.now;
    record.outcome.duration = Milliseconds(12);
    record.next_status = next;
    record.next_attempt_at = records.now + Seconds(60);
    record.recorded_at = records.now;
    record.is_push = true;
    records.records.push_back(std::move(record));
  }
  const auto recorded = store.write(records);
  EXPECT_TRUE(recorded) << recorded.error().message;
  return static_cast<int>(records.records.size());
}

AttemptOutcome success() {
  AttemptOutcome outcome;
  outcome.response_status = 200;
  return outcome;
}
AttemptOutcome failure(ErrorClass error_class, const std::string& message) {
  AttemptOutcome outcome;
  outcome.error_class = error_class;
  outcome.error_message = message;
  outcome.response_status = 200;
  return outcome;
}

class PushCommands : public StoreCommandTest {
 protected:
  std::string notify(const std::string& aud, const std::string& recipient, const std::string& title) {
    store::NewNotification notification;
    notification.message_id = "m-" + title;
    notification.audience = store::parse_audience(aud).value();
    notification.recipient_id = recipient;
    notification.appid = aud == "device" ? "default" : "";
    notification.title = title;
    notification.tracking_no = "YT1";
    const auto added = commands.opened().add_notification(notification, utc_now());
    EXPECT_TRUE(added) << added.error().message;
    return added->view.id;
  }
};

TEST_F(PushCommands, ADeviceIsRegisteredListedShownAndUnregistered) {
  EXPECT_THAT(commands.output_of({"devices", "register", "c-1", "--user", "u-1", "--platform", "android"}),
              AllOf(HasSubstr("c-1"), HasSubstr("android"), HasSubstr("Registered.")));
  EXPECT_THAT(commands.output_of({"devices", "register", "c-1", "--merchant", "m-1", "--json"}),
              AllOf(HasSubstr(R"("user_id":"u-1")"), HasSubstr(R"("existed":true)")));
  commands.output_of({"devices", "register", "c-2", "--user", "u-2"});
  EXPECT_THAT(commands.output_of({"devices", "list", "--user", "u-1"}),
              AllOf(HasSubstr("c-1"), HasSubstr("active"), Not(HasSubstr("c-2"))));
  EXPECT_THAT(commands.output_of({"devices", "unregister", "c-1"}), HasSubstr("Unregistered c-1"));
  EXPECT_THAT(commands.output_of({"devices", "list", "--inactive"}),
              AllOf(HasSubstr("inactive: unregistered by hand"), Not(HasSubstr("c-2"))));
  EXPECT_THAT(commands.output_of({"devices", "list", "--active", "--json"}), StartsWith("{\"id\":"));
  EXPECT_THAT(commands.output_of({"devices", "show", "c-1"}),
              AllOf(HasSubstr("inactive: unregistered by hand"), HasSubstr("m-1"), HasSubstr("yizhan push-test c-1")));
  EXPECT_THAT(commands.output_of({"devices", "list", "--user", "u-3"}), HasSubstr("No device matches"));

  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"devices", "show", "c-9"},
                                             {"devices", "unregister", "c-9"},
                                             {"devices", "unregister", "c-2", "--appid", "x"}}) {
    const CommandOutcome missing = commands.run(command);
    EXPECT_EQ(missing.status, 5);
    EXPECT_THAT(missing.err, HasSubstr("[device_not_found]"));
  }
  EXPECT_EQ(commands.run({"devices", "register", std::string(129, 'x')}).status, 2);
  EXPECT_EQ(commands.run({"devices", "register", ""}).status, 2) << "an empty cid would be everybody's";
  EXPECT_EQ(commands.run({"devices", "list", "--active", "--inactive"}).status, 2);
}

TEST_F(PushCommands, RegisteringSaysWhatItWoke) {
  notify("user", "u-1", "hello");
  EXPECT_EQ(deliver(commands.opened(), success(), EventStatus::kDelivered), 0);
  EXPECT_THAT(commands.output_of({"notifications", "list"}), HasSubstr("for a device, until"));
  EXPECT_THAT(commands.output_of({"devices", "register", "c-1", "--user", "u-1"}),
              HasSubstr("1 notification waited for it"));
}

TEST_F(PushCommands, NotificationsTellWhatBecameOfThemOnEachDevice) {
  commands.output_of({"devices", "register", "c-1", "--user", "u-1"});
  commands.output_of({"devices", "register", "c-2", "--user", "u-1"});
  const std::string id = notify("user", "u-1", "hello");
  const std::string waiting = commands.output_of({"notifications", "list"});
  EXPECT_THAT(waiting, AllOf(HasSubstr(id), HasSubstr("waiting"), HasSubstr("hello")));
  EXPECT_THAT(commands.output_of({"notifications", "show", id}), HasSubstr("It waits to be sent"));

  EXPECT_EQ(deliver(commands.opened(), failure(ErrorClass::kPushRefused, "title too long"), EventStatus::kDeadLetter),
            2);
  EXPECT_THAT(commands.output_of({"notifications", "list", "--status", "failed", "--recipient", "u-1"}), HasSubstr(id));
  EXPECT_THAT(commands.output_of({"notifications", "list", "--status", "success"}),
              HasSubstr("No notification matches"));
  const std::string failed = commands.output_of({"notifications", "show", "m-hello"});
  EXPECT_THAT(failed, AllOf(HasSubstr("c-1"), HasSubstr("c-2"), HasSubstr("failed"), HasSubstr("title too long"),
                            HasSubstr("No device got it."), HasSubstr("yizhan notifications resend " + id)));
  EXPECT_THAT(commands.output_of({"notifications", "show", id, "--devices", "1"}), HasSubstr("There are more"));
  EXPECT_THAT(commands.output_of({"notifications", "show", id, "--json"}),
              AllOf(HasSubstr(R"("outcome":"failed")"), HasSubstr(R"("error_class":"push_refused")"),
                    HasSubstr(R"("attempt_no":1)")));

  EXPECT_THAT(commands.output_of({"notifications", "resend", id}), HasSubstr("goes out again"));
  EXPECT_THAT(commands.output_of({"notifications", "resend", id}), HasSubstr("waits to be sent already"));
  EXPECT_EQ(deliver(commands.opened(), success(), EventStatus::kDelivered), 2);
  EXPECT_THAT(commands.output_of({"notifications", "show", id}),
              AllOf(HasSubstr("Every device got it"), HasSubstr("delivered"), HasSubstr("2: 2 have it, 0 failed")));
  EXPECT_THAT(commands.output_of({"notifications", "list", "--tracking", "YT1", "--aud", "user", "--json"}),
              HasSubstr(R"("send_status":"success")"));
}

TEST_F(PushCommands, AnUnknownNotificationIsNotFound) {
  for (const char* command : {"show", "resend"}) {
    const CommandOutcome missing = commands.run({"notifications", command, "x' OR '1'='1"});
    EXPECT_EQ(missing.status, 5);
    EXPECT_THAT(missing.err, HasSubstr("[notification_not_found]"));
  }
  EXPECT_EQ(commands.run({"notifications", "list", "--status", "sent"}).status, 2);
  EXPECT_EQ(commands.run({"notifications", "list", "--aud", "all"}).status, 2);
}

TEST_F(PushCommands, AParcelIsPutAndShown) {
  const CommandOutcome missing = commands.run({"waybills", "show", "YT1"});
  EXPECT_EQ(missing.status, 5);
  EXPECT_THAT(missing.err, HasSubstr("yizhan waybills put YT1"));
  EXPECT_THAT(commands.output_of({"waybills", "put", "YT1", "--carrier", "YTO", "--order", "o-1", "--user", "u-1"}),
              AllOf(HasSubstr("YT1"), HasSubstr("nothing heard yet"), HasSubstr("u-1")));
  commands.output_of({"waybills", "put", "YT1", "--order", "o-1", "--merchant", "m-1"});
  EXPECT_THAT(commands.output_of({"waybills", "show", "YT1"}),
              AllOf(HasSubstr("YTO"), HasSubstr("u-1"), HasSubstr("m-1"), HasSubstr("--tracking YT1")));
  EXPECT_THAT(commands.output_of({"waybills", "show", "YT1", "--json"}), HasSubstr(R"("tracking_no":"YT1")"));
  const CommandOutcome wrong = commands.run({"waybills", "put", "YT2", "--user", "u-1"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("'order_id'"));
}

TEST_F(PushCommands, ATestNotificationWaitsToBeSent) {
  const std::string out = commands.output_of({"push-test", "c-1", "--title", "标题", "--content", "正文"});
  EXPECT_THAT(out, HasSubstr("waits to be sent"));
  const auto listed = commands.opened().list_notifications({.recipient_id = "c-1"}, {});
  ASSERT_TRUE(listed);
  ASSERT_THAT(listed->rows, SizeIs(1));
  EXPECT_EQ(listed->rows.front().notification.audience, store::Audience::kDevice);
  EXPECT_EQ(listed->rows.front().notification.title, "标题");
  EXPECT_EQ(listed->rows.front().notification.appid, "default");
  EXPECT_EQ(commands.run({"push-test", ""}).status, 2);
  EXPECT_EQ(commands.run({"push-test", std::string(129, 'x')}).status, 2);
}

/// Runs the command while somebody delivers what it asks for.
CommandOutcome push_test(CommandRunner& commands, const AttemptOutcome& outcome, EventStatus next,
                         std::vector<std::string> more = {}) {
  store::Store& store = commands.opened();
  std::atomic<bool> over = false;
  std::thread service([&] {
    while (!over && deliver(store, outcome, next) == 0) std::this_thread::yield();
  });
  std::vector<std::string> arguments{"push-test", "c-1", "--wait"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const CommandOutcome came = commands.run(arguments);
  over = true;
  service.join();
  return came;
}

TEST_F(PushCommands, ATestNotificationIsWaitedFor) {
  const CommandOutcome delivered = push_test(commands, success(), EventStatus::kDelivered);
  EXPECT_EQ(delivered.status, 0) << delivered.err;
  EXPECT_THAT(delivered.out, HasSubstr("Delivered to the push service, at attempt 1"));
  EXPECT_THAT(delivered.err, HasSubstr("CLOUD_FUNC_URL")) << "this configuration has no push service, and it is said";
}

TEST_F(PushCommands, ATestNotificationThatFailsSaysWhatMendsIt) {
  const CommandOutcome ignored =
      push_test(commands, failure(ErrorClass::kPushIgnored, "successed_ignore"), EventStatus::kDeadLetter);
  EXPECT_EQ(ignored.status, 1);
  EXPECT_THAT(ignored.out, AllOf(HasSubstr("Ignored"), HasSubstr("[push_ignored]"), HasSubstr("90 days")));
  const CommandOutcome invalid = push_test(commands, failure(ErrorClass::kPushTargetInvalid, "target is invalid"),
                                           EventStatus::kDeadLetter, {"--json"});
  EXPECT_EQ(invalid.status, 1);
  EXPECT_THAT(invalid.out,
              AllOf(HasSubstr(R"("outcome":"failed")"), HasSubstr(R"("error_class":"push_target_invalid")"),
                    HasSubstr(R"("mend":"The push service does not know)")));
  const CommandOutcome retried =
      push_test(commands, failure(ErrorClass::kPushThrottled, "too many"), EventStatus::kRetrying, {"--timeout", "1"});
  EXPECT_EQ(retried.status, 1);
  EXPECT_THAT(retried.out, AllOf(HasSubstr("it is tried again"), HasSubstr("[push_throttled]")));
}

TEST_F(PushCommands, ATestNotificationThatNobodySendsSaysSo) {
  const CommandOutcome outcome = commands.run({"push-test", "c-1", "--wait", "--timeout", "1"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("Not sent yet."), HasSubstr("yizhan notifications show")));
}

class SendTest : public StoreCommandTest {
 public:
  FakeService receiver;
};

TEST_F(SendTest, SignsAndPostsAsTheSeedsSenderDid) {
  receiver.answer(200, R"({"ok":true,"id":1})");
  commands.environment["WEBHOOK_SECRET"] = "express-secret";
  commands.environment["YIZHAN_RECEIVE_LISTEN"] = receiver.address();
  const std::string out = commands.output_of({"send-test", "express"});
  EXPECT_THAT(out, AllOf(HasSubstr(", signed"), HasSubstr("200"), HasSubstr(R"({"ok":true,"id":1})"),
                         HasSubstr("yizhan trace TEST_YT_20260206_0007")));
  ASSERT_THAT(receiver.seen(), SizeIs(1));
  const FakeService::Seen seen = receiver.seen().front();
  EXPECT_EQ(seen.method + " " + seen.path, "POST /webhook/express/status");
  EXPECT_THAT(seen.body, AllOf(HasSubstr(R"("tracking_no":"TEST_YT_20260206_0007")"),
                               HasSubstr(R"("status_code":"IN_TRANSIT")"), HasSubstr(R"("event_time":"20)")));
  const auto verifier = verify::make_verifier(verify::express_status_signing({"express-secret"}));
  ASSERT_TRUE(verifier);
  verify::MessageToVerify message;
  message.header = [&](std::string_view name) {
    return name == "X-Signature" ? std::string_view(seen.signature) : std::string_view{};
  };
  message.body = seen.body;
  message.now = utc_now();
  EXPECT_TRUE((*verifier)->verify(message));
  EXPECT_EQ(commands.opened().find_waybill("TEST_YT_20260206_0007")->has_value(), false) << "without --fixture";
}

TEST_F(SendTest, TheFixtureIsAParcelWithItsOrder) {
  receiver.answer(200, "{}");
  const std::string url = "http://" + receiver.address() + "/elsewhere";
  const std::string out = commands.output_of({"send-test", "express", "--fixture", "--url", url});
  EXPECT_THAT(out, AllOf(HasSubstr("not signed"), HasSubstr("yizhan devices register CID --user")));
  EXPECT_EQ(receiver.seen().front().path, "/elsewhere");
  EXPECT_THAT(receiver.seen().front().signature, IsEmpty());
  const auto parcel = commands.opened().find_waybill("TEST_YT_20260206_0007");
  ASSERT_TRUE(parcel && *parcel);
  ASSERT_TRUE((*parcel)->order);
  EXPECT_FALSE((*parcel)->order->user_id.empty());
  EXPECT_FALSE((*parcel)->order->merchant_id.empty());
}

TEST_F(SendTest, ARefusalSaysWhatToDo) {
  const std::string url = "http://" + receiver.address();
  receiver.answer(404, R"({"ok":false,"message":"waybill not found"})");
  const CommandOutcome unknown = commands.run({"send-test", "express", "--tracking-no", "YT9", "--url", url});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_THAT(unknown.out, AllOf(HasSubstr("waybill not found"), HasSubstr("--fixture")));
  receiver.answer(401, R"({"ok":false,"message":"signature_mismatch"})");
  EXPECT_THAT(commands.run({"send-test", "express", "--url", url}).out, HasSubstr("WEBHOOK_SECRET"));
  EXPECT_THAT(commands.run({"send-test", "express", "--url", url, "--json"}).out, HasSubstr(R"("status":401)"));
  EXPECT_EQ(commands.run({"send-test", "express", "--url", "http://127.0.0.1:1/x"}).status, 4);
  EXPECT_EQ(commands.run({"send-test", "express", "--source", "nobody"}).status, 2);
}

TEST_F(PushCommands, TheSchemaOfAMigratedStoreNeedsNothing) {
  EXPECT_EQ(commands.output_of({"doctor", "schema"}), "Nothing in the schema needs mending.\n");
  EXPECT_THAT(commands.output_of({"doctor", "schema", "--json"}), IsEmpty());
}

}  // namespace
}  // namespace yizhan::cli
