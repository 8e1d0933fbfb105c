// Any sequence of registrations, notifications, outcomes, resets by hand and restarts leaves every notification
// accounted for.
#include <gtest/gtest.h>

// After gtest.h, which it needs and does not include.
#include <fmt/format.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "push_calls.h"

namespace yizhan::store::contract {
namespace {

constexpr unsigned kUsers = 3;
constexpr unsigned kCids = 6;

/// Turns numbers that RapidCheck makes, and shrinks, into deeds.
class PushDeeds {
 public:
  PushDeeds(Node& node, std::vector<unsigned> numbers) : node_(node), desk_(node), numbers_(std::move(numbers)) {
    for (const char* table : {"push_deliveries", "express_notifications", "push_devices", "cs_platform_event_outbox"}) {
      node_.sql(fmt::format("DELETE FROM {}", table));
    }
    // What operators write is on the machine's clock: the node's stays ahead of it for as long as the deeds take.
    node_.now = utc_now() + Seconds{60};
    desk_.options.wait_for_device = Seconds{300};
  }

  void run() {
    while (at_ < numbers_.size()) {
      switch (pick(14)) {
        case 0:
        case 1:
          desk_.register_device(some_cid(), pick(4) == 0 ? "" : some_user(), pick(3) == 0 ? some_user() : "");
          break;
        case 2:
          value_of(node_.store().unregister_device("default", some_cid(), "uninstalled", node_.now));
          break;
        case 3:
        case 4:
          add_notification();
          break;
        case 5:
        case 6:
          fan_out();
          break;
        case 7:
          for (ClaimedEvent& each : desk_.claim()) claimed_.push_back(std::move(each));
          break;
        case 8:
        case 9:
        case 10:
          record();
          break;
        case 11:
          reset_by_hand();
          break;
        case 12:
          replay_or_discard();
          break;
        default:
          if (pick(3) == 0) {
            node_.reopen();
            value_of(node_.store().recover_leases(node_.now));
          } else {
            node_.now += Seconds{pick(200)};
          }
      }
      check();
    }
    finish();
  }

 private:
  unsigned pick(unsigned most) { return at_ < numbers_.size() ? numbers_[at_++] % most : 0; }
  std::string some_cid() { return fmt::format("c{}", pick(kCids)); }
  std::string some_user() { return fmt::format("u{}", pick(kUsers)); }

  void add_notification() {
    constexpr std::array kAudiences{Audience::kUser, Audience::kMerchant, Audience::kDevice};
    const Audience audience = kAudiences.at(pick(3));
    NewNotification made = notification(fmt::format("m{}", pick(3) == 0 ? pick(8) : ++messages_ + 8), audience,
                                        audience == Audience::kDevice ? some_cid() : some_user());
    made.tracking_no = pick(3) == 0 ? "" : fmt::format("SF{}", pick(2));
    if (pick(2) == 0) made.event_time = node_.now - Seconds{pick(100)};
    desk_.add(made);
  }

  void fan_out() {
    desk_.options.notifications = static_cast<int>(1 + pick(5));
    desk_.options.devices = static_cast<int>(1 + pick(6));
    desk_.fan_out();
  }

  void record() {
    if (claimed_.empty()) return;
    const std::size_t index = pick(static_cast<unsigned>(claimed_.size()));
    const ClaimedEvent claimed = claimed_[index];
    switch (pick(6)) {
      case 0:
      case 1:
        desk_.deliver(claimed);
        break;
      case 2:
        desk_.retry(claimed);
        break;
      case 3:
        desk_.bury(claimed, ErrorClass::kPushIgnored);
        break;
      case 4:
        desk_.bury(claimed, ErrorClass::kPushTargetInvalid);
        break;
      default:
        desk_.bury(claimed, ErrorClass::kPushRefused);
    }
    if (pick(4) != 0) claimed_.erase(claimed_.begin() + static_cast<std::ptrdiff_t>(index));  // or once more, in vain
  }

  void reset_by_hand() {
    const auto all = listed();
    if (all.empty()) return;
    const auto& chosen = all[pick(static_cast<unsigned>(all.size()))];
    node_.sql(fmt::format("UPDATE express_notifications SET send_status = NULL WHERE id = '{}'", chosen.id));
  }

  void replay_or_discard() {
    const int limit = static_cast<int>(1 + pick(3));
    if (pick(2) == 0) {
      value_of(node_.store().replay({}, limit, node_.now));
    } else {
      value_of(node_.store().discard({}, limit, "reason", node_.now));
    }
  }

  std::vector<NotificationView> listed() {
    return value_of(node_.store().list_notifications({}, {.limit = 10'000, .oldest_first = true})).rows;
  }

  /// What holds after every deed.
  void check() {
    std::map<std::string, std::pair<std::string, std::string>> waiting;  // next_attempt_at, fanned_out_to
    for (const auto& row : node_.sql("SELECT id, next_attempt_at, fanned_out_to FROM express_notifications").rows) {
      waiting[*row.at(0)] = {row.at(1).value_or(""), row.at(2).value_or("")};
    }
    std::set<std::string> tried_again;
    for (const auto& row : node_
                               .sql("SELECT DISTINCT notification_id FROM push_deliveries WHERE outcome = "
                                    "'outstanding' AND tried_again")
                               .rows) {
      tried_again.insert(*row.at(0));
    }
    for (const NotificationView& view : listed()) {
      const auto& [next_attempt_at, fanned_out_to] = waiting.at(view.id);
      std::int64_t delivered = 0;
      std::int64_t failed = 0;
      std::set<std::string> events;
      const auto deliveries = value_of(node_.store().deliveries(view.id, "", 1000));
      for (const DeliveryView& delivery : deliveries) {
        delivered += delivery.outcome == DeliveryOutcome::kDelivered;
        failed += delivery.outcome == DeliveryOutcome::kFailed || delivery.outcome == DeliveryOutcome::kIgnored;
        events.insert(delivery.event_id);
        const EventStatus status = node_.status(delivery.event_id);
        RC_ASSERT((delivery.outcome == DeliveryOutcome::kOutstanding) == is_open(status));
        RC_ASSERT((delivery.outcome == DeliveryOutcome::kDelivered) == (status == EventStatus::kDelivered));
      }
      RC_ASSERT(events.size() == deliveries.size());
      RC_ASSERT(view.targets == static_cast<std::int64_t>(deliveries.size()));
      RC_ASSERT(view.delivered == delivered);
      RC_ASSERT(view.failed == failed);
      // Nothing is skipped in silence: it is due, waits with a date, or has a status.
      RC_ASSERT(view.send_status.empty() == (!next_attempt_at.empty() && fanned_out_to.empty()));
      if (view.waits_until) RC_ASSERT(view.send_status.empty());
      const bool again = tried_again.contains(view.id);
      if (!fanned_out_to.empty()) {
        RC_ASSERT(!next_attempt_at.empty());
        RC_ASSERT(view.send_status == (again ? "retrying" : "processing"));
      } else if (!view.send_status.empty()) {
        RC_ASSERT(view.send_status == send_status_of(view.targets, delivered, failed, again));
      }
      if (view.send_status == "no-targets") RC_ASSERT(!view.last_error.empty());
    }
    RC_ASSERT(node_.ledger().accepted == number("SELECT count(*) FROM push_deliveries"));
  }

  /// Once everything has been sent and its time has come, everything has ended.
  void finish() {
    for (const char* cid : {"c0", "c1", "c2"}) desk_.register_device(cid, fmt::format("u{}", cid[1]), "");
    value_of(node_.store().recover_leases(node_.now));
    node_.sql(
        "UPDATE cs_platform_event_outbox SET next_attempt_at = '2026-01-01' WHERE status IN ('pending', 'retrying')");
    desk_.options.notifications = 3;
    desk_.options.devices = 4;
    for (int round = 0; round < 3; ++round) {
      desk_.fan_out_all();
      desk_.deliver_all();
      node_.now += desk_.options.wait_for_device;
    }
    check();
    for (const NotificationView& view : listed()) {
      RC_ASSERT(view.send_status == "success" || view.send_status == "failed" || view.send_status == "no-targets");
    }
  }

  std::int64_t number(std::string_view sql) { return std::stoll(*node_.sql(sql).rows.at(0).at(0)); }

  Node& node_;
  PushDesk desk_;
  std::vector<unsigned> numbers_;
  std::size_t at_ = 0;
  unsigned messages_ = 0;
  std::vector<ClaimedEvent> claimed_;
};

class AnyPushSequence : public Contract {};

TEST_P(AnyPushSequence, LeavesEveryNotificationAccountedFor) {
  EXPECT_TRUE(rc::check("sums, states and events agree", [&] {
    const auto numbers =
        *rc::gen::resize(150, rc::gen::container<std::vector<unsigned>>(rc::gen::arbitrary<unsigned>()));
    PushDeeds(node_, numbers).run();
  }));
}

YIZHAN_ON_EVERY_ENGINE(AnyPushSequence);

}  // namespace
}  // namespace yizhan::store::contract
