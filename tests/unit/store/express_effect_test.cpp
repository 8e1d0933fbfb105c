// What carriers' steps make of a parcel, whatever the order in which they come.
#include "store/express_effect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <algorithm>
#include <map>
#include <set>

namespace yizhan::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr UtcTime kNow = UtcTime{Seconds{1'767'600'000}};

ExpressStep step(std::string tracking_no, std::string status_code, int minute, std::string text = "") {
  return {.tracking_no = std::move(tracking_no),
          .status_code = status_code,
          .received_code = std::move(status_code),
          .event_time = kNow - Seconds{86'400} + Seconds{60 * minute},
          .event_text = std::move(text),
          .location = {},
          .carrier_code = {},
          .event_id = {}};
}

KnownParcels knowing(std::initializer_list<const char*> tracking_numbers) {
  KnownParcels known;
  for (const char* number : tracking_numbers) known.waybills.emplace(number, ParcelState{});
  return known;
}

/// Decides, and remembers what is applied. `code`, then `late`, `told`.
std::vector<std::string> apply(KnownParcels& known, std::vector<ExpressStep> steps) {
  const ExpressEffect effect{std::move(steps)};
  const ExpressDecision decision = decide_express(effect, known, kNow);
  remember(decision, known);
  std::vector<std::string> stored;
  for (const NewStep& each : decision.steps) {
    stored.push_back(each.step->status_code + (each.is_late ? " late" : "") + (each.is_told ? " told" : ""));
  }
  return stored;
}

EffectResult result(const KnownParcels& known, std::vector<ExpressStep> steps) {
  const ExpressEffect effect{std::move(steps)};
  return decide_express(effect, known, kNow).result;
}

TEST(ExpressEffect, AStepMovesTheParcelAndIsTold) {
  KnownParcels known = knowing({"A"});
  EXPECT_THAT(apply(known, {step("A", "PICKED_UP", 1, "collected")}), ElementsAre("PICKED_UP told"));
  EXPECT_EQ(known.waybills.at("A").status_code, "PICKED_UP");
  EXPECT_EQ(known.waybills.at("A").status_time, kNow - Seconds{86'340});
  EXPECT_EQ(known.waybills.at("A").status_text, "collected");
}

TEST(ExpressEffect, TheSameStepAgainIsAlreadyThere) {
  KnownParcels known = knowing({"A"});
  apply(known, {step("A", "PICKED_UP", 1)});
  EXPECT_EQ(result(known, {step("A", "PICKED_UP", 1)}), EffectResult::kAlready);
  EXPECT_THAT(apply(known, {step("A", "PICKED_UP", 1)}), IsEmpty());
  EXPECT_THAT(apply(known, {step("A", "X", 2), step("A", "X", 2)}), ElementsAre("X told")) << "twice in one list";
}

TEST(ExpressEffect, TheSameStateAgainIsStoredAndNotTold) {
  KnownParcels known = knowing({"A"});
  apply(known, {step("A", "IN_TRANSIT", 1, "left")});
  EXPECT_THAT(apply(known, {step("A", "IN_TRANSIT", 2, "arrived")}), ElementsAre("IN_TRANSIT"));
  EXPECT_EQ(known.waybills.at("A").status_text, "arrived");
  EXPECT_THAT(apply(known, {step("A", "EXCEPTION", 3)}), ElementsAre("EXCEPTION told"));
  EXPECT_THAT(apply(known, {step("A", "IN_TRANSIT", 4)}), ElementsAre("IN_TRANSIT told")) << "it is a change";
}

TEST(ExpressEffect, AStepThatCameLateMovesNothing) {
  KnownParcels known = knowing({"A"});
  apply(known, {step("A", "DELIVERED", 9, "signed")});
  EXPECT_EQ(result(known, {step("A", "IN_TRANSIT", 5)}), EffectResult::kApplied);
  EXPECT_THAT(apply(known, {step("A", "IN_TRANSIT", 5)}), ElementsAre("IN_TRANSIT late"));
  EXPECT_EQ(known.waybills.at("A").status_code, "DELIVERED");
  EXPECT_EQ(known.waybills.at("A").status_text, "signed");
}

TEST(ExpressEffect, OfAListOnlyTheNewestNewStepIsTold) {
  KnownParcels known = knowing({"A", "B"});
  EXPECT_THAT(apply(known, {step("A", "OUT_FOR_DELIVERY", 3), step("A", "PICKED_UP", 1), step("B", "CREATED", 1),
                            step("A", "IN_TRANSIT", 2)}),
              ElementsAre("OUT_FOR_DELIVERY told", "PICKED_UP", "CREATED told", "IN_TRANSIT"));
  EXPECT_THAT(apply(known, {step("A", "DELIVERED", 4), step("A", "EXCEPTION", 2), step("A", "PICKED_UP", 1)}),
              ElementsAre("DELIVERED told", "EXCEPTION late"));
  EXPECT_THAT(apply(known, {step("A", "EXCEPTION", 5), step("A", "DELIVERED", 6)}),
              ElementsAre("EXCEPTION", "DELIVERED"))
      << "it ended where it was";
}

TEST(ExpressEffect, ParcelsThatNobodyKnowsAreLeftOut) {
  KnownParcels known = knowing({"A"});
  EXPECT_EQ(result(known, {step("B", "CREATED", 1)}), EffectResult::kWaybillUnknown);
  EXPECT_EQ(result(known, {step("B", "CREATED", 1), step("A", "CREATED", 1)}), EffectResult::kApplied);
  EXPECT_THAT(apply(known, {step("B", "CREATED", 1), step("A", "CREATED", 1)}), ElementsAre("CREATED told"));
  EXPECT_EQ(result(known, {step("B", "CREATED", 1), step("A", "CREATED", 1)}), EffectResult::kAlready);
  EXPECT_EQ(result(known, {}), EffectResult::kNone);
}

TEST(ExpressEffect, AtTheSameMomentWhatIsFurtherOnTheWayCounts) {
  for (const bool delivered_first : {true, false}) {
    KnownParcels known = knowing({"A"});
    apply(known, {step("A", delivered_first ? "DELIVERED" : "IN_TRANSIT", 1)});
    apply(known, {step("A", delivered_first ? "IN_TRANSIT" : "DELIVERED", 1)});
    EXPECT_EQ(known.waybills.at("A").status_code, "DELIVERED");
  }
}

TEST(ExpressEffect, ATimeToComeDoesNotMakeEverythingLate) {
  KnownParcels known = knowing({"A"});
  apply(known, {step("A", "IN_TRANSIT", 60 * 24 * 365)});
  EXPECT_EQ(known.waybills.at("A").status_time, kNow);
  const ExpressEffect delivered{{step("A", "DELIVERED", 24 * 60 + 5)}};
  const ExpressDecision later = decide_express(delivered, known, kNow + Seconds{600});
  ASSERT_EQ(later.steps.size(), 1U);
  EXPECT_TRUE(later.steps[0].is_told);
}

TEST(ExpressEffect, AStateThatWasSetByHandWithoutATimeIsNoneToBeLateFor) {
  KnownParcels known;
  known.waybills.emplace("A", ParcelState{.status_code = "IN_TRANSIT", .status_time = {}, .status_text = {}});
  EXPECT_THAT(apply(known, {step("A", "IN_TRANSIT", 1)}), ElementsAre("IN_TRANSIT"));
  EXPECT_THAT(apply(known, {step("A", "DELIVERED", 2)}), ElementsAre("DELIVERED told"));
}

TEST(ExpressEffect, AStepIsTheSameByItsIdOrByWhatItSays) {
  ExpressStep a = step("A", "X", 1, "text");
  const std::string key = event_key(a);
  EXPECT_EQ(key.size(), 32U);
  a.status_code = "IN_TRANSIT";  // what it is mapped to may change with a version
  a.location = "elsewhere";
  EXPECT_EQ(event_key(a), key);
  for (const auto& change : std::vector<std::function<void(ExpressStep&)>>{
           [](ExpressStep& other) { other.received_code = "Y"; }, [](ExpressStep& other) { other.event_text = "texT"; },
           [](ExpressStep& other) { other.event_time += Microseconds{1}; },
           [](ExpressStep& other) { other.received_code = "", other.event_text = "Xtext"; }}) {
    ExpressStep other = a;
    change(other);
    EXPECT_NE(event_key(other), key);
  }
  a.event_id = "e1";
  EXPECT_EQ(event_key(a), "id:e1");
  // It is in the rows: computed elsewhere (FNV-1a, 128 bits).
  EXPECT_EQ(event_key({.tracking_no = "A",
                       .status_code = "DELIVERED",
                       .received_code = "3",
                       .event_time = from_unix_micros(1'767'600'000'000'000),
                       .event_text = "签收",
                       .location = {},
                       .carrier_code = {},
                       .event_id = {}}),
            "a8b771a081e1e76cd998956c396786e3");
}

TEST(ExpressEffect, WhatIsTooLongIsRefusedByName) {
  const auto refused = [](auto change) {
    ExpressEffect effect{{step("A", "X", 1)}};
    change(effect.steps[0]);
    const auto error = express_refusal(effect);
    return error ? error->message.substr(0, error->message.find(' ')) : std::string();
  };
  EXPECT_EQ(refused([](ExpressStep&) {}), "");
  EXPECT_EQ(refused([](ExpressStep& each) { each.tracking_no = ""; }), "tracking_no");
  EXPECT_EQ(refused([](ExpressStep& each) { each.tracking_no.assign(65, 'a'); }), "tracking_no");
  EXPECT_EQ(refused([](ExpressStep& each) { each.status_code = ""; }), "status_code");
  EXPECT_EQ(refused([](ExpressStep& each) { each.status_code.assign(65, 'a'); }), "status_code");
  EXPECT_EQ(refused([](ExpressStep& each) { each.received_code.assign(65, 'a'); }), "received_code");
  EXPECT_EQ(refused([](ExpressStep& each) { each.event_text.assign(1025, 'a'); }), "event_text");
  EXPECT_EQ(refused([](ExpressStep& each) { each.location.assign(257, 'a'); }), "location");
  EXPECT_EQ(refused([](ExpressStep& each) { each.carrier_code.assign(65, 'a'); }), "carrier_code");
  EXPECT_EQ(refused([](ExpressStep& each) { each.event_id.assign(256, 'a'); }), "event_id");
  EXPECT_EQ(express_refusal({std::vector<ExpressStep>(1001, step("A", "X", 1))})->code, "value_refused");
}

// ---- any order, any repetition, any lists

/// A parcel's history as a carrier has it.
std::vector<ExpressStep> any_history() {
  const auto count = *rc::gen::inRange<std::size_t>(1, 9);
  std::vector<ExpressStep> history;
  for (std::size_t i = 0; i < count; ++i) {
    static const std::vector<std::string> kCodes{"PICKED_UP", "IN_TRANSIT", "EXCEPTION", "DELIVERED", "77"};
    history.push_back(step(*rc::gen::element<std::string>("A", "B"), *rc::gen::elementOf(kCodes),
                           *rc::gen::inRange(0, 6), *rc::gen::element<std::string>("", "t")));
  }
  return history;
}

/// The history in callbacks: in any order, some steps again and again, alone or in lists; each step at least once.
std::vector<std::vector<ExpressStep>> any_callbacks(const std::vector<ExpressStep>& history) {
  auto order = *rc::gen::container<std::vector<std::size_t>>(20, rc::gen::inRange<std::size_t>(0, history.size()));
  for (std::size_t i = 0; i < history.size(); ++i) {
    order.insert(order.begin() + static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(0, order.size() + 1)), i);
  }
  std::vector<std::vector<ExpressStep>> callbacks;
  for (const std::size_t index : order) {
    if (callbacks.empty() || *rc::gen::inRange(0, 3) == 0) callbacks.emplace_back();
    callbacks.back().push_back(history[index]);
  }
  return callbacks;
}

TEST(ExpressEffect, TheOrderOfArrivalChangesNeitherTheStateNorTheRecord) {
  EXPECT_TRUE(rc::check([] {
    const auto history = any_history();
    std::set<std::pair<std::string, std::string>> all;
    std::map<std::string, UtcTime> newest;
    for (const ExpressStep& each : history) {
      all.emplace(each.tracking_no, event_key(each));
      newest[each.tracking_no] = std::max(newest[each.tracking_no], each.event_time);
    }
    std::optional<std::map<std::string, std::string>> states;
    for (int run = 0; run < 2; ++run) {
      KnownParcels known = knowing({"A", "B"});
      std::size_t stored = 0;
      for (auto& callback : any_callbacks(history)) {
        const KnownParcels before = known;
        const ExpressEffect effect{callback};
        const ExpressDecision decision = decide_express(effect, known, kNow);
        remember(decision, known);
        stored += decision.steps.size();
        std::map<std::string, int> told;
        for (const NewStep& each : decision.steps) {
          const std::string& number = each.step->tracking_no;
          RC_ASSERT(!(each.is_late && each.is_told));
          RC_ASSERT(!each.is_late || known.waybills.at(number).status_time > each.step->event_time ||
                    before.waybills.at(number).status_time == each.step->event_time);
          if (each.is_told) ++told[number];
        }
        for (const auto& [number, state] : known.waybills) {
          RC_ASSERT(told[number] == (state.status_code != before.waybills.at(number).status_code ? 1 : 0));
        }
      }
      RC_ASSERT(stored == all.size());
      RC_ASSERT(known.steps == all);
      std::map<std::string, std::string> reached;
      for (const auto& [number, time] : newest) {
        RC_ASSERT(known.waybills.at(number).status_time == time);
        reached[number] = known.waybills.at(number).status_code;
      }
      if (states) RC_ASSERT(reached == *states);
      states = std::move(reached);
    }
  }));
}

}  // namespace
}  // namespace yizhan::store
