#include "api/ledger_cache.h"

#include <optional>

#include "api_harness.h"

namespace yizhan::api {
namespace {

/// Five events of two platforms, one of them delivered and deleted.
class LedgerCacheTest : public testing::Test {
 protected:
  LedgerCacheTest() {
    auto opened =
        store::open_store({.engine = store::StoreUrl::Engine::kSqlite, .text = (folder_.path / "yizhan.db").string()},
                          store::OpenMode::kServe);
    factory_ = std::move(*opened);
    writer_ = std::move(*factory_->open_writer());
    for (const char* platform : {"crm", "erp", "crm", "erp"}) {
      sql("INSERT INTO cs_platform_event_outbox (platform, event_type, payload) VALUES ('" + std::string(platform) +
          "', 'a.b', '{}')");
    }
    sql("INSERT INTO ledger_rollup (minute, platform, delivered, dead_letter, discarded) VALUES (0, 'crm', 1, 0, 0)");
    thread_.emplace(std::move(*factory_->open_reader()));
  }
  void sql(const std::string& text) {
    const auto result = writer_->sql(text);
    if (!result) throw std::runtime_error(result.error().message);
  }
  /// What somebody who asks now is answered: accepted events of each platform; nothing where there is no ledger.
  std::optional<std::vector<std::int64_t>> ask(const std::shared_ptr<LedgerCache>& cache) {
    std::optional<std::optional<std::vector<std::int64_t>>> answer;
    cache->get([&](const LedgerCache::Counted* counted) {
      answer.emplace();
      if (counted == nullptr) return;
      answer->emplace();
      for (const LedgerLine& line : counted->ledger.lines) (*answer)->push_back(line.accepted);
    });
    io_.restart();
    while (!answer) io_.run_one();
    return *answer;
  }
  /// Until nothing is being counted.
  void wait_for(const LedgerCache& cache) {
    while (cache.counting()) io_.run_one();
  }

  TemporaryFolder folder_;
  http::asio::io_context io_;
  http::asio::executor_work_guard<http::asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<store::StoreFactory> factory_;
  std::unique_ptr<store::Store> writer_;
  std::optional<store::ReadThread> thread_;
};

using Accepted = std::vector<std::int64_t>;

TEST_F(LedgerCacheTest, AddsUpPiecesAndWhatWasDeleted) {
  for (const int piece : {1, 2, 3, 4, 5}) {
    const auto cache = std::make_shared<LedgerCache>(io_, *thread_, LedgerCounting{.piece = piece});
    EXPECT_EQ(ask(cache), (Accepted{3, 2})) << piece;
  }
}

TEST_F(LedgerCacheTest, WhoCannotWaitIsAnsweredWithoutOne) {
  LedgerCounting counting;
  counting.piece = 2;
  counting.without_pause = Microseconds{0};
  counting.kept_at_least = Seconds{0};
  counting.kept_times_cost = 0;
  const auto cache = std::make_shared<LedgerCache>(io_, *thread_, counting);
  EXPECT_EQ(ask(cache), std::nullopt);
  wait_for(*cache);
  EXPECT_EQ(ask(cache), (Accepted{3, 2}));
  wait_for(*cache);
  sql("INSERT INTO cs_platform_event_outbox (platform, event_type, payload) VALUES ('erp', 'a.b', '{}')");
  EXPECT_EQ(ask(cache), (Accepted{3, 2})) << "the old one, while the next is counted";
  wait_for(*cache);
  EXPECT_EQ(ask(cache), (Accepted{3, 3}));
}

TEST_F(LedgerCacheTest, CountsNothingMoreOnceItIsStopped) {
  LedgerCounting counting;
  counting.piece = 2;
  counting.without_pause = Microseconds{0};
  const auto cache = std::make_shared<LedgerCache>(io_, *thread_, counting);
  EXPECT_EQ(ask(cache), std::nullopt);
  cache->stop();
  wait_for(*cache);
  EXPECT_EQ(ask(cache), std::nullopt);
}

}  // namespace
}  // namespace yizhan::api
