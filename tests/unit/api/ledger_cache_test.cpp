#include "api/ledger_cache.h"

#include <optional>

#include "counted_store.h"

namespace yizhan::api {
namespace {

class LedgerCacheTest : public CountedStore {
 protected:
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
  counting.pace.without_pause = Microseconds{0};
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
  counting.pace.without_pause = Microseconds{0};
  const auto cache = std::make_shared<LedgerCache>(io_, *thread_, counting);
  EXPECT_EQ(ask(cache), std::nullopt);
  cache->stop();
  wait_for(*cache);
  EXPECT_EQ(ask(cache), std::nullopt);
}

}  // namespace
}  // namespace yizhan::api
