// Folding, under virtual time: what an operator is told, and what not.
#include "alert/episodes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>

namespace yizhan::alert {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;
using State = Alert::State;

constexpr UtcTime kStart = UtcTime{std::chrono::days{20'000}};

Condition condition(std::string subject, std::int64_t occurrences = 0) {
  return {.rule = Rule::kDeadLetter,
          .subject = std::move(subject),
          .title = "dead letters",
          .facts = {{"next", "look"}},
          .occurrences = occurrences,
          .known = std::max<std::int64_t>(1, occurrences)};
}

/// The store's part: open episodes, and everything that was told.
class Book {
 public:
  /// One node's look.
  std::vector<Alert> look(const std::vector<Condition>& holding, const FoldSettings& settings, UtcTime now) {
    std::vector<Alert> told;
    const auto make_id = [this] { return fmt::format("id-{}", ++ids_); };
    for (const Fold& change : fold(open_, holding, settings, now, make_id)) {
      std::erase_if(open_, [&](const auto& known) { return known.id == change.episode.id; });
      (change.episode.cleared_at ? closed_ : open_).push_back(change.episode);
      if (change.alert) told.push_back(*change.alert);
    }
    return told;
  }
  const std::vector<store::AlertEpisode>& open() const { return open_; }
  const std::vector<store::AlertEpisode>& closed() const { return closed_; }

 private:
  std::vector<store::AlertEpisode> open_;
  std::vector<store::AlertEpisode> closed_;
  int ids_ = 0;
};

std::vector<State> states_of(const std::vector<Alert>& alerts) {
  std::vector<State> states;
  for (const Alert& alert : alerts) states.push_back(alert.state);
  return states;
}

class Episodes : public testing::Test {
 protected:
  std::vector<State> at(UtcTime now, std::initializer_list<Condition> holding) {
    last_ = book_.look(holding, settings_, now);
    return states_of(last_);
  }
  Book book_;
  FoldSettings settings_{.watching_since = kStart};
  std::vector<Alert> last_;
};

TEST_F(Episodes, OneAlertWhenItBeginsOneAWindowOneAtTheEnd) {
  EXPECT_THAT(at(kStart, {condition("crm", 2)}), ElementsAre(State::kRaised));
  EXPECT_EQ(last_.at(0).cause, "dead_letter:crm");
  EXPECT_EQ(last_.at(0).count, 2);
  EXPECT_THAT(at(kStart + minutes{10}, {condition("crm", 3)}), IsEmpty());
  EXPECT_THAT(at(kStart + minutes{29}, {condition("crm")}), IsEmpty());
  EXPECT_THAT(at(kStart + minutes{30}, {condition("crm", 1)}), ElementsAre(State::kContinues));
  EXPECT_EQ(last_.at(0).count, 6);
  EXPECT_EQ(last_.at(0).raised_at, kStart);
  EXPECT_THAT(at(kStart + minutes{34}, {}), IsEmpty());
  EXPECT_THAT(at(kStart + minutes{35}, {}), ElementsAre(State::kCleared));
  EXPECT_EQ(last_.at(0).count, 6);
  EXPECT_EQ(last_.at(0).at, kStart + minutes{35});
  EXPECT_THAT(at(kStart + minutes{36}, {}), IsEmpty());
  EXPECT_THAT(at(kStart + minutes{37}, {condition("crm")}), ElementsAre(State::kRaised));
}

TEST_F(Episodes, FlappingIsOneEpisode) {
  EXPECT_THAT(at(kStart, {condition("crm", 1)}), ElementsAre(State::kRaised));
  for (int minute = 1; minute < 30; ++minute) {
    const bool holds = minute % 4 == 0;
    EXPECT_THAT(holds ? at(kStart + minutes{minute}, {condition("crm", 1)}) : at(kStart + minutes{minute}, {}),
                IsEmpty());
  }
  EXPECT_EQ(book_.open().at(0).count, 8);
}

TEST_F(Episodes, CausesAreToldApart) {
  EXPECT_THAT(at(kStart, {condition("crm"), condition("erp")}), ElementsAre(State::kRaised, State::kRaised));
  EXPECT_THAT(at(kStart + minutes{1}, {condition("crm"), condition("erp"), condition("shop")}),
              ElementsAre(State::kRaised));
  EXPECT_EQ(last_.at(0).subject, "shop");
}

TEST_F(Episodes, TheFirstAlertCountsWhatIsKnownOfLate) {
  Condition found = condition("crm");
  found.known = 7;
  at(kStart, {found});
  EXPECT_EQ(last_.at(0).count, 7);
}

TEST_F(Episodes, AfterARestartNothingIsOverBeforeItWasLookedAt) {
  at(kStart, {condition("crm")});
  settings_.watching_since = kStart + minutes{60};
  EXPECT_THAT(at(kStart + minutes{60}, {}), IsEmpty());
  EXPECT_THAT(at(kStart + minutes{64}, {}), IsEmpty());
  EXPECT_THAT(at(kStart + minutes{65}, {}), ElementsAre(State::kCleared));
}

TEST_F(Episodes, ACauseHoldsAsLongAsOneNodeSeesIt) {
  at(kStart, {condition("crm")});
  for (int minute = 1; minute < 25; ++minute) {
    EXPECT_THAT(at(kStart + minutes{minute}, {}), IsEmpty()) << "the node that does not see it";
    EXPECT_THAT(at(kStart + minutes{minute}, {condition("crm")}), IsEmpty());
  }
}

TEST_F(Episodes, BeyondTheLimitNoneBegins) {
  std::vector<Condition> many;
  for (int i = 0; i < store::kMaxOpenAlerts + 5; ++i) many.push_back(condition(fmt::format("p{}", i)));
  EXPECT_EQ(book_.look(many, settings_, kStart).size(), std::size_t{store::kMaxOpenAlerts});
  EXPECT_THAT(book_.look(many, settings_, kStart + Seconds{1}), IsEmpty());
}

/// Any course of events, seen by two nodes that look in turn at any times.
TEST(EpisodesProperty, WhatIsToldIsRightWhateverHappens) {
  EXPECT_TRUE(rc::check([] {
    const FoldSettings settings{.window = Seconds{*rc::gen::inRange(1, 400)},
                                .clear_after = Seconds{*rc::gen::inRange(1, 200)},
                                .watching_since = kStart};
    const auto steps = *rc::gen::container<std::vector<std::tuple<int, bool, bool, int>>>(rc::gen::tuple(
        rc::gen::inRange(1, 60), rc::gen::arbitrary<bool>(), rc::gen::arbitrary<bool>(), rc::gen::inRange(0, 5)));
    Book book;
    UtcTime now = kStart;
    struct Course {
      bool open = false;
      std::int64_t happened = 0;
      UtcTime told_at{};
      UtcTime held_at{};
      std::string id;
    };
    std::map<std::string, Course> courses;
    for (const auto& [seconds, crm, erp, occurrences] : steps) {
      now += Seconds{seconds};
      std::vector<Condition> holding;
      if (crm) holding.push_back(condition("crm", occurrences));
      if (erp) holding.push_back(condition("erp", occurrences));
      const auto told = book.look(holding, settings, now);
      std::set<std::string> causes;
      for (const Alert& alert : told) {
        RC_ASSERT(causes.insert(alert.cause).second);  // one alert of a cause at a time
        Course& course = courses[alert.cause];
        const bool holds = alert.subject == "crm" ? crm : erp;
        switch (alert.state) {
          case State::kRaised:
            RC_ASSERT(holds && !course.open);
            RC_ASSERT(course.id != alert.id);
            course = {.open = true, .happened = 0, .told_at = now, .held_at = now, .id = alert.id};
            course.happened = std::max(1, occurrences) - occurrences;  // at least one has happened
            break;
          case State::kContinues:
            RC_ASSERT(holds && course.open && course.id == alert.id);
            RC_ASSERT(now - course.told_at >= settings.window);
            course.told_at = now;
            break;
          case State::kCleared:
            RC_ASSERT(!holds && course.open && course.id == alert.id);
            RC_ASSERT(now - course.held_at >= settings.clear_after);
            RC_ASSERT(alert.count == course.happened);
            course.open = false;
            break;
        }
      }
      for (const auto& [subject, holds] : {std::pair{std::string("crm"), crm}, {std::string("erp"), erp}}) {
        Course& course = courses["dead_letter:" + subject];
        RC_ASSERT(!holds || course.open);  // what holds is told of
        if (!course.open) continue;
        if (holds) {
          course.held_at = now;
          course.happened += occurrences;
          RC_ASSERT(now - course.told_at < settings.window);  // … and again in time
        } else {
          RC_ASSERT(now - course.held_at < settings.clear_after);  // what is over was cleared
        }
      }
    }
    for (const auto& episode : book.open()) RC_ASSERT(episode.count == courses[episode.cause].happened);
  }));
}

}  // namespace
}  // namespace yizhan::alert
