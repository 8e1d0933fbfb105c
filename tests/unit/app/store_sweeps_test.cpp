#include "app/store_sweeps.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "store/postgres/postgres_store.h"

namespace yizhan::app {
namespace {

/// What should run on the store's thread waits until the test runs it.
struct HandDriven {
  http::asio::io_context io;
  std::uint64_t changed = 0;
  std::vector<std::move_only_function<void(store::Store&)>> asked_for;
  StoreSweeps sweeps;

  HandDriven()
      : sweeps(
            io, [this](auto task) { asked_for.push_back(std::move(task)); }, [this] { return changed; },
            {.changes = 100, .look_every = Milliseconds{1}, .pause_after_failure = Seconds{3600}}) {
    sweeps.start();
  }

  /// Some looks at what has changed.
  void look() {
    for (int looks = 0; looks < 5 && asked_for.empty(); ++looks) {
      io.restart();
      io.run_one();
    }
  }
  /// On a server that is not there.
  void fail_first() {
    store::postgres::PostgresStore nowhere("postgresql://127.0.0.1:1/nowhere",
                                           store::postgres::Connection::Purpose::kWriter);
    auto task = std::move(asked_for.front());
    asked_for.clear();
    task(nowhere);
    io.restart();
    io.run_one();
  }
};

TEST(StoreSweeps, BeginWhenEnoughHasChanged) {
  HandDriven driven;
  driven.look();
  driven.changed = 99;
  driven.look();
  EXPECT_TRUE(driven.asked_for.empty());
  driven.changed = 100;
  driven.look();
  EXPECT_EQ(driven.asked_for.size(), 1U);
}

TEST(StoreSweeps, OneThatFailedIsNotTriedAgainAtOnce) {
  HandDriven driven;
  driven.changed = 100;
  driven.look();
  ASSERT_EQ(driven.asked_for.size(), 1U);
  driven.fail_first();
  driven.changed = 1000;
  driven.look();
  EXPECT_TRUE(driven.asked_for.empty());
}

TEST(StoreSweeps, AStopWaitsForTheOneInHand) {
  HandDriven driven;
  driven.changed = 100;
  driven.look();
  ASSERT_EQ(driven.asked_for.size(), 1U);
  bool stopped = false;
  driven.sweeps.stop([&] { stopped = true; });
  driven.io.restart();
  driven.io.poll();
  EXPECT_FALSE(stopped);
  driven.fail_first();
  driven.io.restart();
  driven.io.poll();
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace yizhan::app
