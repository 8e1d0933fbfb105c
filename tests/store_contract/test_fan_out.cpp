// A notification becomes one event for each device.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "actor.h"
#include "push_calls.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class FanOut : public PushContract {
 protected:
  std::vector<std::string> cids(const std::vector<ClaimedEvent>& claimed) {
    std::vector<std::string> found;
    for (const ClaimedEvent& each : claimed) found.push_back(PushDesk::cid_of(each));
    return found;
  }
  /// An operator's, on the machine's clock: the node's is later.
  void reset_by_hand(const std::string& message_id) {
    runbook(
        fmt::format("UPDATE public.express_notifications SET send_status = NULL WHERE message_id = '{}'", message_id));
    node_.now = std::max(node_.now, utc_now() + Seconds{1});
  }
};

TEST_P(FanOut, MakesAnEventForEachActiveDevice) {
  desk_.register_device("c1", "user-1");
  desk_.register_device("c2", "user-1");
  desk_.register_device("c3", "user-1");
  desk_.register_device("c4", "user-2");
  value_of(node_.store().unregister_device("default", "c3", "", node_.now));
  desk_.add(notification("m1"));

  const FanOutReply reply = desk_.fan_out();
  EXPECT_EQ(reply.notifications, 1);
  EXPECT_EQ(reply.deliveries, 2);
  EXPECT_FALSE(reply.more);
  EXPECT_EQ(reply.next_available_at, std::nullopt);
  EXPECT_EQ(desk_.sum("m1"), "processing 2/0/0");

  const auto claimed = node_.claim(kPushEndpoint);
  EXPECT_THAT(cids(claimed), UnorderedElementsAre("c1", "c2"));
  const Event& event = claimed.front().event;
  EXPECT_EQ(event.platform, kPushPlatform);
  EXPECT_EQ(event.event_type, kPushEventType);
  EXPECT_EQ(event.callback_target, "");
  EXPECT_EQ(event.correlation, "m1");
  EXPECT_THAT(event.payload, HasSubstr("|派送中"));
  for (const DeliveryView& delivery : desk_.deliveries("m1")) {
    EXPECT_EQ(node_.status(delivery.event_id), EventStatus::kPending) << "an event like any other";
    EXPECT_THAT(delivery.request_id, SizeIs(32));
  }
  EXPECT_EQ(node_.ledger().accepted, 2);
  EXPECT_EQ(desk_.fan_out().notifications, 0) << "once";
}

TEST_P(FanOut, GoesToTheAudience) {
  desk_.register_device("c1", "same-id");
  desk_.register_device("c2", "", "same-id");
  desk_.add(notification("m1", Audience::kUser, "same-id"));
  desk_.add(notification("m2", Audience::kMerchant, "same-id"));
  desk_.fan_out();
  EXPECT_EQ(desk_.outcome("m1", "c1"), "outstanding");
  EXPECT_EQ(desk_.sum("m1"), "processing 1/0/0");
  EXPECT_EQ(desk_.outcome("m2", "c2"), "outstanding");
  EXPECT_EQ(desk_.sum("m2"), "processing 1/0/0");
}

TEST_P(FanOut, OfOneAppLeavesTheOthersAlone) {
  desk_.register_device("c1", "user-1");
  value_of(node_.store().register_device({.appid = "other", .cid = "c1", .user_id = "user-1"}, node_.now));
  NewNotification made = notification("m1");
  made.appid = "other";
  desk_.add(made);
  desk_.add(notification("m2"));
  desk_.fan_out();
  EXPECT_THAT(desk_.deliveries("m1"), ElementsAre(testing::Field(&DeliveryView::appid, "other")));
  EXPECT_EQ(desk_.sum("m2"), "processing 2/0/0") << "devices of every app";
}

TEST_P(FanOut, ToADeviceNeedsNoRegistration) {
  desk_.add(notification("m1", Audience::kDevice, "unknown-cid"));
  desk_.fan_out();
  EXPECT_THAT(cids(node_.claim(kPushEndpoint)), ElementsAre("unknown-cid"));
  EXPECT_EQ(desk_.deliveries("m1").at(0).appid, "default");

  desk_.register_device("c1", "user-1");
  desk_.register_device("c2", "user-1");
  value_of(node_.store().unregister_device("default", "c2", "uninstalled", node_.now));
  desk_.add(notification("m2", Audience::kDevice, "c1"));
  desk_.add(notification("m3", Audience::kDevice, "c2"));
  desk_.fan_out();
  EXPECT_EQ(desk_.sum("m2"), "processing 1/0/0");
  EXPECT_EQ(desk_.sum("m3"), "no-targets 0/0/0");
  EXPECT_EQ(desk_.view("m3").last_error, "the device c2 (appid default) is not active: uninstalled");
}

TEST_P(FanOut, WaitsForADeviceAndThenSaysForWhom) {
  desk_.add(notification("m1"));
  const FanOutReply reply = desk_.fan_out();
  EXPECT_EQ(desk_.sum("m1"), "waiting 0/0/0");
  EXPECT_EQ(desk_.view("m1").last_error, "no active devices for user user-1; waits until 2026-01-06T08:00:00.000000Z");
  EXPECT_EQ(reply.next_available_at, node_.now + Seconds{86400});
  node_.now += Seconds{86399};
  EXPECT_EQ(desk_.fan_out().notifications, 0);
  node_.now += Seconds{1};
  EXPECT_EQ(desk_.fan_out().notifications, 1);
  EXPECT_EQ(desk_.sum("m1"), "no-targets 0/0/0");
  EXPECT_EQ(desk_.view("m1").last_error,
            "no active devices for user user-1 (waited until 2026-01-06T08:00:00.000000Z)");
  EXPECT_EQ(desk_.view("m1").waits_until, std::nullopt);
  EXPECT_EQ(desk_.fan_out().next_available_at, std::nullopt);
}

TEST_P(FanOut, NeedNotWait) {
  desk_.options.wait_for_device = Seconds{0};
  desk_.add(notification("m1", Audience::kMerchant, "merchant-1"));
  desk_.fan_out();
  EXPECT_EQ(desk_.sum("m1"), "no-targets 0/0/0");
  EXPECT_EQ(desk_.view("m1").last_error, "no active devices for merchant merchant-1");
}

TEST_P(FanOut, SendsWhatWaitedToADeviceThatWasAddedByHand) {
  desk_.add(notification("m1"));
  desk_.fan_out();
  runbook("INSERT INTO public.push_devices (cid, user_id) VALUES ('c1', 'user-1')");
  node_.now += desk_.options.wait_for_device;
  EXPECT_EQ(desk_.fan_out().deliveries, 1);
  EXPECT_EQ(desk_.sum("m1"), "processing 1/0/0");
}

TEST_P(FanOut, DoesNotSendWhatWaitedAndWasOvertaken) {
  desk_.add(notification("m1"));
  desk_.fan_out();
  node_.now += Seconds{10};
  desk_.add(notification("m2"));
  runbook("INSERT INTO public.push_devices (cid, user_id) VALUES ('c1', 'user-1')");
  EXPECT_EQ(desk_.fan_out().deliveries, 1);
  node_.now += desk_.options.wait_for_device;
  EXPECT_EQ(desk_.fan_out().deliveries, 0);
  EXPECT_EQ(desk_.view("m1").last_error, "overtaken by m2");
  EXPECT_EQ(desk_.sum("m1"), "no-targets 0/0/0");
  EXPECT_EQ(desk_.sum("m2"), "processing 1/0/0");
}

// A device that got nothing was a target all the same, whoever finds that a newer notification has come.
TEST_P(FanOut, OfWhatFailedAndWaitedAgainAndWasOvertakenIsAFailure) {
  node_.now = utc_now() + Seconds{60};  // ahead of the machine's clock, which what is written by hand goes by
  desk_.register_device("c1", "user-1");
  desk_.add(notification("m1"));
  desk_.fan_out();
  desk_.bury(desk_.claim().at(0), ErrorClass::kPushTargetInvalid);
  EXPECT_EQ(desk_.sum("m1"), "failed 1/0/1");
  runbook("UPDATE public.express_notifications SET send_status = NULL WHERE message_id = 'm1'");
  desk_.fan_out();
  EXPECT_EQ(desk_.sum("m1"), "waiting 1/0/1") << "its only device is not active";
  node_.now += Seconds{10};
  desk_.add(notification("m2"));
  desk_.register_device("c2", "user-1");
  EXPECT_EQ(desk_.view("m1").last_error, "overtaken by m2");
  EXPECT_EQ(desk_.sum("m1"), "failed 1/0/1");
}

TEST_P(FanOut, OfManyDevicesGoesPageByPage) {
  for (int i = 0; i < 25; ++i) desk_.register_device(fmt::format("c{:02}", i), "user-1");
  desk_.register_device("small", "user-2");
  desk_.options.devices = 14;
  desk_.add(notification("big"));
  desk_.add(notification("m2", Audience::kUser, "user-2"));
  FanOutReply reply = desk_.fan_out();
  EXPECT_EQ(reply.deliveries, 8) << "shared out: seven, and the one";
  EXPECT_TRUE(reply.more);
  EXPECT_EQ(desk_.sum("big"), "processing 7/0/0");
  desk_.deliver_all();
  EXPECT_EQ(desk_.sum("big"), "processing 7/7/0") << "the rest is still to come";
  EXPECT_EQ(desk_.sum("m2"), "success 1/1/0");

  node_.reopen();  // a restart in between
  reply = desk_.fan_out();
  EXPECT_EQ(reply.deliveries, 14);
  EXPECT_TRUE(reply.more);
  reply = desk_.fan_out();
  EXPECT_EQ(reply.deliveries, 4);
  EXPECT_FALSE(reply.more);
  desk_.deliver_all();
  EXPECT_EQ(desk_.sum("big"), "success 25/25/0");
  std::set<std::string> reached;
  for (const DeliveryView& delivery : desk_.deliveries("big")) reached.insert(delivery.cid);
  EXPECT_THAT(reached, SizeIs(25));
  EXPECT_EQ(node_.ledger().accepted, 26);
}

TEST_P(FanOut, OfATenThousandDevicesLosesAndDoublesNone) {
  std::string rows;
  for (int i = 0; i < 10'000; ++i) rows += fmt::format("{}('c{:05}', 'user-1')", i == 0 ? "" : ", ", i);
  runbook("INSERT INTO public.push_devices (cid, user_id) VALUES " + rows);
  desk_.add(notification("m1"));
  int calls = 0;
  while (desk_.fan_out().more) ++calls;
  EXPECT_EQ(calls, 4);
  desk_.deliver_all();
  EXPECT_EQ(desk_.sum("m1"), "success 10000/10000/0");
}

TEST_P(FanOut, AgainSendsOnlyWhatFailed) {
  node_.now = utc_now() + Seconds{5};
  for (const char* cid : {"c1", "c2", "c3"}) desk_.register_device(cid, "user-1");
  desk_.add(notification("m1"));
  desk_.fan_out();
  std::string failed_event;
  for (const ClaimedEvent& claimed : desk_.claim()) {
    if (PushDesk::cid_of(claimed) == "c2") {
      desk_.bury(claimed);
      failed_event = claimed.event.id;
    } else {
      desk_.deliver(claimed);
    }
  }
  EXPECT_EQ(desk_.sum("m1"), "success 3/2/1");

  desk_.register_device("c4", "user-1");
  reset_by_hand("m1");
  EXPECT_EQ(desk_.sum("m1"), "waiting 3/2/1");
  EXPECT_EQ(desk_.fan_out().deliveries, 2);
  EXPECT_EQ(desk_.sum("m1"), "retrying 4/2/0");
  const auto claimed = desk_.claim();
  EXPECT_THAT(cids(claimed), UnorderedElementsAre("c2", "c4"));
  for (const ClaimedEvent& each : claimed) {
    if (PushDesk::cid_of(each) == "c2") {
      EXPECT_EQ(each.event.id, failed_event) << "under its request id";
    }
    desk_.deliver(each);
  }
  EXPECT_EQ(desk_.sum("m1"), "success 4/4/0");
  EXPECT_EQ(desk_.view("m1").last_error, "");
}

TEST_P(FanOut, AgainWithNothingLeftToDoIsASuccessAtOnce) {
  desk_.register_device("c1", "user-1");
  desk_.add(notification("m1"));
  desk_.fan_out();
  desk_.deliver_all();
  reset_by_hand("m1");
  EXPECT_EQ(desk_.fan_out().deliveries, 0);
  EXPECT_EQ(desk_.sum("m1"), "success 1/1/0");
  EXPECT_THAT(desk_.claim(), IsEmpty());
}

TEST_P(FanOut, AgainWhileItIsInFlightLeavesTheFlightAlone) {
  desk_.register_device("c1", "user-1");
  desk_.register_device("c2", "user-1");
  desk_.add(notification("m1"));
  desk_.fan_out();
  const auto claimed = desk_.claim();
  reset_by_hand("m1");
  desk_.deliver(claimed.at(0));
  EXPECT_EQ(desk_.sum("m1"), "waiting 2/1/0") << "the sums go on, the status is the fan-out's";
  EXPECT_EQ(desk_.fan_out().deliveries, 0);
  EXPECT_EQ(desk_.sum("m1"), "processing 2/1/0");
  desk_.deliver(claimed.at(1));
  EXPECT_EQ(desk_.sum("m1"), "success 2/2/0");
}

TEST_P(FanOut, AgainDoesNotSendToDevicesThatAreGone) {
  desk_.register_device("c1", "user-1");
  desk_.add(notification("m1"));
  desk_.fan_out();
  desk_.bury(desk_.claim().at(0), ErrorClass::kPushTargetInvalid);
  EXPECT_EQ(desk_.sum("m1"), "failed 1/0/1");
  reset_by_hand("m1");
  desk_.options.wait_for_device = Seconds{0};
  EXPECT_EQ(desk_.fan_out().deliveries, 0);
  EXPECT_EQ(desk_.sum("m1"), "failed 1/0/1");
  EXPECT_EQ(desk_.view("m1").last_error, "no active devices for user user-1");

  desk_.register_device("c1", "user-1");
  reset_by_hand("m1");
  EXPECT_EQ(desk_.fan_out().deliveries, 1);
  desk_.deliver_all();
  EXPECT_EQ(desk_.sum("m1"), "success 1/1/0");
}

TEST_P(FanOut, AgainToADeviceThatIsNotRegistered) {
  desk_.add(notification("m1", Audience::kDevice, "unknown-cid"));
  desk_.fan_out();
  desk_.bury(desk_.claim().at(0));
  reset_by_hand("m1");
  EXPECT_EQ(desk_.fan_out().deliveries, 1);
  EXPECT_THAT(desk_.deliveries("m1"), SizeIs(1));
  desk_.deliver_all();
  EXPECT_EQ(desk_.sum("m1"), "success 1/1/0");
}

TEST_P(FanOut, AgainWhereTheEventWasDeletedMakesANewOne) {
  desk_.register_device("c1", "user-1");
  desk_.add(notification("m1"));
  desk_.fan_out();
  desk_.bury(desk_.claim().at(0));
  runbook("DELETE FROM public.cs_platform_event_outbox WHERE platform = 'push'");
  reset_by_hand("m1");
  EXPECT_EQ(desk_.fan_out().deliveries, 1);
  EXPECT_EQ(desk_.sum("m1"), "processing 1/0/0");
  desk_.deliver_all();
  EXPECT_EQ(desk_.sum("m1"), "success 1/1/0");
}

TEST_P(FanOut, AgainOpensAnEventThatWasClosedByHand) {
  desk_.register_device("c1", "user-1");
  desk_.add(notification("m1"));
  desk_.fan_out();
  runbook("UPDATE public.cs_platform_event_outbox SET status = 'discarded' WHERE platform = 'push'");
  EXPECT_EQ(desk_.sum("m1"), "processing 1/0/0") << "nobody told the notification";
  reset_by_hand("m1");
  EXPECT_EQ(desk_.fan_out().deliveries, 1);
  desk_.deliver_all();
  EXPECT_EQ(desk_.sum("m1"), "success 1/1/0");
}

TEST_P(FanOut, HonoursAStatusWrittenByHand) {
  desk_.register_device("c1", "user-1");
  desk_.add(notification("m1"));
  runbook("UPDATE public.express_notifications SET send_status = 'failed', last_error = 'not to be sent'");
  EXPECT_EQ(desk_.fan_out().deliveries, 0);
  EXPECT_EQ(desk_.sum("m1"), "failed 0/0/0");
  EXPECT_EQ(desk_.view("m1").last_error, "not to be sent");
  EXPECT_EQ(desk_.fan_out().notifications, 0);
}

TEST_P(FanOut, OfARowMadeByHand) {
  desk_.register_device("c1", "user-1");
  runbook("INSERT INTO public.express_notifications (aud, recipient_id, title) VALUES ('user', 'user-1', 'by hand')");
  runbook("INSERT INTO public.express_notifications (message_id, aud, recipient_id) VALUES ('m2', 'courier', 'x')");
  node_.now = utc_now() + Seconds{5};
  EXPECT_EQ(desk_.fan_out().deliveries, 1);
  EXPECT_EQ(desk_.view("m2").send_status, "failed");
  EXPECT_THAT(desk_.view("m2").last_error, HasSubstr("user, merchant or device"));
}

TEST_P(FanOut, TakesTheOldestFirstAndAtMostAsManyAsItMay) {
  desk_.register_device("c1", "user-1");
  desk_.options.notifications = 2;
  for (const char* message_id : {"m1", "m2", "m3"}) {
    desk_.add(notification(message_id));
    node_.now += Seconds{1};
  }
  const FanOutReply reply = desk_.fan_out();
  EXPECT_EQ(reply.notifications, 2);
  EXPECT_TRUE(reply.more);
  EXPECT_EQ(desk_.sum("m3"), "waiting 0/0/0");
  EXPECT_EQ(desk_.fan_out().notifications, 1);
}

YIZHAN_ON_EVERY_ENGINE(FanOut);

class FanOutKilled : public testing::TestWithParam<Engine> {};

TEST_P(FanOutKilled, BeforeItsCommitIsDoneAgain) {
  const Place place(GetParam());
  {
    Node node(place.url());
    PushDesk desk(node);
    for (const char* cid : {"c1", "c2", "c3"}) desk.register_device(cid, "user-1");
    desk.add(notification("m1"));
  }
  EXPECT_TRUE(killed_at("fan_out.before_commit", place.url(), "fan_out"));
  Node node(place.url());
  PushDesk desk(node);
  EXPECT_EQ(desk.sum("m1"), "waiting 0/0/0");
  EXPECT_EQ(node.ledger().accepted, 0);
  EXPECT_EQ(desk.fan_out().deliveries, 3);
  desk.deliver_all();
  EXPECT_EQ(desk.sum("m1"), "success 3/3/0");
}

YIZHAN_ON_EVERY_ENGINE(FanOutKilled);

}  // namespace
}  // namespace yizhan::store::contract
