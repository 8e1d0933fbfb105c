// Any sequence of deeds leaves the store as the model says (model.h), and the ledger balanced.
#include <gtest/gtest.h>

// After gtest.h, which it needs and does not include.
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <iterator>

#include "base/random.h"
#include "contract_test.h"
#include "model.h"

namespace yizhan::store::contract {
namespace {

constexpr std::int64_t kOtherEndpoint = kEndpoint + 1;

/// Turns numbers that RapidCheck makes, and shrinks, into deeds.
class Deeds {
 public:
  Deeds(Node& node, std::vector<unsigned> numbers) : node_(node), numbers_(std::move(numbers)) {
    node_.sql("DELETE FROM cs_platform_event_outbox");
  }

  void run() {
    while (at_ < numbers_.size()) {
      switch (pick(12)) {
        case 0:
        case 1:
        case 2:
          accept();
          break;
        case 3:
        case 4:
          claim();
          break;
        case 5:
        case 6:
        case 7:
          record();
          break;
        case 8:
          release();
          break;
        case 9:
          replay_or_discard();
          break;
        case 10:
          edit_by_hand();
          break;
        default:
          node_.now += Seconds{pick(20)};
      }
    }
    compare();
  }

 private:
  unsigned pick(unsigned most) { return at_ < numbers_.size() ? numbers_[at_++] % most : 0; }

  std::string some_event() {
    if (model_.events.empty()) return {};
    return std::next(model_.events.begin(), pick(static_cast<unsigned>(model_.events.size())))->first;
  }

  void accept() {
    NewEvent event = node_.event();
    event.endpoint_key = pick(2) == 0 ? kEndpoint : kOtherEndpoint;
    event.event.payload = pick(2) == 0 ? "one" : "two";
    if (pick(3) == 0) event.event.order_key = pick(2) == 0 ? "a" : "b";
    if (pick(3) == 0) event.idempotency_key = "key-" + std::to_string(pick(3));
    if (pick(4) == 0) event.first_attempt_at += Seconds{pick(30)};
    if (pick(3) == 0) {
      event.lease_token = random_hex(8);
      event.lease = pick(2) == 0 ? kLongLease : kEndedLease;
    }
    const auto reply = node_.try_accept({event});
    if (event.idempotency_key) {
      if (const std::string first = model_.id_of_key(*event.idempotency_key); !first.empty()) {
        const ModelEvent& stored = model_.events.at(first);
        if (stored.payload != event.event.payload || stored.order_key != event.event.order_key) {
          RC_ASSERT(code_of(reply) == "idempotency_conflict");
          return;
        }
        RC_ASSERT(code_of(reply) == "ok");
        RC_ASSERT(reply->at(0).duplicate);
        RC_ASSERT(reply->at(0).id == first);
        RC_ASSERT(reply->at(0).sequence == stored.sequence);
        RC_ASSERT(reply->at(0).status == stored.status);
        return;
      }
    }
    RC_ASSERT(code_of(reply) == "ok");
    RC_ASSERT(!reply->at(0).duplicate);
    const bool leased = model_.accept(event, reply->at(0).sequence, node_.now);
    RC_ASSERT(reply->at(0).leased == leased);
    if (leased)
      outstanding_.push_back({event.event.id, reply->at(0).sequence, event.lease_token, event.event.order_key});
  }

  void claim() {
    constexpr std::array kEndpoints{kEndpoint, kOtherEndpoint, kUnrouted};
    const std::int64_t endpoint = kEndpoints.at(pick(3));
    const auto limit = 1 + pick(4);
    const bool ended = pick(3) == 0;
    const auto allowed = model_.claimable(endpoint, node_.now);
    const auto expected = std::min<std::size_t>(limit, allowed.size());
    auto reply = node_.claim_reply(endpoint, static_cast<int>(limit), ended ? kEndedLease : kLongLease);
    auto claimed = std::move(reply.events);
    if (claimed.size() < expected) {
      // Soon after a full claim some may be passed over; the reply says so, and the next claim finds them.
      RC_ASSERT(reply.next_available_at && *reply.next_available_at <= node_.now);
      if (!ended)
        std::ranges::move(node_.claim(endpoint, static_cast<int>(expected - claimed.size())),
                          std::back_inserter(claimed));
    }
    RC_ASSERT(claimed.size() == expected || (ended && claimed.size() < expected));
    for (const ClaimedEvent& each : claimed) {
      RC_ASSERT(std::ranges::find(allowed, each.event.id) != allowed.end());
      ModelEvent& event = model_.events.at(each.event.id);
      RC_ASSERT(each.sequence == event.sequence);
      RC_ASSERT(each.status == event.status);
      RC_ASSERT(each.attempt_count == event.attempt_count);
      RC_ASSERT(each.tries_in_run == event.attempt_count - event.run_start);
      RC_ASSERT(each.next_attempt_at == event.due);
      event.lease_token = each.lease_token;
      event.lease_ended = ended;
      outstanding_.push_back({each.event.id, each.sequence, each.lease_token, each.event.order_key});
    }
  }

  void record() {
    if (outstanding_.empty()) return;
    const Held held = outstanding_[pick(static_cast<unsigned>(outstanding_.size()))];
    constexpr std::array kResults{EventStatus::kDelivered, EventStatus::kRetrying, EventStatus::kDeadLetter};
    ClaimedEvent claimed;
    claimed.event.id = held.id;
    claimed.event.order_key = held.order_key;
    claimed.sequence = held.sequence;
    claimed.lease_token = held.token;
    AttemptRecord record = node_.result(claimed, kResults.at(pick(3)));
    record.next_attempt_at = node_.now + Seconds{pick(20)};
    const bool recorded = node_.record(record) == RecordReply::kRecorded;
    RC_ASSERT(recorded == model_.record(record));
  }

  void release() {
    if (outstanding_.empty()) return;
    const Held held = outstanding_[pick(static_cast<unsigned>(outstanding_.size()))];
    Release release{held.sequence, held.token, {}, {}, {}};
    release.is_ordered = !held.order_key.empty();
    if (pick(2) == 0) release.endpoint_key = kEndpoint;
    if (pick(2) == 0) release.not_before = node_.now + Seconds{pick(20)};
    node_.release(release);
    model_.release(release);
  }

  void replay_or_discard() {
    using enum EventStatus;
    const auto limit = 1 + pick(4);
    if (pick(2) == 0) {
      const auto concerned = model_.in_status({kRetrying, kDelivered, kDeadLetter}, limit);
      RC_ASSERT(value_of(node_.store().replay({}, static_cast<int>(limit), node_.now)) ==
                static_cast<std::int64_t>(concerned.size()));
      for (const std::string& id : concerned) model_.reopen(id, kPending, node_.now);
    } else {
      const auto concerned = model_.in_status({kPending, kRetrying, kDeadLetter}, limit);
      RC_ASSERT(value_of(node_.store().discard({}, static_cast<int>(limit), "reason", node_.now)) ==
                static_cast<std::int64_t>(concerned.size()));
      for (const std::string& id : concerned) model_.close(id, kDiscarded);
    }
  }

  void edit_by_hand() {
    const std::string id = some_event();
    if (id.empty()) return;
    const std::string where = " WHERE id = '" + id + "'";
    if (pick(6) == 0) {
      RC_ASSERT(node_.sql("DELETE FROM cs_platform_event_outbox" + where).changed_rows == 1);
      model_.remove(id);
      return;
    }
    const EventStatus status = kAllEventStatuses.at(pick(5));
    const UtcTime due = node_.now + Seconds{pick(20)};
    const std::string more = is_open(status) ? ", next_attempt_at = '" + to_store_text(due) + "'" : "";
    RC_ASSERT(
        node_
            .sql("UPDATE cs_platform_event_outbox SET status = '" + std::string(to_string(status)) + "'" + more + where)
            .changed_rows == 1);
    if (is_open(status)) {
      model_.reopen(id, status, due);
    } else {
      model_.close(id, status);
    }
  }

  void compare() {
    LedgerLine expected;
    for (const auto& [id, event] : model_.events) {
      const EventView view = node_.view(id, true);
      RC_ASSERT(view.status == event.status);
      RC_ASSERT(view.attempt_count == event.attempt_count);
      RC_ASSERT(view.event.payload == event.payload);
      RC_ASSERT(view.next_attempt_at == (is_open(event.status) ? std::optional(event.due) : std::nullopt));
      RC_ASSERT(view.lease_expires_at.has_value() == !event.lease_token.empty());
      RC_ASSERT(value_of(node_.store().attempts(id, 1000)).size() == static_cast<std::size_t>(event.attempts_made));
      ++expected.accepted;
      expected.delivered += event.status == EventStatus::kDelivered;
      expected.dead_letter += event.status == EventStatus::kDeadLetter;
    }
    const LedgerLine line = node_.ledger();
    RC_ASSERT(line.accepted == expected.accepted);
    RC_ASSERT(line.delivered == expected.delivered);
    RC_ASSERT(line.dead_letter == expected.dead_letter);
  }

  struct Held {
    std::string id;
    std::int64_t sequence;
    std::string token;
    std::string order_key;
  };

  Node& node_;
  std::vector<unsigned> numbers_;
  std::size_t at_ = 0;
  Model model_;
  std::vector<Held> outstanding_;  // everything that was ever held, also what is no longer
};

class AnySequence : public Contract {};

TEST_P(AnySequence, OfDeedsLeavesTheStoreAsTheModelSays) {
  EXPECT_TRUE(rc::check("store and model agree", [&] {
    const auto numbers =
        *rc::gen::resize(400, rc::gen::container<std::vector<unsigned>>(rc::gen::arbitrary<unsigned>()));
    Deeds(node_, numbers).run();
  }));
}

YIZHAN_ON_EVERY_ENGINE(AnySequence);

}  // namespace
}  // namespace yizhan::store::contract
