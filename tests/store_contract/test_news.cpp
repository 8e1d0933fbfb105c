// News: what other processes commit wakes those who listen.
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "contract_test.h"
#include "postgres_cluster.h"

namespace yizhan::store::contract {
namespace {

/// Collects what is heard; waits until something was.
class Ear {
 public:
  std::function<void(std::int64_t)> hear() {
    return [this](std::int64_t endpoint_key) {
      const std::lock_guard lock(mutex_);
      heard_.push_back(endpoint_key);
      changed_.notify_all();
    };
  }
  /// Waits until `endpoint_key` was heard, and forgets everything up to there.
  testing::AssertionResult hears(std::int64_t endpoint_key) {
    std::unique_lock lock(mutex_);
    const bool heard =
        changed_.wait_for(lock, Seconds{60}, [&] { return std::ranges::find(heard_, endpoint_key) != heard_.end(); });
    if (!heard) return testing::AssertionFailure() << "nothing was heard of endpoint " << endpoint_key;
    heard_.erase(heard_.begin(), std::ranges::find(heard_, endpoint_key) + 1);
    return testing::AssertionSuccess();
  }
  /// The same, where nothing else may have been heard before.
  testing::AssertionResult hears_first(std::int64_t endpoint_key) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, Seconds{60}, [&] { return !heard_.empty(); });
      if (heard_.empty() || heard_.front() != endpoint_key)
        return testing::AssertionFailure() << "heard something else";
    }
    return hears(endpoint_key);
  }
  bool heard_anything() {
    const std::lock_guard lock(mutex_);
    return !heard_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::int64_t> heard_;
};

class PostgresNews : public testing::Test {
 protected:
  void SetUp() override {
    news_ = value_of(node_.factory().open_news(ear_.hear()));
    ASSERT_NE(news_, nullptr);
    ASSERT_TRUE(ear_.hears(kUnrouted));  // it listens
  }

  Place place_{Engine::kPostgres};
  Node node_{place_.url()};
  Ear ear_;
  std::unique_ptr<News> news_;
};

TEST_F(PostgresNews, TellOfAnInsertByHand) {
  node_.sql("INSERT INTO cs_platform_event_outbox (platform, event_type) VALUES ('crm', 't')");
  EXPECT_TRUE(ear_.hears(kUnrouted));
}

TEST_F(PostgresNews, TellOfAnEditByHand) {
  const std::string id = node_.accept(node_.event()).id;
  EXPECT_TRUE(ear_.hears(kEndpoint));
  node_.sql("UPDATE cs_platform_event_outbox SET status = 'pending', next_attempt_at = NOW() WHERE id = '" + id + "'");
  EXPECT_TRUE(ear_.hears(kEndpoint));
}

TEST_F(PostgresNews, TellOfEventsThatNobodyTookAndNotOfTheRest) {
  NewEvent taken = node_.event();
  taken.endpoint_key = 1;
  taken.lease_token = "mine";
  taken.lease = kLongLease;
  NewEvent later = node_.event();
  later.endpoint_key = 2;
  later.first_attempt_at = node_.now + Seconds{60};
  node_.accept({taken, later});
  NewEvent waiting = node_.event();
  waiting.endpoint_key = 3;
  node_.accept(waiting);
  EXPECT_TRUE(ear_.hears_first(3));
}

TEST_F(PostgresNews, TellOfAReplay) {
  node_.accept(node_.event());
  EXPECT_TRUE(ear_.hears(kEndpoint));
  node_.retry(node_.claim_one(), Seconds{100});
  value_of(node_.store().replay({}, 10, node_.now));
  EXPECT_TRUE(ear_.hears(kEndpoint));
}

TEST_F(PostgresNews, TellWhenAnEventNoLongerWaitsForItsOrder) {
  NewEvent taken = node_.ordered_event("a");
  taken.lease_token = "mine";
  taken.lease = kLongLease;
  const Accepted head = node_.accept(taken);
  NewEvent next = node_.ordered_event("a");
  next.endpoint_key = 5;
  next.first_attempt_at = node_.now + Microseconds{1};
  node_.accept(next);
  node_.now += Seconds{1};
  ClaimedEvent held;
  held.sequence = head.sequence;
  held.event.order_key = "a";
  held.lease_token = "mine";
  node_.deliver(held);
  EXPECT_TRUE(ear_.hears(5));
}

TEST_F(PostgresNews, GoOnAfterTheServerWasAway) {  // fault 10
  PostgresCluster::shared().restart();
  EXPECT_TRUE(ear_.hears(kUnrouted));  // something may have been missed
  NewEvent event = node_.event();
  event.endpoint_key = 9;
  node_.accept(event);
  EXPECT_TRUE(ear_.hears(9));
}

TEST_F(PostgresNews, EndWithTheirObject) {
  news_.reset();
  node_.accept(node_.event());
  EXPECT_FALSE(ear_.heard_anything());
}

TEST(SqliteNews, AreNone) {
  const Place place(Engine::kSqlite);
  const auto factory = open_factory(place.url());
  EXPECT_EQ(value_of(factory->open_news([](std::int64_t) {})), nullptr);
}

}  // namespace
}  // namespace yizhan::store::contract
