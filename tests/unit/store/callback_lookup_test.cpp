// The index of callbacks' keys, held in memory in part: what was added is found, whatever became of the memory.
#include "store/sqlite/callback_lookup.h"

#include <algorithm>

#include "sqlite_fixture.h"
#include "store/receiving.h"

namespace yizhan::store {
namespace {

using sqlite::CallbackLookup;
using sqlite::Connection;
using sqlite::ConnectionRole;

class CallbackLookupTest : public SqliteFixture {
 protected:
  static constexpr std::size_t kMostHeld = 100;
  static constexpr int kAtOnce = 7;

  void SetUp() override {
    open();
    store_.reset();
    connection_ = std::move(*Connection::open(path(), ConnectionRole::kTool));
    ASSERT_TRUE(connection_.execute("PRAGMA synchronous = OFF"));  // nothing here is about the disk
    restart();
  }
  void TearDown() override {
    lookup_.reset();
    connection_ = Connection();
    factory_.reset();
  }

  /// As after the death of the process.
  void restart() { lookup_.emplace(std::move(*CallbackLookup::open(connection_, kMostHeld))); }

  static std::string value_of(std::int64_t id) { return "value-" + std::to_string(id); }

  /// One transaction of callbacks, each with one key; taken back unless `commits`.
  void add(bool commits = true) {
    ASSERT_TRUE(connection_.execute("BEGIN IMMEDIATE"));
    for (int i = 0; i < kAtOnce; ++i) {
      const std::int64_t id = last_id_ + 1 + i;
      ASSERT_TRUE(connection_.execute("INSERT INTO callback_keys (callback_id, name, value, accepted) VALUES (" +
                                      std::to_string(id) + ", 'k', '" + value_of(id) + "', 1)"));
      ASSERT_TRUE(lookup_->add(value_of(id), id, now_));
    }
    ASSERT_TRUE(lookup_->write_stretch());
    ASSERT_TRUE(connection_.execute(commits ? "COMMIT" : "ROLLBACK"));
    if (commits) {
      lookup_->commit();
      last_id_ += kAtOnce;
    } else {
      lookup_->roll_back();
    }
  }

  bool finds(std::int64_t id) {
    const auto found = lookup_->find(value_of(id), now_);
    return found && std::ranges::find(*found, id) != found->end();
  }
  std::int64_t missing() {
    std::int64_t count = 0;
    for (std::int64_t id = 1; id <= last_id_; ++id) count += finds(id) ? 0 : 1;
    return count;
  }
  std::int64_t number(const std::string& sql) { return *connection_.integer(sql); }
  /// Callbacks that the file says are indexed, and that are not.
  std::int64_t wrongly_called_indexed() {
    return number(
        "SELECT count(*) FROM callback_keys k WHERE callback_id <= (SELECT indexed_through FROM callback_lookup_state) "
        "AND callback_id NOT IN (SELECT callback_id FROM callback_lookup)");
  }

  Connection connection_;
  std::optional<CallbackLookup> lookup_;
  std::int64_t last_id_ = 0;
};

TEST_F(CallbackLookupTest, FindsWhatIsHeldAndWhatIsWritten) {
  std::int64_t indexed_through = 0;
  for (int i = 0; i < 200; ++i) {
    add();
    EXPECT_EQ(wrongly_called_indexed(), 0);
    const std::int64_t now_through = number("SELECT indexed_through FROM callback_lookup_state");
    EXPECT_GE(now_through, indexed_through);
    indexed_through = now_through;
  }
  EXPECT_EQ(missing(), 0);
  EXPECT_FALSE(finds(last_id_ + 1));
  EXPECT_GT(indexed_through, last_id_ - 5 * static_cast<std::int64_t>(kMostHeld)) << "a start reads a few of them only";
  const std::int64_t written = number("SELECT count(*) FROM callback_lookup");
  EXPECT_GE(written, last_id_ - static_cast<std::int64_t>(kMostHeld) - 2 * kAtOnce) << "memory stays within its limit";
}

TEST_F(CallbackLookupTest, FindsAllAfterEveryRestart) {
  for (int life = 0; life < 30; ++life) {
    for (int i = 0; i < 3 + life; ++i) add();
    restart();
    ASSERT_EQ(missing(), 0) << "life " << life;
    ASSERT_EQ(wrongly_called_indexed(), 0) << "life " << life;
  }
}

TEST_F(CallbackLookupTest, FindsAllWhileATreeIsReadIntoItsFilter) {
  for (int i = 0; i < 300; ++i) add();
  restart();
  // The tree has some 2,000 entries: with each commit a portion of 256 is read, and others are written beside it.
  for (int i = 0; i < 20; ++i) {
    add();
    ASSERT_EQ(missing(), 0) << "after " << i << " commits";
  }
}

TEST_F(CallbackLookupTest, FindsAllWithoutRoomForAFilter) {
  lookup_.emplace(std::move(*CallbackLookup::open(connection_, kMostHeld, 0)));
  for (int i = 0; i < 100; ++i) add();
  EXPECT_EQ(missing(), 0);
}

TEST_F(CallbackLookupTest, TheSameValueManyTimesIsFoundEachTime) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(connection_.execute("BEGIN IMMEDIATE"));
    for (int j = 0; j < kAtOnce; ++j) ASSERT_TRUE(lookup_->add("the same", ++last_id_, now_));
    ASSERT_TRUE(lookup_->write_stretch());
    ASSERT_TRUE(connection_.execute("COMMIT"));
    lookup_->commit();
  }
  const auto found = lookup_->find("the same", now_);
  ASSERT_TRUE(found);
  EXPECT_EQ(static_cast<std::int64_t>(found->size()), last_id_);
}

TEST_F(CallbackLookupTest, WhatIsRolledBackLeavesNothing) {
  for (int i = 0; i < 150; ++i) {
    add(i % 3 != 0);
    EXPECT_EQ(wrongly_called_indexed(), 0);
  }
  EXPECT_EQ(missing(), 0);
  for (std::int64_t id = last_id_ + 1; id <= last_id_ + kAtOnce; ++id) EXPECT_FALSE(finds(id));
}

TEST_F(CallbackLookupTest, KeepsAWindowOfSevenDays) {
  for (int i = 0; i < 40; ++i) add();
  now_ += std::chrono::hours{24 * 7};
  EXPECT_EQ(missing(), 0);
  add();
  now_ += std::chrono::hours{24};
  EXPECT_EQ(missing(), last_id_ - kAtOnce) << "those of eight days ago";
}

}  // namespace
}  // namespace yizhan::store
