// What is the embedded store's own: leases by the monotonic clock, what a restart finds, the file and its lock, times
// of keys, disks that fail. What both engines promise alike is in tests/store_contract.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "sqlite_fixture.h"
#include "store/sqlite/schema.h"

namespace yizhan::store {
namespace {

class SqliteLeases : public SqliteFixture {};
class SqliteFile : public SqliteFixture {};
class SqliteOrder : public SqliteFixture {};
class SqliteKeys : public SqliteFixture {};

// ---- leases and clocks
// -----------------------------------------------------------------------------------------------

TEST_F(SqliteLeases, ALeaseRunsOnWhenTheWallClockJumpsAhead) {
  accept(new_event());
  ASSERT_EQ(claim(10, Seconds{30}).events.size(), 1u);
  now_ += std::chrono::hours{24 * 366};
  steady_ += Seconds{10};
  EXPECT_TRUE(claim().events.empty()) << "20 s of it are left";
  // The row was put right: it shows when the lease really ends, and is not met again before.
  EXPECT_EQ(value("SELECT lease_expires_at FROM cs_platform_event_outbox"), to_store_text(now_ + Seconds{20}));
  steady_ += Seconds{20};
  now_ += Seconds{20};
  EXPECT_EQ(claim().events.size(), 1u);
}

TEST_F(SqliteLeases, ALeaseEndsWhenTheWallClockWasSetBack) {
  accept(new_event());
  ASSERT_EQ(claim(10, Seconds{30}).events.size(), 1u);
  now_ -= std::chrono::hours{1};
  steady_ += Seconds{31};
  EXPECT_EQ(claim(10, Seconds{60}).events.size(), 1u);
  EXPECT_EQ(value("SELECT lease_expires_at FROM cs_platform_event_outbox"), to_store_text(now_ + Seconds{60}));
}

TEST_F(SqliteLeases, AnEndedLeaseIsGivenToTheNextAndItsLateResultIsRefused) {
  const Accepted accepted = accept(new_event());
  const std::string late = claim(10, Seconds{30}).events.at(0).lease_token;
  now_ += Seconds{31};
  steady_ += Seconds{31};
  const ClaimReply next = claim();
  ASSERT_EQ(next.events.size(), 1u);
  EXPECT_EQ(record(accepted.sequence, late, EventStatus::kDelivered), RecordReply::kLeaseLost);
  EXPECT_EQ(record(accepted.sequence, next.events[0].lease_token, EventStatus::kDelivered), RecordReply::kRecorded);
}

TEST_F(SqliteLeases, ALateResultCountsWhileNobodyElseHoldsTheEvent) {
  const Accepted accepted = accept(new_event());
  const std::string late = claim(10, Seconds{30}).events.at(0).lease_token;
  now_ += Seconds{40};
  steady_ += Seconds{40};
  write({});  // the ended lease is forgotten
  EXPECT_EQ(record(accepted.sequence, late, EventStatus::kDelivered), RecordReply::kRecorded);
  EXPECT_EQ(find(accepted.id).attempt_count, 1);
}

TEST_F(SqliteLeases, ARestartFreesWhatTheLastProcessHeldAndNothingElse) {
  const Accepted held = accept(new_event());
  ASSERT_EQ(claim().events.size(), 1u);
  NewEvent leased_at_once = new_event();
  leased_at_once.lease_token = "fresh";
  leased_at_once.lease = Seconds{30};
  EXPECT_TRUE(accept(leased_at_once).leased);
  NewEvent later = new_event();
  later.first_attempt_at = now_ + Seconds{5};
  accept(later);

  reopen();
  EXPECT_TRUE(claim().events.empty()) << "the leases stand until they are recovered, or end";
  ASSERT_TRUE(store_->recover_leases(now_));
  const ClaimReply freed = claim();
  ASSERT_EQ(freed.events.size(), 2u);
  EXPECT_EQ(freed.next_available_at, now_ + Seconds{5});
  ASSERT_TRUE(store_->recover_leases(now_));
  EXPECT_TRUE(claim().events.empty()) << "those of this process are left alone";
  EXPECT_EQ(record(held.sequence, freed.events[0].lease_token, EventStatus::kDelivered), RecordReply::kRecorded);
}

TEST_F(SqliteLeases, AfterARestartALeaseStillEndsByItsTime) {
  accept(new_event());
  ASSERT_EQ(claim(10, Seconds{30}).events.size(), 1u);
  reopen();
  now_ += Seconds{31};
  EXPECT_EQ(claim().events.size(), 1u);
}

TEST_F(SqliteLeases, ADisabledEndpointsEventsWait) {
  accept(new_event());
  DisabledEndpoint endpoint{
      .endpoint_key = kEndpoint, .platform = "demo", .url = "http://x", .reason = "410", .disabled_at = now_};
  ASSERT_TRUE(store_->disable_endpoint(endpoint));
  EXPECT_TRUE(claim().events.empty());
  ASSERT_TRUE(*store_->enable_endpoint(kEndpoint));
  EXPECT_EQ(claim().events.size(), 1u);
}

// ---- order
// -----------------------------------------------------------------------------------------------------------

TEST_F(SqliteOrder, OneEventOfAKeyIsOnItsWayAndHandEditsKeepItSo) {
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    NewEvent item = new_event();
    item.event.order_key = "order-1";
    ids.push_back(accept(item).id);
  }
  const auto unheld = [&] {
    return value("SELECT group_concat(id) FROM outbox_schedule JOIN outbox_events USING (sequence) WHERE held = 0");
  };
  EXPECT_EQ(unheld(), ids[0]);
  ClaimReply head = claim();
  ASSERT_EQ(head.events.size(), 1u);
  EXPECT_EQ(record(head.events[0].sequence, head.events[0].lease_token, EventStatus::kRetrying, now_ + Seconds{10}),
            RecordReply::kRecorded);
  EXPECT_TRUE(claim().events.empty()) << "a head that failed holds its key";

  PlainSqlite shell(path());
  shell.run("UPDATE cs_platform_event_outbox SET status = 'dead_letter' WHERE id = '" + ids[0] + "'");
  EXPECT_EQ(unheld(), ids[1]);
  head = claim();
  ASSERT_EQ(head.events.size(), 1u);

  // The older one is replayed while the younger is in flight: it waits for that, then goes first.
  shell.run("UPDATE cs_platform_event_outbox SET status = 'pending' WHERE id = '" + ids[0] + "'");
  EXPECT_EQ(unheld(), ids[1]);
  EXPECT_EQ(record(head.events[0].sequence, head.events[0].lease_token, EventStatus::kRetrying, now_),
            RecordReply::kRecorded);
  EXPECT_EQ(unheld(), ids[0]);
  shell.run("DELETE FROM cs_platform_event_outbox WHERE id = '" + ids[0] + "'");
  EXPECT_EQ(unheld(), ids[1]);
  EXPECT_TRUE(broken_events().empty());
}

TEST_F(SqliteOrder, AGivenBackEventLeavesItsPlaceToAnOlderOne) {
  std::vector<Accepted> events;
  for (int i = 0; i < 2; ++i) {
    NewEvent item = new_event();
    item.event.order_key = "k";
    events.push_back(accept(item));
  }
  PlainSqlite shell(path());
  shell.run("UPDATE cs_platform_event_outbox SET status = 'delivered' WHERE id = '" + events[0].id + "'");
  const ClaimReply head = claim();
  ASSERT_EQ(head.events.at(0).sequence, events[1].sequence);
  shell.run("UPDATE cs_platform_event_outbox SET status = 'pending' WHERE id = '" + events[0].id + "'");
  WriteBatch batch;
  Release& release = batch.releases.emplace_back();
  release.sequence = events[1].sequence;
  release.lease_token = head.events[0].lease_token;
  write(std::move(batch));
  EXPECT_EQ(value("SELECT group_concat(sequence) FROM outbox_schedule WHERE held = 0"),
            std::to_string(events[0].sequence));
}

// ---- idempotency keys
// ------------------------------------------------------------------------------------------------

TEST_F(SqliteKeys, AKeyIsKnownForSevenFullDaysAndThenForgotten) {
  NewEvent item = new_event();
  item.idempotency_key = "k";
  const std::string first = accept(item).id;
  now_ += std::chrono::days{7};
  item.event.id = ids_.make(now_);
  Accepted again = accept(item);
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.id, first);
  now_ += std::chrono::days{1};
  item.event.id = ids_.make(now_);
  EXPECT_FALSE(accept(item).duplicate);
  write({});
  EXPECT_EQ(value("SELECT count(*) FROM outbox_idempotency"), "1") << "the old one was pruned";
}

TEST_F(SqliteKeys, AClockThatIsSetBackForgetsNothing) {
  NewEvent item = new_event();
  item.idempotency_key = "k";
  accept(item);
  now_ -= std::chrono::days{3};
  item.event.id = ids_.make(now_);
  EXPECT_TRUE(accept(item).duplicate);
}

TEST_F(SqliteKeys, OldKeysGoInSmallPortions) {
  WriteBatch batch;
  for (int i = 0; i < 1200; ++i) {
    NewEvent item = new_event();
    item.idempotency_key = "k" + std::to_string(i);
    batch.accepts.emplace_back().events.push_back(std::move(item));
  }
  write(std::move(batch));
  now_ += std::chrono::days{9};
  std::vector<std::string> left;
  for (int i = 0; i < 4; ++i) {
    write({});
    left.push_back(value("SELECT count(*) FROM outbox_idempotency"));
  }
  EXPECT_EQ(left, (std::vector<std::string>{"700", "200", "0", "0"}));
}

TEST_F(SqliteKeys, TheKeyOfADeletedEventIsFreeEvenWhenItsNumberIsUsedAgain) {
  NewEvent item = new_event("one");
  item.idempotency_key = "k";
  const Accepted deleted = accept(item);
  PlainSqlite(path()).run("DELETE FROM cs_platform_event_outbox");
  const Accepted other = accept(new_event("two"));
  EXPECT_EQ(other.sequence, deleted.sequence) << "SQLite gives the highest number again";
  item.event.id = ids_.make(now_);
  EXPECT_FALSE(accept(item).duplicate);
}

// ---- the file
// --------------------------------------------------------------------------------------------------------

TEST_F(SqliteFile, IsReadableByItsOwnerOnly) {
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat status{};
    ASSERT_EQ(::stat((path() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(SqliteFile, IsServedByOneProcess) {
  const auto second = sqlite::open_factory(path(), OpenMode::kServe);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "store_locked");
  EXPECT_NE(second.error().message.find("pid " + std::to_string(::getpid())), std::string::npos)
      << second.error().message;
  EXPECT_EQ(factory_->open_writer().error().code, "store_locked") << "one writing connection at a time";
  store_.reset();
  EXPECT_TRUE(factory_->open_writer());
}

TEST_F(SqliteFile, ToolsWorkBesideTheServiceAndNeverCheckpoint) {
  const std::string id = accept(new_event()).id;
  auto tools = sqlite::open_factory(path(), OpenMode::kTool);
  ASSERT_TRUE(tools) << tools.error().message;
  auto tool = (*tools)->open_reader();
  ASSERT_TRUE(tool) << tool.error().message;
  EXPECT_TRUE((*tool)->find_event(id, false)->has_value());
  Selection selection;
  selection.ids = {id};
  const auto discarded = (*tool)->discard(selection, 10, "unwanted", now_);
  ASSERT_TRUE(discarded) << discarded.error().message;
  EXPECT_EQ(*discarded, 1);
  EXPECT_EQ(find(id).status, EventStatus::kDiscarded);
  const auto log_size = std::filesystem::file_size(path() + "-wal");
  store_.reset();
  factory_.reset();
  tool->reset();
  EXPECT_EQ(std::filesystem::file_size(path() + "-wal"), log_size) << "left for the service";
  EXPECT_FALSE(tools->get()->migrate());
}

TEST_F(SqliteFile, AToolDoesNotMakeADatabase) {
  const auto tools = sqlite::open_factory((folder_ / "other.db").string(), OpenMode::kTool);
  ASSERT_FALSE(tools);
  EXPECT_EQ(tools.error().code, "store_unavailable");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "other.db"));
}

TEST_F(SqliteFile, AReaderOfTheServiceDoesNotWrite) {
  auto reader = factory_->open_reader();
  ASSERT_TRUE(reader);
  EXPECT_TRUE((*reader)->ping());
  EXPECT_EQ((*reader)->write({}).error().code, "sql_error");
  EXPECT_EQ((*reader)->sql("DELETE FROM cs_platform_event_dead_letters").error().code, "sql_error");
  EXPECT_FALSE((*reader)->replay({}, 10, now_));
}

TEST_F(SqliteFile, ASchemaOfALaterVersionIsRefused) {
  store_.reset();
  PlainSqlite(path()).run("INSERT INTO yizhan_migrations VALUES (99, 'later')");
  EXPECT_EQ(factory_->open_writer().error().code, "store_newer");
  EXPECT_EQ(factory_->open_reader().error().code, "store_newer");
  EXPECT_EQ(factory_->migrate().error().code, "store_newer");
}

TEST_F(SqliteFile, MigrationsRunOnce) {
  EXPECT_EQ(factory_->migrate(), 0);
  EXPECT_EQ(factory_->schema_version(), sqlite::newest_schema_version());
}

TEST_F(SqliteFile, ADamagedPageIsFoundAtTheStart) {
  for (int i = 0; i < 200; ++i) accept(new_event(std::string(600, 'x')));
  store_.reset();
  factory_.reset();
  const auto size = std::filesystem::file_size(path());
  ASSERT_GT(size, 40u * 4096);
  std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size / 4096 / 2 * 4096));
  file.write(std::string(64, '\xff').data(), 64);
  file.close();
  const auto damaged = sqlite::open_factory(path(), OpenMode::kServe);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, "store_corrupt");
  EXPECT_NE(damaged.error().message.find("backup"), std::string::npos) << "says how to go on";
}

TEST_F(SqliteFile, AFileThatIsNoDatabaseOrAnothersIsRefused) {
  const std::string other = (folder_ / "other.db").string();
  std::ofstream(other) << std::string(8192, 'x');
  EXPECT_EQ(sqlite::open_factory(other, OpenMode::kServe).error().code, "store_corrupt");
  const std::string foreign = (folder_ / "foreign.db").string();
  std::ofstream(foreign).close();
  PlainSqlite(foreign).run("CREATE TABLE theirs (a)");
  EXPECT_EQ(sqlite::open_factory(foreign, OpenMode::kServe).error().code, "store_corrupt");
}

TEST_F(SqliteFile, AnOrderlyEndLeavesOneFile) {
  accept(new_event());
  EXPECT_TRUE(std::filesystem::exists(path() + "-wal"));
  store_.reset();
  EXPECT_FALSE(std::filesystem::exists(path() + "-wal"));
}

TEST_F(SqliteFile, TheLogStaysShort) {
  for (int i = 0; i < 20; ++i) {
    WriteBatch batch;
    for (int j = 0; j < 300; ++j) batch.accepts.emplace_back().events.push_back(new_event(std::string(600, 'x')));
    write(std::move(batch));
    store_->tidy();
  }
  EXPECT_LT(std::filesystem::file_size(path() + "-wal"), 3000u * 4096);
}

TEST_F(SqliteFile, AToolGetsItsTurnWhileTheServiceWritesWithoutPause) {
  auto tools = sqlite::open_factory(path(), OpenMode::kTool);
  ASSERT_TRUE(tools);
  auto tool = (*tools)->open_reader();
  ASSERT_TRUE(tool);
  std::atomic<bool> done = false;
  std::thread service([&] {
    while (!done) {
      WriteBatch batch;
      for (int i = 0; i < 50; ++i) batch.accepts.emplace_back().events.push_back(new_event());
      write(std::move(batch));
    }
  });
  for (int i = 0; i < 10; ++i) {
    const auto edited =
        (*tool)->sql("INSERT INTO cs_platform_event_outbox (platform, event_type) VALUES ('shell', 't')");
    EXPECT_TRUE(edited) << edited.error().message;
  }
  done = true;
  service.join();
  EXPECT_EQ(value("SELECT count(*) FROM outbox_events WHERE platform = 'shell'"), "10");
}

TEST_F(SqliteFile, NoStatementTouchesTheLogsSettings) {
  for (const char* pragma :
       {"PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA journal_mode = DELETE", "PRAGMA main.Locking_Mode = EXCLUSIVE"}) {
    EXPECT_EQ(store_->sql(pragma).error().code, "sql_error") << pragma;
  }
  EXPECT_TRUE(store_->sql("PRAGMA table_info(outbox_events)"));
}

TEST_F(SqliteFile, ARangeOfTimeReadsThatStretchOnly) {
  const UtcTime first = now_;
  for (int minute = 0; minute < 60; ++minute) {
    WriteBatch batch;
    for (int i = 0; i < 50; ++i) batch.accepts.emplace_back().events.push_back(new_event());
    write(std::move(batch));
    now_ += std::chrono::minutes{1};
  }
  // An event that says it is older than those before it: found by its own time all the same.
  NewEvent odd = new_event();
  odd.event.created_at = first + Seconds{90};
  accept(odd);
  Selection selection;
  selection.created_from = first + Seconds{60};
  selection.created_until = first + Seconds{120};
  EXPECT_EQ(store_->count(selection), 51);
  selection.created_from = first + std::chrono::minutes{58};
  selection.created_until.reset();
  EXPECT_EQ(store_->count(selection), 100);
  EXPECT_EQ(store_->ledger({.created_from = selection.created_from}, true)->total().accepted, 100);
  selection.created_from = now_ + std::chrono::minutes{1};
  EXPECT_EQ(store_->count(selection), 0);
}

TEST_F(SqliteFile, AReaderThatStaysHoldsUpNobody) {
  accept(new_event());
  PlainSqlite shell(path());
  shell.run("BEGIN; SELECT count(*) FROM outbox_events");
  for (int i = 0; i < 12; ++i) {
    WriteBatch batch;
    for (int j = 0; j < 300; ++j) batch.accepts.emplace_back().events.push_back(new_event(std::string(600, 'x')));
    write(std::move(batch));
    store_->tidy();
  }
  EXPECT_EQ(shell.run("SELECT count(*) FROM outbox_events"), std::vector<std::string>{"1"});
  shell.run("COMMIT");
  EXPECT_EQ(shell.run("SELECT count(*) FROM outbox_events"), std::vector<std::string>{"3601"});
}

TEST_F(SqliteFile, AShellThatHoldsTheLockTooLongIsReported) {
  auto tools = sqlite::open_factory(path(), OpenMode::kTool);
  ASSERT_TRUE(tools);
  PlainSqlite shell(path());
  shell.run("BEGIN IMMEDIATE");
  WriteBatch batch;
  batch.now = now_;
  batch.accepts.emplace_back().events.push_back(new_event());
  const auto refused = store_->write(batch);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "store_unavailable");
  const auto listed = store_->list_events({}, {});
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_TRUE(listed->rows.empty()) << "reads go on";
  shell.run("COMMIT");
  EXPECT_TRUE(store_->write(batch));
}

}  // namespace
}  // namespace yizhan::store
