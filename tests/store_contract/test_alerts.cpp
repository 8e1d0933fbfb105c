// Alerts that are raised: their episodes, and the events that tell of them.
#include <fmt/format.h>

#include <thread>

#include "contract_test.h"
#include "store/alerts.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

AlertEpisode episode(std::string id, const std::string& subject, UtcTime now) {
  return {.id = std::move(id),
          .cause = "dead_letter:" + subject,
          .rule = "dead_letter",
          .subject = subject,
          .title = "2 new dead letters",
          .facts = R"([["next","yizhan dead-letters"]])",
          .count = 2,
          .told = 1,
          .raised_at = now,
          .last_held_at = now,
          .told_at = now,
          .cleared_at = std::nullopt};
}

AlertEvent event(std::string id, std::string platform = "alert:ops") {
  return {.id = std::move(id), .platform = std::move(platform), .event_type = "alert.raised", .payload = R"({"id":1})"};
}

class Alerts : public Contract {
 protected:
  void change(const AlertChange& wanted) {
    value_of(fold_alerts(node_.store(), [&](const auto&) { return std::vector{wanted}; }, node_.now));
  }
};
YIZHAN_ON_EVERY_ENGINE(Alerts);

TEST_P(Alerts, AnEpisodeAndItsEventsAreOneTransaction) {
  const AlertEpisode raised = episode("a1", "crm", node_.now);
  change({.episode = raised, .events = {event("e1"), event("e2", "alert:mail")}});
  EXPECT_THAT(value_of(open_alerts(node_.store())), ElementsAre(raised));
  const EventView told = node_.view("e1", true);
  EXPECT_EQ(told.event.platform, "alert:ops");
  EXPECT_EQ(told.event.event_type, "alert.raised");
  EXPECT_EQ(told.event.payload, R"({"id":1})");
  EXPECT_EQ(told.event.correlation, "a1");
  EXPECT_EQ(told.event.created_at, node_.now);
  EXPECT_EQ(told.status, EventStatus::kPending);
  EXPECT_EQ(node_.view("e2").event.platform, "alert:mail");
  const auto claimed = node_.claim(kUnrouted);
  EXPECT_THAT(claimed, SizeIs(2)) << "due at once, for whoever routes them";
  EXPECT_EQ(node_.ledger().accepted, 2);
}

TEST_P(Alerts, WhereAnEventIsRefusedNothingIsChanged) {
  change({.episode = episode("a1", "crm", node_.now), .events = {event("e1")}});
  AlertEpisode later = episode("a1", "crm", node_.now);
  later.count = 9;
  const auto refused = fold_alerts(
      node_.store(), [&](const auto&) { return std::vector{AlertChange{later, {event("e2"), event("e1")}}}; },
      node_.now);
  EXPECT_FALSE(refused) << "the id e1 is taken";
  EXPECT_EQ(value_of(open_alerts(node_.store())).at(0).count, 2);
  EXPECT_EQ(node_.ledger().accepted, 1);
}

TEST_P(Alerts, AnEpisodeChangesUntilItIsCleared) {
  AlertEpisode it = episode("a1", "crm", node_.now);
  change({.episode = it});
  it.count = 5;
  it.told = 2;
  it.title = "5 new dead letters";
  it.facts = "[]";
  it.last_held_at = it.told_at = node_.now + Seconds{60};
  change({.episode = it});
  EXPECT_THAT(value_of(open_alerts(node_.store())), ElementsAre(it));
  it.cleared_at = node_.now + Seconds{90};
  change({.episode = it});
  EXPECT_THAT(value_of(open_alerts(node_.store())), IsEmpty());
  EXPECT_THAT(value_of(newest_alerts(node_.store(), 10)), ElementsAre(it));
}

TEST_P(Alerts, ATestOfTheChannelsIsAnEventAndNoEpisode) {
  value_of(hand_over_alerts(node_.shell(), {event("e1"), event("e2", "alert:mail")}, "t1", node_.now));
  EXPECT_EQ(node_.view("e1").event.correlation, "t1");
  EXPECT_EQ(node_.view("e2").event.platform, "alert:mail");
  EXPECT_THAT(value_of(newest_alerts(node_.store(), 10)), IsEmpty());
}

TEST_P(Alerts, AreListedInTheirOrder) {
  for (int i = 1; i <= 4; ++i) {
    AlertEpisode it = episode(fmt::format("a{}", i), fmt::format("p{}", i), node_.now + Seconds{i});
    if (i == 2) it.cleared_at = it.raised_at;
    change({.episode = it});
  }
  const auto ids = [](const std::vector<AlertEpisode>& episodes) {
    std::vector<std::string> all;
    for (const AlertEpisode& each : episodes) all.push_back(each.id);
    return all;
  };
  EXPECT_THAT(ids(value_of(open_alerts(node_.store()))), ElementsAre("a1", "a3", "a4"));
  EXPECT_THAT(ids(value_of(newest_alerts(node_.store(), 3))), ElementsAre("a4", "a3", "a2"));
}

TEST_P(Alerts, SurviveARestart) {
  const AlertEpisode raised = episode("a1", "crm", node_.now);
  change({.episode = raised});
  node_.reopen();
  EXPECT_THAT(value_of(open_alerts(node_.store())), ElementsAre(raised));
}

TEST_P(Alerts, ACauseHasOneOpenEpisode) {
  change({.episode = episode("a1", "crm", node_.now)});
  const auto second = fold_alerts(
      node_.store(), [&](const auto&) { return std::vector{AlertChange{episode("a2", "crm", node_.now)}}; }, node_.now);
  EXPECT_FALSE(second);
  AlertEpisode over = episode("a1", "crm", node_.now);
  over.cleared_at = node_.now;
  change({.episode = over});
  change({.episode = episode("a2", "crm", node_.now)});
  EXPECT_EQ(value_of(open_alerts(node_.store())).at(0).id, "a2");
}

TEST_P(Alerts, TheSchemaRefusesWhatCannotBe) {
  AlertEpisode other = episode("a1", "crm", node_.now);
  other.cause = "dead_letter:erp";
  EXPECT_FALSE(fold_alerts(node_.store(), [&](const auto&) { return std::vector{AlertChange{other}}; }, node_.now));
  AlertEpisode early = episode("a1", "crm", node_.now);
  early.cleared_at = node_.now - Seconds{1};
  EXPECT_FALSE(fold_alerts(node_.store(), [&](const auto&) { return std::vector{AlertChange{early}}; }, node_.now));
  EXPECT_THAT(value_of(newest_alerts(node_.store(), 10)), IsEmpty());
}

/// Two nodes see the same at the same moment: one of them tells.
TEST(PostgresAlerts, NodesThatFoldAtTheSameMomentTellOnce) {
  const Place place(Engine::kPostgres);
  constexpr int kNodes = 4;
  constexpr int kRounds = 25;
  Node first(place.url());
  const auto look = [&](int name) {
    Node node(place.url());
    for (int round = 0; round < kRounds; ++round) {
      const std::string subject = fmt::format("p{}", round);
      value_of(fold_alerts(
          node.store(),
          [&](const std::vector<AlertEpisode>& open) {
            std::vector<AlertChange> changes;
            for (AlertEpisode known : open) {
              if (known.subject != subject) continue;
              ++known.count;
              changes.push_back({.episode = known});
            }
            if (!changes.empty()) return changes;
            const std::string id = fmt::format("{}-{}", name, round);
            changes.push_back({.episode = episode(id, subject, node.now), .events = {event("e" + id)}});
            return changes;
          },
          node.now));
    }
  };
  std::vector<std::thread> nodes;
  for (int i = 0; i < kNodes; ++i) nodes.emplace_back(look, i);
  for (std::thread& node : nodes) node.join();
  const auto open = value_of(open_alerts(first.store()));
  EXPECT_THAT(open, SizeIs(kRounds));
  for (const AlertEpisode& each : open) EXPECT_EQ(each.count, 2 + kNodes - 1) << each.subject;
  EXPECT_EQ(first.ledger().accepted, kRounds) << "one event of each cause";
}

}  // namespace
}  // namespace yizhan::store::contract
