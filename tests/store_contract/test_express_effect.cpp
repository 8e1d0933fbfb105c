// Parcels, and what carriers' callbacks make of them: each step on record once, each change told once, and nothing of
// it without its callback.
#include <fmt/format.h>
#include <rapidcheck.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "express_calls.h"
#include "store/express_effect.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Express : public Contract {
 protected:
  Received send(std::string key, std::vector<ExpressStep> steps) {
    return receive(node_, express(node_, std::move(key), std::move(steps)));
  }
  UtcTime minute(int which) const { return node_.now - Seconds{86'400} + Seconds{60 * which}; }
  std::string count(const std::string& of) { return *node_.sql("SELECT count(*) FROM " + of).rows[0][0]; }
  std::string value(const std::string& query) { return node_.sql(query).rows.at(0).at(0).value_or("NULL"); }
};

TEST_P(Express, AStepMovesItsParcelAndWaitsToBeTold) {
  add_waybill(node_, "A");
  ExpressStep picked_up = step("A", "PICKED_UP", minute(1), "已揽收\n'x'");
  picked_up.received_code = "1";
  picked_up.location = "深圳";
  const Received received = send("k1", {picked_up});
  EXPECT_EQ(received.verdict, Verdict::kAccepted);
  EXPECT_EQ(received.effect, EffectResult::kApplied);
  EXPECT_EQ(received.reason, "");
  EXPECT_EQ(callback_view(node_, received.callback_id).effect, EffectResult::kApplied);
  EXPECT_EQ(waybill_state(node_, "A"), "PICKED_UP " + to_store_text(minute(1)).substr(0, 19));
  EXPECT_EQ(value("SELECT status_text FROM platform_express_waybills"), "已揽收\n'x'");
  EXPECT_THAT(tracking_events(node_, "A"), ElementsAre("PICKED_UP told"));

  const auto stored =
      node_
          .sql(
              "SELECT received_code, event_text, location, carrier_code, callback_id, event_key, length(id) "
              "FROM platform_express_tracking_events")
          .rows.at(0);
  EXPECT_EQ(stored[0], "1");
  EXPECT_EQ(stored[1], "已揽收\n'x'");
  EXPECT_EQ(stored[2], "深圳");
  EXPECT_EQ(stored[3], "SF");
  EXPECT_EQ(stored[4], std::to_string(received.callback_id));
  EXPECT_EQ(stored[5], event_key(picked_up));
  EXPECT_EQ(stored[6], "36");
  for (const char* query : {"SELECT next_attempt_at FROM notify_queue", "SELECT created_at FROM notify_queue",
                            "SELECT created_at FROM platform_express_tracking_events",
                            "SELECT updated_at FROM platform_express_waybills"}) {
    EXPECT_EQ(value(query).substr(0, 19), to_store_text(node_.now).substr(0, 19)) << query;
  }
  EXPECT_EQ(value("SELECT process_status FROM notify_queue"), "NULL");
}

TEST_P(Express, ARepeatedCallbackChangesNothing) {
  add_waybill(node_, "A");
  send("k1", {step("A", "PICKED_UP", minute(1))});
  EXPECT_EQ(send("k1", {step("A", "PICKED_UP", minute(1))}).verdict, Verdict::kDuplicate);
  EXPECT_EQ(send("k1", {step("A", "DELIVERED", minute(9))}).verdict, Verdict::kDuplicate) << "whatever it says";
  const Received again = send("k2", {step("A", "PICKED_UP", minute(1))});
  EXPECT_EQ(again.verdict, Verdict::kAccepted);
  EXPECT_EQ(again.effect, EffectResult::kAlready);
  EXPECT_THAT(tracking_events(node_, "A"), ElementsAre("PICKED_UP told"));
  EXPECT_EQ(count("notify_queue"), "1");
}

TEST_P(Express, OfAFullListOnlyWhatIsNewIsAdded) {
  add_waybill(node_, "A");
  const auto list = [&](int length) {
    static const std::vector<std::string> kCodes{"PICKED_UP", "IN_TRANSIT", "IN_TRANSIT", "OUT_FOR_DELIVERY",
                                                 "DELIVERED"};
    std::vector<ExpressStep> steps;
    for (int i = 0; i < length; ++i) steps.push_back(step("A", kCodes[static_cast<std::size_t>(i)], minute(i)));
    return steps;
  };
  send("k3", list(3));
  EXPECT_THAT(tracking_events(node_, "A"), ElementsAre("PICKED_UP", "IN_TRANSIT", "IN_TRANSIT told"));
  send("k5", list(5));
  EXPECT_THAT(tracking_events(node_, "A"),
              ElementsAre("PICKED_UP", "IN_TRANSIT", "IN_TRANSIT told", "OUT_FOR_DELIVERY", "DELIVERED told"));
  EXPECT_EQ(send("k4", list(4)).effect, EffectResult::kAlready);
  EXPECT_EQ(waybill_state(node_, "A").substr(0, 9), "DELIVERED");
}

TEST_P(Express, WhatComesLateIsStoredAndNotTold) {
  add_waybill(node_, "A");
  send("k1", {step("A", "DELIVERED", minute(9))});
  EXPECT_EQ(send("k2", {step("A", "OUT_FOR_DELIVERY", minute(8))}).effect, EffectResult::kApplied);
  EXPECT_THAT(tracking_events(node_, "A"), ElementsAre("OUT_FOR_DELIVERY late", "DELIVERED told"));
  EXPECT_EQ(waybill_state(node_, "A"), "DELIVERED " + to_store_text(minute(9)).substr(0, 19));
}

TEST_P(Express, AParcelThatNobodyKnowsIsRejectedUntilItIsKnown) {
  ReceiveCall call = express(node_, "k1", {step("A", "PICKED_UP", minute(1))});
  call.events.push_back(node_.event());
  call.answer_rejected = 404;
  const Received rejected = receive(node_, call);
  EXPECT_EQ(rejected.verdict, Verdict::kRejected);
  EXPECT_EQ(rejected.effect, EffectResult::kWaybillUnknown);
  EXPECT_EQ(rejected.reason, "waybill_unknown");
  EXPECT_THAT(rejected.events, IsEmpty());
  const CallbackView view = callback_view(node_, rejected.callback_id);
  EXPECT_EQ(view.effect, EffectResult::kWaybillUnknown);
  EXPECT_EQ(view.answer_status, 404);
  EXPECT_EQ(count("platform_express_tracking_events"), "0");
  EXPECT_EQ(value("SELECT tracking_no FROM platform_express_event_raw"), "A");

  add_waybill(node_, "A");
  EXPECT_EQ(receive(node_, call).effect, EffectResult::kApplied) << "the carrier's next try";
  EXPECT_THAT(tracking_events(node_, "A"), ElementsAre("PICKED_UP told"));
}

TEST_P(Express, WhereThePolicySaysSoAnUnknownParcelIsAccepted) {
  ReceiveCall call = express(node_, "k1", {step("A", "PICKED_UP", minute(1))});
  call.reject_unfit = false;
  call.events.push_back(node_.event());
  const Received received = receive(node_, call);
  EXPECT_EQ(received.verdict, Verdict::kAccepted);
  EXPECT_EQ(received.reason, "waybill_unknown");
  EXPECT_THAT(received.events, SizeIs(1));
  EXPECT_EQ(receive(node_, call).verdict, Verdict::kDuplicate);
  EXPECT_EQ(count("notify_queue"), "0");
}

TEST_P(Express, OfSeveralParcelsThoseThatAreKnownCount) {
  add_waybill(node_, "A");
  add_waybill(node_, "C");
  const Received received = send(
      "k1", {step("A", "PICKED_UP", minute(1)), step("B", "PICKED_UP", minute(1)), step("C", "DELIVERED", minute(1))});
  EXPECT_EQ(received.effect, EffectResult::kApplied);
  EXPECT_EQ(count("platform_express_tracking_events"), "2");
  EXPECT_THAT(tracking_events(node_, "A"), ElementsAre("PICKED_UP told"));
  EXPECT_THAT(tracking_events(node_, "C"), ElementsAre("DELIVERED told"));
}

TEST_P(Express, CallbacksOfOneBatchSeeEachOther) {
  add_waybill(node_, "A");
  const auto answers = receive_together(
      node_, {express(node_, "k1", {step("A", "IN_TRANSIT", minute(2))}),
              express(node_, "k2", {step("A", "PICKED_UP", minute(1))}),
              express(node_, "k3", {step("A", "IN_TRANSIT", minute(2))}),
              express(node_, "k1", {step("A", "IN_TRANSIT", minute(2))}),
              express(node_, "k4", {step("B", "IN_TRANSIT", minute(2))}),
              express(node_, "k5", {step("A", "IN_TRANSIT", minute(3)), step("A", "DELIVERED", minute(4))})});
  std::vector<EffectResult> effects;
  for (const auto& answer : answers) effects.push_back(answer->effect);
  using enum EffectResult;
  EXPECT_THAT(effects, ElementsAre(kApplied, kApplied, kAlready, kNone, kWaybillUnknown, kApplied));
  EXPECT_THAT(tracking_events(node_, "A"),
              ElementsAre("PICKED_UP late", "IN_TRANSIT told", "IN_TRANSIT", "DELIVERED told"));
  EXPECT_EQ(waybill_state(node_, "A"), "DELIVERED " + to_store_text(minute(4)).substr(0, 19));
}

TEST_P(Express, ItsEventsComeWithTheEffectOnly) {
  add_waybill(node_, "A");
  ReceiveCall call = express(node_, "k1", {step("A", "PICKED_UP", minute(1))});
  call.effect_events.push_back(node_.event());
  EXPECT_THAT(receive(node_, call).effect_events, SizeIs(1));
  ReceiveCall again = express(node_, "k2", {step("A", "PICKED_UP", minute(1))});
  again.effect_events.push_back(node_.event());
  EXPECT_THAT(receive(node_, again).effect_events, IsEmpty());
  EXPECT_EQ(node_.ledger().accepted, 1);
}

TEST_P(Express, WhatIsRefusedOfOneCallLeavesNothingOfIt) {
  add_waybill(node_, "A");
  ReceiveCall bad_event = express(node_, "k1", {step("A", "PICKED_UP", minute(1))});
  bad_event.events.push_back(node_.event());
  bad_event.events[0].event.platform.clear();
  ReceiveCall too_long = express(node_, "k2", {step("A", "PICKED_UP", minute(2))});
  std::get<ExpressEffect>(too_long.effect).steps[0].tracking_no.assign(65, 'A');
  const auto answers =
      receive_together(node_, {bad_event, too_long, express(node_, "k3", {step("A", "IN_TRANSIT", minute(3))})});
  EXPECT_EQ(code_of(answers[0]), "value_refused");
  EXPECT_EQ(code_of(answers[1]), "value_refused");
  EXPECT_EQ(answers[2]->effect, EffectResult::kApplied);
  EXPECT_THAT(tracking_events(node_, "A"), ElementsAre("IN_TRANSIT told"));
}

TEST_P(Express, TakesHostileBytes) {  // fault 38
  add_waybill(node_, "A");
  ExpressStep hostile = step("A", "X", minute(1), std::string("a\0b\xff'\"; --", 10));
  hostile.location = std::string("\0", 1);
  EXPECT_EQ(send("k1", {hostile}).effect, EffectResult::kApplied);
  EXPECT_EQ(send("k2", {hostile}).effect, EffectResult::kAlready) << "it is known again";
  EXPECT_THAT(tracking_events(node_, "A"), ElementsAre("X told"));
}

TEST_P(Express, AListOfAThousandStepsOfManyParcelsFits) {
  std::vector<ReceiveCall> calls;
  for (int call = 0; call < 3; ++call) {
    std::vector<ExpressStep> steps;
    for (int i = 0; i < 1000; ++i)
      steps.push_back(step("P" + std::to_string(i % 7), "IN_TRANSIT", minute(call * 1000 + i)));
    calls.push_back(express(node_, "k" + std::to_string(call), std::move(steps)));
  }
  for (int i = 0; i < 7; ++i) add_waybill(node_, "P" + std::to_string(i));
  node_.now += Seconds{86'400 * 3};
  for (const auto& answer : receive_together(node_, std::move(calls)))
    EXPECT_EQ(answer->effect, EffectResult::kApplied);
  EXPECT_EQ(count("platform_express_tracking_events"), "3000");
  EXPECT_EQ(count("notify_queue"), "7");
}

TEST_P(Express, AStateThatWasSetByHandCounts) {
  add_waybill(node_, "A");
  send("k1", {step("A", "IN_TRANSIT", minute(1))});
  node_.sql("UPDATE platform_express_waybills SET status_code = 'DELIVERED', status_time = NOW()");
  send("k2", {step("A", "EXCEPTION", minute(2))});
  EXPECT_THAT(tracking_events(node_, "A"), ElementsAre("IN_TRANSIT told", "EXCEPTION late"));
  node_.sql("UPDATE platform_express_waybills SET status_code = NULL, status_time = NULL, status_text = NULL");
  send("k3", {step("A", "EXCEPTION", minute(3))});
  EXPECT_THAT(tracking_events(node_, "A"), ElementsAre("IN_TRANSIT told", "EXCEPTION late", "EXCEPTION told"));
}

// ---- against the pure functions

/// Turns numbers that RapidCheck makes, and shrinks, into callbacks about three parcels, of which two are known.
class Callbacks {
 public:
  Callbacks(Node& node, std::vector<unsigned> numbers) : node_(node), numbers_(std::move(numbers)) {
    node_.sql(
        "DELETE FROM inbound_callbacks; DELETE FROM platform_express_waybills; "
        "DELETE FROM platform_express_tracking_events; DELETE FROM notify_queue");
    for (const char* number : {"A", "B"}) {
      add_waybill(node_, number);
      model_.waybills.emplace(number, ParcelState{});
    }
  }

  void run() {
    while (at_ < numbers_.size()) send(1 + pick(4));
    compare();
  }

 private:
  unsigned pick(unsigned most) { return at_ < numbers_.size() ? numbers_[at_++] % most : 0; }

  ReceiveCall some_callback() {
    static const std::vector<std::string> kNumbers{"A", "B", "A", "B", "C"};
    static const std::vector<std::string> kCodes{"PICKED_UP", "IN_TRANSIT", "EXCEPTION", "DELIVERED"};
    std::vector<ExpressStep> steps;
    for (unsigned i = 0; i <= pick(4); ++i) {
      steps.push_back(step(kNumbers[pick(5)], kCodes[pick(4)], node_.now - Seconds{60 * (pick(6) + 1)}));
      if (pick(4) == 0) steps.back().event_id = std::to_string(pick(3));
    }
    ReceiveCall call = express(node_, "k" + std::to_string(pick(30)), std::move(steps));
    call.reject_unfit = pick(3) != 0;
    return call;
  }

  void send(unsigned count) {
    std::vector<ReceiveCall> calls;
    for (unsigned i = 0; i < count; ++i) calls.push_back(some_callback());
    const auto answers = receive_together(node_, calls);
    for (std::size_t i = 0; i < calls.size(); ++i) {
      RC_ASSERT(code_of(answers[i]) == "ok");
      const Received& received = *answers[i];
      if (accepted_.contains(calls[i].callback.idempotency_key)) {
        RC_ASSERT(received.verdict == Verdict::kDuplicate);
        continue;
      }
      const auto& effect = std::get<ExpressEffect>(calls[i].effect);
      const ExpressDecision decision = decide_express(effect, model_, node_.now);
      RC_ASSERT(received.effect == decision.result);
      if (is_unfit(decision.result) && calls[i].reject_unfit) {
        RC_ASSERT(received.verdict == Verdict::kRejected);
        continue;
      }
      RC_ASSERT(received.verdict == Verdict::kAccepted);
      accepted_.insert(calls[i].callback.idempotency_key);
      remember(decision, model_);
      for (const NewStep& each : decision.steps) {
        stored_[{each.step->tracking_no, each.event_key}] =
            std::to_string(received.callback_id) + (each.is_late ? " late" : "") + (each.is_told ? " told" : "");
      }
    }
  }

  void compare() {
    std::map<std::pair<std::string, std::string>, std::string> found;
    for (const auto& row :
         node_
             .sql("SELECT e.tracking_no, e.event_key, e.callback_id, CASE WHEN e.is_late THEN ' late' ELSE '' END, "
                  "(SELECT count(*) FROM notify_queue AS q WHERE q.tracking_event_id = e.id) "
                  "FROM platform_express_tracking_events AS e")
             .rows) {
      found[{*row[0], *row[1]}] = *row[2] + *row[3] + (row[4] == "1" ? " told" : "");
      RC_ASSERT(row[4] == "0" || row[4] == "1");
    }
    RC_ASSERT(found == stored_);
    for (const auto& [number, state] : model_.waybills) {
      const std::string expected =
          state.status_time ? state.status_code + ' ' + to_store_text(*state.status_time).substr(0, 19) : "";
      RC_ASSERT(waybill_state(node_, number) == expected);
    }
  }

  Node& node_;
  std::vector<unsigned> numbers_;
  std::size_t at_ = 0;
  KnownParcels model_;
  std::set<std::string> accepted_;
  std::map<std::pair<std::string, std::string>, std::string> stored_;
};

TEST_P(Express, WhatIsStoredIsWhatWasDecided) {
  EXPECT_TRUE(rc::check([this](std::vector<unsigned> numbers) { Callbacks(node_, std::move(numbers)).run(); }));
}

YIZHAN_ON_EVERY_ENGINE(Express);

// ---- several nodes

TEST(PostgresExpress, OfWhatSeveralNodesHearEachStepIsStoredOnce) {
  constexpr int kNodes = 4;
  constexpr int kParcels = 13;  // a prime: each node below comes by every parcel
  constexpr int kSteps = 6;
  const Place place(Engine::kPostgres);
  Node first(place.url());
  for (int i = 0; i < kParcels; ++i) add_waybill(first, "P" + std::to_string(i));
  static const std::vector<std::string> kCodes{"CREATED",          "PICKED_UP", "IN_TRANSIT",
                                               "OUT_FOR_DELIVERY", "IN_LOCKER", "DELIVERED"};
  std::atomic<int> unanswered{0};
  std::vector<std::thread> nodes;
  for (int which = 0; which < kNodes; ++which) {
    nodes.emplace_back([&, which] {
      Node node(place.url());
      // The same steps, each node in another order, and in callbacks of its own: nodes that wait for each other must
      // not end in a deadlock.
      for (int round = 0; round < kSteps; ++round) {
        std::vector<ReceiveCall> calls;
        for (int i = 0; i < kParcels; ++i) {
          const std::string number = "P" + std::to_string((i * (which + 1) * 5 + which) % kParcels);
          std::vector<ExpressStep> list;
          for (int s = 0; s <= (round + which) % kSteps; ++s) {
            list.push_back(
                step(number, kCodes[static_cast<std::size_t>(s)], node.now - Seconds{600} + Seconds{60 * s}));
          }
          calls.push_back(express(node, fmt::format("{}/{}/{}", which, round, i), std::move(list)));
        }
        for (const auto& answer : receive_together(node, std::move(calls))) unanswered += answer ? 0 : 1;
      }
    });
  }
  for (std::thread& node : nodes) node.join();
  EXPECT_EQ(unanswered, 0);
  for (int i = 0; i < kParcels; ++i) {
    const std::string number = "P" + std::to_string(i);
    EXPECT_THAT(tracking_events(first, number), SizeIs(kSteps)) << number;
    EXPECT_EQ(waybill_state(first, number).substr(0, 9), "DELIVERED") << number;
  }
  // Told in the order of the states, each at most once, the last one by all means.
  const auto told =
      first
          .sql(
              "SELECT e.tracking_no, count(*), count(DISTINCT e.status_code), bool_or(e.status_code = 'DELIVERED'), "
              "bool_or(e.is_late) FROM notify_queue AS q JOIN platform_express_tracking_events AS e "
              "ON e.id = q.tracking_event_id GROUP BY 1")
          .rows;
  EXPECT_THAT(told, SizeIs(kParcels));
  for (const auto& row : told) {
    EXPECT_EQ(row[1], row[2]) << *row[0];
    EXPECT_EQ(row[3], "t") << *row[0];
    EXPECT_EQ(row[4], "f") << *row[0];
  }
}

}  // namespace
}  // namespace yizhan::store::contract
