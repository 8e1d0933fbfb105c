// Registrations.
#include "push_calls.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Devices : public PushContract {
 protected:
  std::vector<std::string> cids(const DeviceSelection& selection, const Page& page = {}) {
    std::vector<std::string> listed;
    for (const Device& device : value_of(node_.store().list_devices(selection, page)).rows)
      listed.push_back(device.cid);
    return listed;
  }
};

TEST_P(Devices, AreUpsertedByAppAndCid) {
  const auto first = desk_.register_device("c1", "user-1");
  EXPECT_FALSE(first.existed);
  node_.now += Seconds{5};
  const auto again = desk_.register_device("c1", "", "merchant-1");
  EXPECT_TRUE(again.existed);
  EXPECT_EQ(again.device.id, first.device.id);
  EXPECT_EQ(again.device.user_id, "user-1") << "an empty field leaves what is known";
  EXPECT_EQ(again.device.merchant_id, "merchant-1");
  EXPECT_EQ(again.device.last_seen_at, node_.now);
  EXPECT_EQ(again.device.created_at, first.device.created_at);

  const auto elsewhere = value_of(node_.store().register_device({.appid = "other", .cid = "c1"}, node_.now));
  EXPECT_FALSE(elsewhere.existed);
  EXPECT_THAT(cids({.cid = "c1"}), SizeIs(2));
  EXPECT_THAT(cids({.appid = "other", .cid = "c1"}), SizeIs(1));
}

TEST_P(Devices, AreActiveAgainWhenTheyRegisterAgain) {
  desk_.register_device("c1", "user-1");
  EXPECT_TRUE(value_of(node_.store().unregister_device("default", "c1", "uninstalled", node_.now)));
  EXPECT_FALSE(desk_.device("c1").is_active);
  EXPECT_EQ(desk_.device("c1").inactive_reason, "uninstalled");
  EXPECT_THAT(cids({.user_id = "user-1", .active = true}), IsEmpty());
  EXPECT_THAT(cids({.user_id = "user-1", .active = false}), ElementsAre("c1"));

  desk_.register_device("c1", "user-1");
  EXPECT_TRUE(desk_.device("c1").is_active);
  EXPECT_EQ(desk_.device("c1").inactive_reason, "");
  EXPECT_FALSE(value_of(node_.store().unregister_device("default", "nobody", "", node_.now)));
}

TEST_P(Devices, AreListedNewestFirstAndInPages) {
  for (const char* cid : {"c1", "c2", "c3"}) {
    desk_.register_device(cid, "user-1");
    node_.now += Seconds{1};
  }
  desk_.register_device("c1", "user-1");
  EXPECT_THAT(cids({.user_id = "user-1"}), ElementsAre("c1", "c3", "c2"));
  EXPECT_THAT(cids({.user_id = "user-1"}, {.oldest_first = true}), ElementsAre("c2", "c3", "c1"));
  const auto page = value_of(node_.store().list_devices({.user_id = "user-1"}, {.limit = 2}));
  EXPECT_THAT(page.rows, SizeIs(2));
  EXPECT_THAT(cids({.user_id = "user-1"}, {.limit = 2, .after = page.next}), ElementsAre("c2"));
  EXPECT_EQ(value_of(node_.store().list_devices({.user_id = "user-1"}, {.limit = 3})).next, 0);
  EXPECT_THAT(cids({}, {.limit = 2}), ElementsAre("c3", "c2")) << "by id";
}

TEST_P(Devices, ThatCannotBeStoredAreRefused) {
  const auto refused = [&](const DeviceRegistration& registration) {
    const auto reply = node_.store().register_device(registration, node_.now);
    return std::string(code_of(reply));
  };
  EXPECT_EQ(refused({.cid = ""}), "value_refused") << "a push without a cid would go to everybody";
  EXPECT_EQ(refused({.cid = std::string(129, 'c')}), "value_refused");
  EXPECT_EQ(refused({.appid = "", .cid = "c1"}), "value_refused");
  EXPECT_EQ(refused({.cid = "c1", .user_id = "\xff"}), "value_refused");
  EXPECT_EQ(refused({.cid = std::string("c\0d", 3)}), "value_refused");
  EXPECT_THAT(cids({}), IsEmpty());
}

TEST_P(Devices, WakeWhatWaitsForThem) {
  desk_.add(notification("m1"));
  NewNotification other = notification("m2", Audience::kUser, "user-2");
  desk_.add(other);
  EXPECT_EQ(desk_.fan_out().deliveries, 0);
  EXPECT_EQ(desk_.view("m1").waits_until, node_.now + desk_.options.wait_for_device);

  node_.now += Seconds{60};
  EXPECT_EQ(desk_.register_device("c1", "user-1").notifications_woken, 1);
  EXPECT_EQ(desk_.fan_out().deliveries, 1);
  EXPECT_EQ(desk_.sum("m1"), "processing 1/0/0");
  EXPECT_EQ(desk_.view("m1").waits_until, std::nullopt);
  EXPECT_EQ(desk_.sum("m2"), "waiting 0/0/0");
  EXPECT_EQ(desk_.register_device("c1", "user-1").notifications_woken, 0) << "nothing waits any more";
}

TEST_P(Devices, OfAMerchantWakeTheMerchantsNotifications) {
  desk_.add(notification("m1", Audience::kMerchant, "same-id"));
  desk_.add(notification("m2", Audience::kUser, "same-id"));
  desk_.fan_out();
  EXPECT_EQ(desk_.register_device("c1", "", "same-id").notifications_woken, 1);
  desk_.fan_out();
  EXPECT_EQ(desk_.sum("m1"), "processing 1/0/0");
  EXPECT_EQ(desk_.sum("m2"), "waiting 0/0/0");
}

TEST_P(Devices, GetOnlyTheNewestOfWhatWaitedAboutAParcel) {
  const auto about = [&](const char* message_id, const char* parcel, Seconds after) {
    NewNotification made = notification(message_id);
    made.tracking_no = parcel;
    made.event_time = node_.now + after;
    desk_.add(made);
  };
  about("newest", "SF1", Seconds{20});  // callbacks come in any order
  about("oldest", "SF1", Seconds{0});
  about("older", "SF1", Seconds{10});
  about("another", "SF2", Seconds{0});
  NewNotification loose = notification("about no parcel");
  loose.tracking_no.clear();
  desk_.add(loose);
  desk_.fan_out_all();

  EXPECT_EQ(desk_.register_device("c1", "user-1").notifications_woken, 3);
  EXPECT_EQ(desk_.sum("oldest"), "no-targets 0/0/0");
  EXPECT_EQ(desk_.view("oldest").last_error, "overtaken by newest");
  EXPECT_EQ(desk_.view("older").last_error, "overtaken by newest");
  EXPECT_EQ(desk_.view("older").waits_until, std::nullopt);
  desk_.fan_out_all();
  desk_.deliver_all();
  for (const char* sent : {"newest", "another", "about no parcel"}) EXPECT_EQ(desk_.sum(sent), "success 1/1/0") << sent;
}

TEST_P(Devices, OfTheRunbookAreFoundAsTyped) {  // seed 001, 8.3
  desk_.register_device("c1", "user-1");
  desk_.register_device("c2", "", "merchant-1");
  desk_.register_device("c3", "user-3");
  EXPECT_THAT(runbook("SELECT *\nFROM public.push_devices\nWHERE user_id = 'user-1' OR merchant_id = 'merchant-1'\n"
                      "ORDER BY updated_at DESC\nLIMIT 20;")
                  .rows,
              SizeIs(2));
  EXPECT_THAT(runbook("select id, appid, cid, user_id, merchant_id, is_active, last_seen_at\nfrom public.push_devices\n"
                      "where merchant_id = 'merchant-1'\norder by last_seen_at desc nulls last;")
                  .rows,
              SizeIs(1));
}

YIZHAN_ON_EVERY_ENGINE(Devices);

}  // namespace
}  // namespace yizhan::store::contract
