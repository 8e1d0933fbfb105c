// Looking: pages, selections, attempts, the ledger.
#include <limits>
#include <tuple>

#include "contract_test.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Looking : public Contract {
 protected:
  std::vector<std::string> list(const Selection& selection, const Page& page = {}) {
    std::vector<std::string> ids;
    for (const EventView& view : value_of(node_.store().list_events(selection, page)).rows)
      ids.push_back(view.event.id);
    return ids;
  }
};

TEST_P(Looking, FindsNothingUnderAnUnknownId) {
  EXPECT_EQ(value_of(node_.store().find_event("unknown", true)), std::nullopt);
  EXPECT_THAT(value_of(node_.store().attempts("unknown", 10)), IsEmpty());
}

TEST_P(Looking, PagesThroughEventsInBothDirections) {
  std::vector<std::string> ids;
  for (int i = 0; i < 7; ++i) {
    ids.push_back(node_.accept(node_.event()).id);
    if (i % 3 == 1) node_.deliver(node_.claim().at(0));
    if (i % 3 == 2) node_.bury(node_.claim().at(0));
  }
  for (const bool oldest_first : {false, true}) {
    std::vector<std::string> seen;
    Page page{.limit = 3, .after = 0, .oldest_first = oldest_first};
    std::vector<std::size_t> sizes;
    do {
      const auto rows = value_of(node_.store().list_events({}, page));
      sizes.push_back(rows.rows.size());
      for (const EventView& view : rows.rows) seen.push_back(view.event.id);
      page.after = rows.next;
    } while (page.after != 0);
    if (!oldest_first) std::ranges::reverse(seen);
    EXPECT_EQ(seen, ids);
    EXPECT_THAT(sizes, ElementsAre(3, 3, 1));
  }
  const auto last_page = value_of(node_.store().list_events({}, {.limit = 7, .after = 0, .oldest_first = false}));
  EXPECT_EQ(last_page.next, 0);
}

TEST_P(Looking, SelectsByEveryCondition) {
  NewEvent a = node_.event();
  a.event.correlation = "order-1";
  NewEvent b = node_.event();
  b.event.platform = "erp";
  b.event.created_at = node_.now + Seconds{60};
  NewEvent c = node_.event();
  c.event.event_type = "order.cancelled";
  c.event.created_at = node_.now + Seconds{120};
  node_.accept({a, b, c});
  const auto claimed = node_.claim();
  node_.deliver(claimed.at(0));
  node_.bury(claimed.at(1));

  Selection selection;
  EXPECT_THAT(list(selection), ElementsAre(c.event.id, b.event.id, a.event.id));
  selection.ids = {a.event.id, c.event.id, "unknown"};
  EXPECT_THAT(list(selection), ElementsAre(c.event.id, a.event.id));
  selection = {};
  selection.statuses = {EventStatus::kDelivered, EventStatus::kPending};
  EXPECT_THAT(list(selection), ElementsAre(c.event.id, a.event.id));
  selection.statuses = {EventStatus::kDiscarded};
  EXPECT_THAT(list(selection), IsEmpty());
  selection = {};
  selection.platform = "erp";
  EXPECT_THAT(list(selection), ElementsAre(b.event.id));
  selection = {};
  selection.event_type = "order.cancelled";
  EXPECT_THAT(list(selection), ElementsAre(c.event.id));
  selection = {};
  selection.correlation = "order-1";
  EXPECT_THAT(list(selection), ElementsAre(a.event.id));
  selection = {};
  selection.error_class = "http_5xx";
  EXPECT_THAT(list(selection), ElementsAre(b.event.id));
  selection = {};
  selection.created_from = node_.now + Seconds{60};
  EXPECT_THAT(list(selection), ElementsAre(c.event.id, b.event.id));
  selection.created_until = node_.now + Seconds{120};
  EXPECT_THAT(list(selection), ElementsAre(b.event.id));
  EXPECT_EQ(value_of(node_.store().count(selection)), 1);
  selection.platform = "crm";
  EXPECT_EQ(value_of(node_.store().count(selection)), 0);
  EXPECT_EQ(value_of(node_.store().count({})), 3);
}

TEST_P(Looking, TreatsEveryConditionAsAValue) {  // fault 39
  node_.accept(node_.event());
  const std::string hostile = "x' OR '1'='1'; DROP TABLE outbox_events; --";
  Selection selection;
  selection.platform = hostile;
  EXPECT_THAT(list(selection), IsEmpty());
  selection = {};
  selection.ids = {hostile, "\"", "\\", "{a,b}", ""};
  EXPECT_THAT(list(selection), IsEmpty());
  EXPECT_EQ(node_.ledger().accepted, 1);
}

TEST_P(Looking, ListsAttemptsOfAllNewestFirst) {
  const std::string first = node_.accept(node_.event()).id;
  node_.retry(node_.claim_one(), Milliseconds{0});
  node_.now += Seconds{1};
  node_.deliver(node_.claim_one());
  node_.now += Seconds{1};
  const std::string second = node_.accept(node_.event()).id;
  node_.deliver(node_.claim_one());
  const auto all = value_of(node_.store().attempts("", 2));
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].event_id, second);
  EXPECT_EQ(all[1].event_id, first);
  EXPECT_EQ(all[1].attempt_no, 2);
  const auto own = value_of(node_.store().attempts(first, 10));
  ASSERT_THAT(own, SizeIs(2));
  EXPECT_EQ(own[0].attempt_no, 1);
  EXPECT_EQ(own[1].attempt_no, 2);
}

TEST_P(Looking, PagesThroughDeadLetters) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(node_.accept(node_.event()).id);
    node_.bury(node_.claim_one());
  }
  const auto first = value_of(node_.store().list_dead_letters({}, {.limit = 3, .after = 0, .oldest_first = false}));
  ASSERT_THAT(first.rows, SizeIs(3));
  EXPECT_EQ(first.rows[0].event_id, ids[4]);
  const auto rest =
      value_of(node_.store().list_dead_letters({}, {.limit = 3, .after = first.next, .oldest_first = false}));
  ASSERT_THAT(rest.rows, SizeIs(2));
  EXPECT_EQ(rest.rows[1].event_id, ids[0]);
  EXPECT_EQ(rest.next, 0);
  Selection selection;
  selection.ids = {ids[2]};
  EXPECT_THAT(value_of(node_.store().list_dead_letters(selection, {})).rows, SizeIs(1));
}

constexpr std::int64_t kEveryEvent = std::numeric_limits<std::int64_t>::max();

TEST_P(Looking, CountsTheLedgerByPlatformAndMinute) {
  const auto at = [&](std::string platform, Seconds after) {
    NewEvent event = node_.event();
    event.event.platform = std::move(platform);
    event.event.created_at = node_.now + after;
    return event;
  };
  node_.accept({at("erp", Seconds{0}), at("crm", Seconds{59}), at("crm", Seconds{60}), at("crm", Seconds{61})});
  node_.deliver(node_.claim().at(0));
  const Ledger whole = value_of(node_.store().ledger({}, false));
  ASSERT_THAT(whole.lines, SizeIs(2));
  EXPECT_EQ(whole.lines[0].platform, "crm");
  EXPECT_EQ(whole.lines[0].accepted, 3);
  EXPECT_EQ(whole.lines[0].pending, 3);
  EXPECT_EQ(whole.lines[0].minute, std::nullopt);
  EXPECT_EQ(whole.lines[1].delivered, 1);

  const Ledger minutes = value_of(node_.store().ledger({}, true));
  ASSERT_THAT(minutes.lines, SizeIs(3));
  EXPECT_EQ(minutes.lines[0].minute, node_.now);
  EXPECT_EQ(minutes.lines[0].accepted, 1);
  EXPECT_EQ(minutes.lines[1].minute, node_.now + Seconds{60});
  EXPECT_EQ(minutes.lines[1].accepted, 2);
  EXPECT_EQ(minutes.lines[2].platform, "erp");

  const Ledger part = value_of(node_.store().ledger({node_.now + Seconds{60}, node_.now + Seconds{61}}, false));
  ASSERT_THAT(part.lines, SizeIs(1));
  EXPECT_EQ(part.lines[0].accepted, 1);
}

TEST_P(Looking, CountsTheLedgerPieceByPiece) {
  EXPECT_EQ(value_of(node_.store().newest_event()), 0);
  EXPECT_EQ(value_of(node_.store().ledger_piece(0, kEveryEvent, 2)).last, 0);
  std::vector<NewEvent> events;
  for (int i = 0; i < 5; ++i) {
    events.push_back(node_.event());
    events.back().event.platform = i % 2 == 0 ? "erp" : "crm";
    events.back().event.created_at = node_.now + Seconds{40} * i;
  }
  const auto accepted = node_.accept(std::move(events));
  node_.deliver(node_.claim().at(0));
  EXPECT_EQ(value_of(node_.store().newest_event()), accepted.back().sequence);

  LedgerCount sum{.by_minute = true, .piece = 2};
  std::vector<std::int64_t> counted;
  for (bool all = false; !all; counted.push_back(sum.ledger.total().accepted))
    all = value_of(node_.store().count_on(sum));
  EXPECT_THAT(counted, ElementsAre(2, 4, 5));
  const Ledger whole = value_of(node_.store().ledger({}, true));
  ASSERT_EQ(sum.ledger.lines.size(), whole.lines.size());
  for (std::size_t i = 0; i < whole.lines.size(); ++i) {
    EXPECT_EQ(std::tie(sum.ledger.lines[i].platform, sum.ledger.lines[i].minute, sum.ledger.lines[i].accepted,
                       sum.ledger.lines[i].pending, sum.ledger.lines[i].delivered),
              std::tie(whole.lines[i].platform, whole.lines[i].minute, whole.lines[i].accepted, whole.lines[i].pending,
                       whole.lines[i].delivered));
  }

  const LedgerPiece part = value_of(node_.store().ledger_piece(accepted[1].sequence, accepted[3].sequence, 10));
  EXPECT_EQ(part.events, 2);
  EXPECT_EQ(part.last, accepted[3].sequence);
  node_.sql("DELETE FROM outbox_schedule WHERE sequence = " + std::to_string(accepted[3].sequence));
  EXPECT_EQ(value_of(node_.store().ledger_piece(0, kEveryEvent, 10)).ledger.total().mismatch(), 1);
}

TEST_P(Looking, CountsALedgerOfManyEvents) {
  constexpr std::int64_t kEvents = 2 * kLedgerPiece + 1;
  node_.accept(node_.event());
  node_.accept_delivered(kEvents - 1);
  for (const bool by_minute : {false, true}) {
    const Ledger ledger = value_of(node_.store().ledger({}, by_minute));
    EXPECT_TRUE(ledger.balanced());
    EXPECT_EQ(ledger.total().accepted, kEvents);
    EXPECT_EQ(ledger.total().pending, 1);
    EXPECT_EQ(ledger.lines.front().minute.has_value(), by_minute);
  }
}

TEST_P(Looking, TheLedgerShowsARowThatIsMissingAndOneThatIsThereTwice) {
  const Accepted lost = node_.accept(node_.event());
  node_.sql("DELETE FROM outbox_schedule WHERE sequence = " + std::to_string(lost.sequence));
  EXPECT_FALSE(value_of(node_.store().ledger({}, false)).balanced());
  EXPECT_EQ(value_of(node_.store().ledger({}, false)).total().mismatch(), 1);
  EXPECT_EQ(value_of(node_.store().ledger({node_.now, node_.now + Seconds{60}}, true)).total().mismatch(), 1);
  const Accepted doubled = node_.accept(node_.event());
  node_.deliver(node_.claim_one());
  node_.sql(
      "INSERT INTO outbox_abandoned (sequence, status, attempt_count, updated_at) SELECT sequence, 'dead_letter', 0, "
      "created_at FROM outbox_events WHERE sequence = " +
      std::to_string(doubled.sequence));
  node_.sql("DELETE FROM outbox_events WHERE sequence = " + std::to_string(lost.sequence));
  EXPECT_EQ(value_of(node_.store().ledger({}, false)).total().mismatch(), -1);
  EXPECT_EQ(value_of(node_.store().ledger({node_.now, node_.now + Seconds{60}}, true)).total().mismatch(), -1);
}

TEST_P(Looking, AnswersPingAndWarnings) {
  EXPECT_EQ(code_of(node_.store().ping()), "ok");
  EXPECT_EQ(code_of(node_.store().warnings()), "ok");
  EXPECT_EQ(code_of(node_.store().recover_leases(node_.now)), "ok");
}

TEST_P(Looking, AReaderSeesWhatTheWriterCommitted) {
  auto reader = value_of(node_.factory().open_reader());
  const Accepted accepted = node_.accept(node_.event());
  EXPECT_TRUE(value_of(reader->find_event(accepted.id, false)).has_value());
  EXPECT_EQ(value_of(reader->count({})), 1);
}

YIZHAN_ON_EVERY_ENGINE(Looking);

}  // namespace
}  // namespace yizhan::store::contract
