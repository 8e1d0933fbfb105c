// Searching: lists and counts of few among many events go stretch by stretch.
#include <algorithm>
#include <functional>
#include <map>

#include "contract_test.h"

namespace yizhan::store::contract {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class Searching : public Contract {
 protected:
  static constexpr int kEvents = 30;

  /// In all states, mixed; every seventh is of platform `erp`.
  void accept_mixed() {
    std::vector<NewEvent> events;
    std::map<std::string, int> places;
    for (int i = 0; i < kEvents; ++i) {
      events.push_back(node_.event());
      NewEvent& event = events.back();
      if (i % 7 == 0) event.event.platform = "erp";
      if (i % 10 == 0) event.event.correlation = "order-1";
      event.event.created_at = node_.now + Seconds{20} * i;
      if (i % 5 == 0) event.first_attempt_at = node_.now + Seconds{3600};
      places[event.event.id] = i;
    }
    node_.accept(std::move(events));
    for (const ClaimedEvent& claimed : node_.claim()) {
      switch (places.at(claimed.event.id) % 3) {
        case 0:
          node_.deliver(claimed);
          break;
        case 1:
          node_.bury(claimed);
          break;
        default:
          node_.retry(claimed, Seconds{3600});
          break;
      }
    }
  }

  static std::vector<Selection> selections() {
    std::vector<Selection> all(8);
    all[1].platform = "erp";
    all[2].platform = "none";
    all[3].statuses = {EventStatus::kRetrying, EventStatus::kDelivered};
    all[4].error_class = "http_5xx";
    all[5].platform = "crm";
    all[5].statuses = {EventStatus::kDeadLetter};
    all[6].created_from = *parse_time("2026-01-05T08:02:00Z");
    all[6].platform = "erp";
    all[7].created_until = *parse_time("2026-01-05T08:08:00Z");
    all[7].event_type = "order.paid";
    return all;
  }

  /// What a list gives call by call, to its end.
  template <class Row>
  struct Found {
    std::vector<Row> rows;
    int calls = 0;
  };
  template <class Row>
  Found<Row> follow(Result<Rows<Row>> (Store::*list)(const Selection&, const Page&), const Selection& selection,
                    Page page) {
    Found<Row> found;
    do {
      auto rows = value_of((node_.store().*list)(selection, page));
      EXPECT_LE(std::ssize(rows.rows), page.limit);
      std::ranges::move(rows.rows, std::back_inserter(found.rows));
      page.after = rows.next;
      ++found.calls;
    } while (page.after != 0);
    return found;
  }
};

TEST_P(Searching, WhatIsFoundCallByCallIsWhatOneCallFinds) {
  accept_mixed();
  for (const Selection& selection : selections()) {
    for (const bool oldest_first : {false, true}) {
      const auto whole = follow(&Store::list_events, selection, {.oldest_first = oldest_first});
      EXPECT_EQ(whole.calls, 1);
      const auto dead = follow(&Store::list_dead_letters, selection, {.oldest_first = oldest_first});
      for (const int piece : {1, 3, 29}) {
        for (const int limit : {2, 100}) {
          const Page page{.limit = limit, .oldest_first = oldest_first, .piece = piece};
          const auto events = follow(&Store::list_events, selection, page);
          EXPECT_TRUE(std::ranges::equal(events.rows, whole.rows, {}, &EventView::sequence, &EventView::sequence));
          const auto letters = follow(&Store::list_dead_letters, selection, page);
          EXPECT_TRUE(
              std::ranges::equal(letters.rows, dead.rows, {}, &DeadLetterView::event_id, &DeadLetterView::event_id));
        }
      }
    }
  }
}

TEST_P(Searching, TheSelectionsAreNotEmpty) {
  accept_mixed();
  std::vector<std::int64_t> counts;
  for (const Selection& selection : selections()) {
    counts.push_back(value_of(node_.store().count(selection)));
    EXPECT_EQ(counts.back(), std::ssize(follow(&Store::list_events, selection, {}).rows));
    std::int64_t sum = 0;
    for (const CauseCount& cause : value_of(node_.store().count_by_cause(selection))) sum += cause.count;
    EXPECT_EQ(sum, counts.back());
  }
  EXPECT_THAT(counts, testing::ElementsAre(kEvents, 5, 0, testing::Gt(10), testing::Gt(10), testing::Gt(5), 4, 24));
}

TEST_P(Searching, NoCallSearchesOn) {
  accept_mixed();
  Selection selection;
  selection.platform = "none";
  const auto none = value_of(node_.store().list_events(selection, {.piece = 3}));
  EXPECT_THAT(none.rows, IsEmpty());
  EXPECT_NE(none.next, 0);
  // A call looks at one event of each of three tables, then at three.
  EXPECT_GE(follow(&Store::list_events, selection, {.piece = 3}).calls, kEvents / (3 * (1 + 3)));
  selection.statuses = {EventStatus::kDelivered};
  const auto delivered = follow(&Store::list_events, selection, {.piece = 1});
  const auto count = node_.count({EventStatus::kDelivered});
  EXPECT_EQ(delivered.calls, count / 2 + 1) << "two a call, and nothing of the other tables";
}

TEST_P(Searching, NoCallSearchesOnWhereOneOfTheTablesHasLittle) {
  std::vector<NewEvent> events;
  for (int i = 0; i < kEvents; ++i) events.push_back(node_.event());
  node_.accept(std::move(events));
  int taken = 0;
  for (const ClaimedEvent& claimed : node_.claim()) ++taken <= 3 ? node_.bury(claimed) : node_.deliver(claimed);
  Selection selection;
  selection.platform = "none";
  const auto none = follow(&Store::list_events, selection, {.piece = 2});
  EXPECT_EQ(none.calls, kEvents / 3 + 1) << "one, then two a call, then nothing";
}

TEST_P(Searching, WhatAnIndexLeadsToIsNotSearchedFor) {
  accept_mixed();
  Selection selection;
  selection.correlation = "order-1";
  const auto correlated = value_of(node_.store().list_events(selection, {.piece = 1}));
  ASSERT_THAT(correlated.rows, SizeIs(3));
  EXPECT_EQ(correlated.next, 0);
  selection = {};
  selection.ids = {correlated.rows.front().event.id, correlated.rows.back().event.id};
  const auto named = value_of(node_.store().list_events(selection, {.piece = 1}));
  EXPECT_THAT(named.rows, SizeIs(2));
  EXPECT_EQ(named.next, 0);
}

TEST_P(Searching, CountsOverManyStretches) {
  constexpr std::int64_t kMany = 2 * kListPiece + 1;
  accept_mixed();
  const std::int64_t dead = node_.count({EventStatus::kDeadLetter});
  node_.accept_delivered(kMany);
  Selection selection;
  EXPECT_EQ(value_of(node_.store().count(selection)), kEvents + kMany);
  selection.platform = "erp";
  EXPECT_EQ(value_of(node_.store().count(selection)), 5 + kMany);
  const auto causes = value_of(node_.store().count_by_cause({}));
  ASSERT_FALSE(causes.empty());
  EXPECT_EQ(causes.front().platform, "erp");
  EXPECT_EQ(causes.front().error_class, "");
  EXPECT_GE(causes.front().count, kMany);
  EXPECT_TRUE(std::ranges::is_sorted(causes, std::greater{}, &CauseCount::count));
  selection = {};
  selection.statuses = {EventStatus::kDeadLetter};
  const auto letters = follow(&Store::list_dead_letters, selection, {});
  EXPECT_EQ(letters.calls, 1) << "what was delivered is not looked at";
  EXPECT_EQ(std::ssize(letters.rows), dead);
}

TEST_P(Searching, FindsTheNewestAttemptsWhereverTheyAre) {
  const auto attempts = [&](int limit) { return value_of(node_.store().attempts("", limit)); };
  EXPECT_THAT(attempts(2), IsEmpty());
  const std::string oldest = node_.accept(node_.event()).id;
  node_.retry(node_.claim_one(), Seconds{3600});
  const std::string second = node_.accept(node_.event()).id;
  node_.deliver(node_.claim_one());
  node_.accept_delivered(2 * kListPiece + 1);
  node_.sql(
      "INSERT INTO outbox_attempts (sequence, attempt_no, created_at) SELECT sequence, 1, created_at "
      "FROM outbox_events WHERE platform = 'erp'");
  node_.now += Seconds{3600};
  node_.retry(node_.claim_one(), Seconds{3600});
  node_.now += Seconds{3600};
  node_.deliver(node_.claim_one());
  // One of the newest has the greatest number, too.
  node_.sql(
      "UPDATE outbox_attempts SET created_at = (SELECT max(created_at) FROM outbox_attempts) "
      "WHERE sequence = (SELECT max(sequence) FROM outbox_attempts)");
  const auto newest = attempts(4);
  ASSERT_THAT(newest, SizeIs(4));
  EXPECT_EQ(newest[0].created_at, newest[1].created_at);
  EXPECT_EQ(newest[0].event_id == oldest ? newest[0].attempt_no : newest[1].attempt_no, 3);
  EXPECT_EQ(newest[2].event_id, oldest);
  EXPECT_EQ(newest[2].attempt_no, 2);
  EXPECT_THAT(newest[3].event_id, testing::StartsWith("e")) << "began when it was created, 12 ms after the others";
  const auto all = attempts(2 * kListPiece + 10);
  EXPECT_EQ(all.size(), 2 * kListPiece + 5);
  EXPECT_TRUE(std::ranges::is_sorted(all, std::greater{}, &AttemptView::created_at));
  EXPECT_EQ(std::ranges::count(all, second, &AttemptView::event_id), 1);
}

TEST_P(Searching, AnEventThatWasOpenedByHandIsNoDeadLetterAnyMore) {
  const std::string id = node_.accept(node_.event()).id;
  node_.bury(node_.claim_one());
  EXPECT_THAT(value_of(node_.store().list_dead_letters({}, {})).rows, SizeIs(1));
  node_.sql("UPDATE cs_platform_event_outbox SET status = 'pending' WHERE id = '" + id + "'");
  EXPECT_THAT(value_of(node_.store().list_dead_letters({}, {})).rows, IsEmpty());
}

YIZHAN_ON_EVERY_ENGINE(Searching);

}  // namespace
}  // namespace yizhan::store::contract
