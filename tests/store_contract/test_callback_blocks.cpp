// Callbacks by their source and event type, which SQLite finds through the blocks of ids that hold some.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "inbound_calls.h"
#include "retention_calls.h"
#include "store/inbound_sql.h"
#include "store/observations.h"
#include "store/session.h"

namespace yizhan::store::contract {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

ReceiveCall callback_of(const Node& node, std::string key, std::string source, std::string event_type) {
  ReceiveCall call = callback(node, std::move(key));
  call.callback.source = std::move(source);
  call.callback.event_type = std::move(event_type);
  return call;
}

/// As if callbacks up to `id` had come and gone.
void pass_ids(Engine engine, Node& node, std::int64_t id) {
  if (engine == Engine::kPostgres) {
    node.sql(fmt::format("SELECT setval('inbound_callbacks_id_seq', {})", id));
    return;
  }
  // SQLite counts on from the newest one: it goes when the next one is there.
  node.sql(
      fmt::format("DELETE FROM inbound_callbacks WHERE source = 'passed'; INSERT INTO inbound_callbacks (id, source, "
                  "event_type, received_at, idempotency_key, verdict, reason, effect, answer_status, duration_us, "
                  "event_ids, peer_address, target, body_size, headers) VALUES ({}, 'passed', '', 0, '', 'rejected', "
                  "'', 'none', 400, 1, '', '', '', 0, '')",
                  id));
}
void end_passing(Node& node) {
  node.sql("DELETE FROM inbound_callbacks WHERE source = 'passed'");
}

class CallbackBlocksRead : public Contract {
 protected:
  /// As the test knows it.
  struct Known {
    std::int64_t id;
    std::string source, event_type;
    Verdict verdict;
    UtcTime received_at;
  };

  /// Four dozen, of three sources and types, dense and sparse, at both ends of blocks: some blocks hold one of them,
  /// some hold many.
  void fill() {
    constexpr std::string_view kSources[] = {"shop", "bank", "shop", "carrier", "shop"};
    constexpr std::string_view kTypes[] = {"paid", "paid", "moved", "refunded", "paid", "moved", "paid"};
    constexpr std::int64_t kSteps[] = {1, 1, 250, 5, 1, 255, 256, 257, 1, 3000, 1, 40};
    std::int64_t id = 0;
    for (std::size_t i = 0; i < 48; ++i) {
      if (const std::int64_t step = kSteps[i % std::size(kSteps)]; step > 1) pass_ids(GetParam(), node_, id + step - 1);
      node_.now += Seconds{20};
      std::string source(kSources[i % std::size(kSources)]);
      // Now and then an old one comes once more, and one is no good.
      const bool repeats = i % 11 == 10;
      ReceiveCall call = callback_of(node_, fmt::format("{}", repeats ? i - 5 : i), source,
                                     std::string(kTypes[i % std::size(kTypes)]));
      call.rejected = i % 9 == 8;
      const Received received = receive(node_, call);
      id = received.callback_id;
      known_.push_back({id, source, call.callback.event_type, received.verdict, node_.now});
    }
    end_passing(node_);
  }

  std::vector<std::int64_t> expected(const CallbackSelection& selection, bool oldest_first) {
    std::vector<std::int64_t> ids;
    for (const Known& each : known_) {
      if (!selection.source.empty() && each.source != selection.source) continue;
      if (!selection.event_type.empty() && each.event_type != selection.event_type) continue;
      if (selection.verdict && each.verdict != *selection.verdict) continue;
      if (selection.received_from && each.received_at < *selection.received_from) continue;
      if (selection.received_until && each.received_at >= *selection.received_until) continue;
      ids.push_back(each.id);
    }
    if (!oldest_first) std::ranges::reverse(ids);
    return ids;
  }

  std::vector<std::int64_t> page_by_page(const CallbackSelection& selection, Page page) {
    std::vector<std::int64_t> ids;
    do {
      const auto rows = value_of(node_.store().list_callbacks(selection, page));
      std::ranges::move(ids_of(rows.rows), std::back_inserter(ids));
      page.after = rows.next;
    } while (page.after != 0);
    return ids;
  }

  std::vector<Known> known_;
};

/// Every combination of what there is and what there is not.
std::vector<CallbackSelection> selections(UtcTime begin) {
  std::vector<CallbackSelection> made{{}};
  const auto multiply = [&](auto member, const auto& values) {
    std::vector<CallbackSelection> more;
    for (CallbackSelection each : made) {
      for (const auto& value : values) {
        each.*member = value;
        more.push_back(each);
      }
    }
    made = std::move(more);
  };
  // The first and the last callback of a minute are at the ends of the blocks that are read for it.
  const std::optional<UtcTime> times[] = {std::nullopt, begin + Seconds{180}, begin + Seconds{660}};
  multiply(&CallbackSelection::source, std::array{"", "shop", "bank", "carrier", "nobody"});
  multiply(&CallbackSelection::event_type, std::array{"", "paid", "moved", "refunded", "nothing"});
  multiply(&CallbackSelection::verdict, std::array<std::optional<Verdict>, 4>{std::nullopt, Verdict::kAccepted,
                                                                              Verdict::kRejected, Verdict::kDuplicate});
  multiply(&CallbackSelection::received_from, times);
  multiply(&CallbackSelection::received_until, times);
  return made;
}

TEST_P(CallbackBlocksRead, EverySelectionAnswersWhatAFilterOverAllWould) {
  const UtcTime begin = node_.now;
  fill();
  for (const Verdict verdict : {Verdict::kAccepted, Verdict::kRejected, Verdict::kDuplicate}) {
    ASSERT_THAT(expected({.verdict = verdict}, true), SizeIs(testing::Ge(3U)));
  }
  for (const CallbackSelection& selection : selections(begin)) {
    for (const bool oldest_first : {false, true}) {
      ASSERT_EQ(page_by_page(selection, {.limit = 5, .after = 0, .oldest_first = oldest_first}),
                expected(selection, oldest_first))
          << "source " << selection.source << ", type " << selection.event_type << ", verdict "
          << (selection.verdict ? to_string(*selection.verdict) : "any") << ", oldest first " << oldest_first;
    }
  }
}

TEST_P(CallbackBlocksRead, TheNewestOfASourceWhereverTheyLie) {
  fill();
  const auto seen = value_of(source_activity(node_.store()));
  ASSERT_THAT(seen, SizeIs(3));
  for (const SourceActivity& activity : seen) {
    const auto all = expected({.source = activity.source}, false);
    const auto rejected = expected({.source = activity.source, .verdict = Verdict::kRejected}, false);
    EXPECT_EQ(static_cast<std::size_t>(activity.sampled), all.size() - rejected.size()) << activity.source;
  }
  EXPECT_EQ(seen[0].source, "bank");
  EXPECT_EQ(seen[1].source, "carrier");
  EXPECT_EQ(seen[2].source, "shop");
}

TEST_P(CallbackBlocksRead, ARestartInTheMiddleOfABlock) {
  const auto first = receive(node_, callback_of(node_, "1", "shop", "paid")).callback_id;
  node_.reopen();
  const auto second = receive(node_, callback_of(node_, "2", "shop", "moved")).callback_id;
  node_.reopen();
  const auto third = receive(node_, callback_of(node_, "3", "bank", "paid")).callback_id;
  EXPECT_THAT(ids_of(list(node_, {.source = "shop"})), ElementsAre(second, first));
  EXPECT_THAT(ids_of(list(node_, {.event_type = "paid"})), ElementsAre(third, first));
  EXPECT_THAT(ids_of(list(node_, {.source = "bank", .event_type = "paid"})), ElementsAre(third));
}

YIZHAN_ON_EVERY_ENGINE(CallbackBlocksRead);

class SqliteCallbackBlocks : public testing::Test {
 protected:
  Received receive_of(std::string key, std::string source, std::string event_type = "paid") {
    return receive(node_, callback_of(node_, std::move(key), std::move(source), std::move(event_type)));
  }
  std::vector<std::string> blocks(std::string_view name, std::string_view value) {
    std::vector<std::string> found;
    for (const auto& row :
         node_
             .sql(fmt::format("SELECT block FROM callback_blocks WHERE name = '{}' AND value = '{}' ORDER BY block",
                              name, value))
             .rows) {
      found.push_back(*row[0]);
    }
    return found;
  }
  std::string plan(const Query& query) {
    std::string lines;
    value_of(node_.store().look([&](Session& session) -> Result<void> {
      session.send("EXPLAIN QUERY PLAN " + query.text, {query.parameters.begin(), query.parameters.end()},
                   [&](const SqlRow& row) { lines += text_of(row, 3) + "\n"; });
      return session.finish();
    }));
    return lines;
  }
  std::string plan(const CallbackSelection& selection, const Page& page) {
    std::optional<Query> query;
    value_of(node_.store().look([&](Session& session) -> Result<void> {
      query = callbacks_query(selection, page, session.dialect());
      return {};
    }));
    return plan(*query);
  }

  Place place_{Engine::kSqlite};
  Node node_{place_.url()};
};

TEST_F(SqliteCallbackBlocks, ReadBlockByBlockAndSortNothing) {
  for (const bool oldest_first : {false, true}) {
    for (const std::int64_t after : {0, 700}) {
      for (const std::optional<UtcTime>& time : {std::optional<UtcTime>(), std::optional(node_.now)}) {
        const Page page{.limit = 10, .after = after, .oldest_first = oldest_first};
        for (const CallbackSelection& selection :
             {CallbackSelection{.source = "shop"}, CallbackSelection{.event_type = "paid"},
              CallbackSelection{.source = "shop", .event_type = "paid", .received_from = time, .received_until = time},
              CallbackSelection{.source = "shop", .verdict = Verdict::kAccepted, .received_from = time}}) {
          const std::string found = plan(selection, page);
          EXPECT_THAT(found, HasSubstr("SEARCH b USING PRIMARY KEY (name=? AND value=?"));
          EXPECT_THAT(found, HasSubstr("SEARCH c USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"));
          EXPECT_THAT(found, Not(HasSubstr("TEMP B-TREE")));
          EXPECT_THAT(found, Not(HasSubstr("SCAN")));
        }
      }
    }
  }
  EXPECT_THAT(plan({.source = "shop", .event_type = "paid"}, {}),
              HasSubstr("SEARCH s USING PRIMARY KEY (name=? AND value=? AND block=?)"));
  EXPECT_THAT(plan({.source = "shop"}, {.after = 700}), HasSubstr("(name=? AND value=? AND block<?)"));
  const Query raw{.text = "SELECT * FROM platform_express_event_raw WHERE tracking_no = 'A'", .parameters = {}};
  EXPECT_THAT(plan(raw), AllOf(HasSubstr("SEARCH b USING PRIMARY KEY (name=? AND value=?)"),
                               HasSubstr("SEARCH c USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)")));
}

TEST_F(SqliteCallbackBlocks, WhatAnotherIndexFindsIsReadThere) {
  for (const auto& [selection, index] : std::vector<std::pair<CallbackSelection, std::string_view>>{
           {{.source = "shop", .verdict = Verdict::kRejected}, "USING INDEX inbound_callbacks_unaccepted"},
           {{.source = "shop", .verdict = Verdict::kRejected, .received_from = node_.now, .received_until = node_.now},
            "USING INDEX inbound_callbacks_unaccepted"},
           {{.event_type = "paid", .verdict = Verdict::kDuplicate}, "USING INDEX inbound_callbacks_unaccepted"},
           {{.source = "shop", .reason = "late"}, "USING INDEX inbound_callbacks_reason"},
           {{.source = "shop", .reason = "late", .received_from = node_.now}, "USING INDEX inbound_callbacks_reason"},
           {{.source = "shop", .event_type = "paid", .key_value = "k"}, "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)"},
       }) {
    EXPECT_THAT(plan(selection, {}), HasSubstr(index));
    EXPECT_THAT(plan(selection, {}), AllOf(Not(HasSubstr("SCAN c\n")), Not(HasSubstr("SEARCH b "))));
  }
}

TEST_F(SqliteCallbackBlocks, OneRowForABlockHoweverManyCome) {
  std::vector<ReceiveCall> calls;
  for (int i = 0; i < 300; ++i) {
    calls.push_back(callback_of(node_, fmt::format("{}", i), "shop", i % 2 == 0 ? "paid" : "moved"));
  }
  receive_together(node_, std::move(calls));
  receive_of("x", "shop");
  EXPECT_THAT(blocks("source", "shop"), ElementsAre("0", "1"));
  EXPECT_THAT(blocks("event_type", "paid"), ElementsAre("0", "1"));
  EXPECT_THAT(blocks("event_type", "moved"), ElementsAre("0", "1"));
  EXPECT_THAT(list(node_, {.event_type = "moved"}), SizeIs(100)) << "a page";
}

TEST_F(SqliteCallbackBlocks, ABatchThatFailsLeavesNothingMissing) {
  receive_of("1", "shop");
  node_.sql(
      "CREATE TRIGGER refuses BEFORE INSERT ON inbound_callbacks WHEN NEW.source = 'bad' "
      "BEGIN SELECT RAISE(ABORT, 'not this one'); END");
  WriteBatch batch;
  batch.now = node_.now;
  batch.receives = {callback_of(node_, "2", "bank", "moved"), callback_of(node_, "3", "bad", "paid")};
  ASSERT_FALSE(node_.store().write(batch));
  EXPECT_THAT(blocks("source", "bank"), IsEmpty());
  node_.sql("DROP TRIGGER refuses");
  const auto again = receive_of("2", "bank", "moved").callback_id;
  EXPECT_THAT(ids_of(list(node_, {.source = "bank"})), ElementsAre(again));
  EXPECT_THAT(ids_of(list(node_, {.event_type = "moved"})), ElementsAre(again));
}

TEST_F(SqliteCallbackBlocks, GoWithTheirCallbacks) {
  receive_of("1", "once");
  receive_of("2", "shop");
  for (const std::int64_t block : {1, 2, 5}) {
    pass_ids(Engine::kSqlite, node_, block * kCallbackBlock);
    receive_of(fmt::format("in {}", block), "shop");
  }
  end_passing(node_);
  node_.now += std::chrono::days{40};
  const auto young = receive_of("young", "shop").callback_id;
  EXPECT_THAT(blocks("source", "shop"), ElementsAre("0", "1", "2", "5"));
  EXPECT_EQ(remove_all(node_, RetentionKind::kCallbacks, node_.now - std::chrono::days{10}), 5);
  EXPECT_THAT(blocks("source", "shop"), ElementsAre("5"));
  EXPECT_THAT(blocks("event_type", "paid"), ElementsAre("5"));
  EXPECT_THAT(blocks("source", "once"), IsEmpty());
  EXPECT_THAT(ids_of(list(node_, {.source = "shop"})), ElementsAre(young));
}

TEST_F(SqliteCallbackBlocks, ASourceWhoseCallbacksAllWentIsNotSeen) {
  const auto gone = receive_of("1", "once").callback_id;
  const auto kept = receive_of("2", "shop").callback_id;
  node_.sql(fmt::format("DELETE FROM inbound_callbacks WHERE id = {}", gone));
  ASSERT_THAT(blocks("source", "once"), ElementsAre("0"));
  EXPECT_THAT(list(node_, {.source = "once"}), IsEmpty());
  const auto seen = value_of(source_activity(node_.store()));
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen[0].source, "shop");
  EXPECT_THAT(ids_of(list(node_, {.event_type = "paid"})), ElementsAre(kept));
}

}  // namespace
}  // namespace yizhan::store::contract
