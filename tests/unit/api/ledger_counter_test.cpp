#include "api/ledger_counter.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "counted_store.h"

namespace yizhan::api {
namespace {

class LedgerCounterTest : public CountedStore {
 protected:
  std::shared_ptr<LedgerCounter> counter(store::LedgerCount what) {
    return std::make_shared<LedgerCounter>(io_, *thread_, std::move(what), LedgerPace{});
  }
  /// Notes the end of the count.
  LedgerCounter::Done into_answer() {
    return [this](Result<Ledger> counted) {
      happened_.emplace_back("counted");
      answer_ = std::move(counted);
    };
  }
  void wait() {
    while (!answer_) io_.run_one();
  }

  std::optional<Result<Ledger>> answer_;
  std::vector<std::string> happened_;
};

TEST_F(LedgerCounterTest, CountsWhatTheStoreCounts) {
  for (const bool by_minute : {false, true}) {
    for (const int piece : {1, 2, 5}) {
      const store::LedgerRange range{.created_from = UtcTime{Seconds{1}}};
      const auto counter = this->counter({.range = range, .by_minute = by_minute, .piece = piece});
      counter->start(into_answer());
      wait();
      const Ledger whole = writer_->ledger(range, by_minute).value();
      ASSERT_TRUE(answer_->has_value());
      EXPECT_EQ((*answer_)->total().accepted, 4) << "without what was deleted in the first minute of all";
      ASSERT_EQ((*answer_)->lines.size(), whole.lines.size());
      for (std::size_t i = 0; i < whole.lines.size(); ++i) {
        EXPECT_EQ((*answer_)->lines[i].minute, whole.lines[i].minute);
        EXPECT_EQ((*answer_)->lines[i].pending, whole.lines[i].pending);
      }
      EXPECT_GT(counter->cost(), Microseconds{0});
      answer_.reset();
    }
  }
}

TEST_F(LedgerCounterTest, OtherReportsComeInBetween) {
  const auto counter = this->counter({.piece = 2});
  counter->start(into_answer());
  thread_->run([this](store::Store&) { http::asio::post(io_, [this] { happened_.emplace_back("report"); }); });
  wait();
  EXPECT_EQ(happened_, (std::vector<std::string>{"report", "counted"}));
}

TEST_F(LedgerCounterTest, StopsInAPauseAndAfterAPiece) {
  auto counter = this->counter({.piece = 2});
  counter->start(into_answer(), [&] { counter->stop(); });
  wait();
  EXPECT_EQ(answer_->error().code, "stopping");
  answer_.reset();
  counter = this->counter({.piece = 2});
  counter->start(into_answer());
  counter->stop();
  wait();
  EXPECT_EQ(answer_->error().code, "stopping");
}

TEST_F(LedgerCounterTest, SaysWhatTheStoreSays) {
  sql("ALTER TABLE ledger_rollup RENAME TO gone");
  const auto counter = this->counter({});
  counter->start(into_answer());
  wait();
  EXPECT_EQ(answer_->error().code, "sql_error");
}

TEST(LedgerRoute, CountsSoManyAtATime) {
  struct HeldApi : RunningApi {
    using ServedStore::reports_;
  };
  HeldApi api;
  std::promise<void> release;
  api.reports_->run([let_go = release.get_future().share()](store::Store&) { let_go.wait(); });
  std::mutex mutex;
  std::condition_variable news;
  std::vector<Answer> answers;
  std::vector<std::thread> callers;
  for (int i = 0; i < 9; ++i) {
    callers.emplace_back([&] {
      Answer answer = api.ask("GET", "/api/v1/ledger");
      const std::lock_guard lock(mutex);
      answers.push_back(std::move(answer));
      news.notify_one();
    });
  }
  {
    std::unique_lock lock(mutex);
    news.wait(lock, [&] { return !answers.empty(); });
  }
  release.set_value();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(answers.front().status, 503);
  EXPECT_EQ(answers.front().code(), "store_busy");
  for (std::size_t i = 1; i < answers.size(); ++i) EXPECT_EQ(answers[i].status, 200) << i;
  EXPECT_EQ(api.ask("GET", "/api/v1/ledger").status, 200);
}

}  // namespace
}  // namespace yizhan::api
