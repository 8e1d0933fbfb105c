#include "api/list_search.h"

#include <future>
#include <optional>
#include <string>
#include <vector>

#include "counted_store.h"

namespace yizhan::api {
namespace {

class ListSearchTest : public CountedStore {
 protected:
  void search(store::Page page, Microseconds longest = kLongestSearch, store::Selection selection = {}) {
    answer_.reset();
    const auto write = [](JsonWriter& writer, const store::EventView& event) {
      writer.begin_object().text("platform", event.event.platform).end_object();
    };
    std::make_shared<ListSearch<store::EventView>>(io_, *thread_, stopping_, std::move(selection), page,
                                                   &store::Store::list_events, longest)
        ->start("events", "/api/v1/events", write, [this](const http::ServerResponse& response) {
          happened_.emplace_back("found");
          answer_ = response;
        });
  }
  const http::ServerResponse& wait() {
    while (!answer_) io_.run_one();
    return *answer_;
  }

  bool stopping_ = false;
  std::optional<http::ServerResponse> answer_;
  std::vector<std::string> happened_;
};

constexpr std::string_view kAll =
    R"({"events":[{"platform":"erp"},{"platform":"crm"},{"platform":"erp"},{"platform":"crm"}],"next":null})"
    "\n";

TEST_F(ListSearchTest, PutsAPageTogetherFromManyCalls) {
  for (const int piece : {1, 2, store::kListPiece}) {
    search({.piece = piece});
    EXPECT_EQ(wait().body, kAll) << piece;
  }
  search({.limit = 3, .oldest_first = true, .piece = 1});
  EXPECT_TRUE(
      wait().body.starts_with(R"({"events":[{"platform":"crm"},{"platform":"erp"},{"platform":"crm"}],"next":")"))
      << wait().body;
}

TEST_F(ListSearchTest, OtherLooksComeInBetween) {
  search({.piece = 1});
  thread_->run([this](store::Store&) { http::asio::post(io_, [this] { happened_.emplace_back("look"); }); });
  wait();
  EXPECT_EQ(happened_, (std::vector<std::string>{"look", "found"}));
}

TEST_F(ListSearchTest, AnswersAfterAWhileWithWhatItHas) {
  store::Selection selection;
  selection.platform = "none";
  search({.piece = 1}, Microseconds{0}, selection);
  const auto rows = writer_->list_events(selection, {.piece = 1}).value();
  EXPECT_NE(rows.next, 0);
  EXPECT_EQ(wait().body, R"({"events":[],"next":")" + std::to_string(rows.next) + "\"}\n");
  search({.after = rows.next, .piece = 1}, kLongestSearch, selection);
  EXPECT_EQ(wait().body, "{\"events\":[],\"next\":null}\n");
}

TEST_F(ListSearchTest, GoesNoFurtherWhenTheServiceStops) {
  search({.piece = 1});
  stopping_ = true;
  EXPECT_EQ(wait().status, 200);
  const auto rows = writer_->list_events({}, {.piece = 1}).value();
  EXPECT_NE(rows.next, 0);
  EXPECT_TRUE(wait().body.ends_with(R"("next":")" + std::to_string(rows.next) + "\"}\n")) << wait().body;
}

TEST_F(ListSearchTest, SaysWhatTheStoreSays) {
  sql("ALTER TABLE outbox_abandoned RENAME TO gone");
  search({.piece = 1});
  EXPECT_EQ(wait().status, 500);
}

TEST_F(ListSearchTest, IsRefusedWhenTooManyLooksWait) {
  std::promise<void> release;
  thread_->run([let_go = release.get_future().share()](store::Store&) { let_go.wait(); });
  while (thread_->run([](store::Store&) {})) {
  }
  search({});
  EXPECT_EQ(wait().status, 503);
  release.set_value();
}

}  // namespace
}  // namespace yizhan::api
