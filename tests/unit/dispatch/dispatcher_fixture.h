// The loop on a real SQLite store, with a lane whose outcomes the test decides.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "dispatch/dispatcher.h"
#include "harness/temporary_folder.h"

namespace yizhan::dispatch {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

/// Sends nothing: keeps what was asked for until the test answers it.
class ScriptedLane final : public Lane {
 public:
  struct Sent {
    std::string id;
    std::string payload;
    std::string endpoint_url;
    std::string target;  ///< with the query
    std::shared_ptr<const Platform> platform;
    Done done;
  };

  explicit ScriptedLane(http::asio::io_context& io) : io_(io) {
    for (const char* name : {"crm", "shop"}) add(name, DeliveryPolicy{});
  }

  Platform& add(const std::string& name, DeliveryPolicy policy) {
    policy.jitter = 0;
    auto platform = std::make_shared<Platform>();
    platform->name = name;
    platform->base_url = "http://" + name + ".example/";
    platform->policy = policy;
    platforms_[name] = platform;
    return *platform;
  }

  Result<std::shared_ptr<const Route>> route(std::string_view platform, std::string_view callback_target) override {
    const auto found = platforms_.find(std::string(platform));
    if (found == platforms_.end()) return fail("unknown_platform", "no such platform");
    if (!found->second->enabled) return fail("platform_disabled", "disabled");
    auto route = std::make_shared<Route>();
    route->platform = found->second;
    const std::string url = found->second->base_url + std::string(callback_target);
    route->url = std::make_shared<const http::Url>(http::parse_url(url).value());
    route->endpoint_url = url.substr(0, url.find('?'));
    route->endpoint_key = endpoint_key(platform, route->endpoint_url);
    return route;
  }

  void send(store::Event& event, const Route& route, Done done) override {
    all_.push_back(event.id);
    Sent sent{event.id, event.payload, route.endpoint_url, route.url->target, route.platform, std::move(done)};
    if (!automatic_) {
      waiting.push_back(std::move(sent));
      return;
    }
    http::asio::post(io_, [this, sent = std::move(sent)]() mutable { sent.done(outcome(automatic_status_)); });
  }

  static AttemptOutcome outcome(int status) {
    AttemptOutcome outcome;
    outcome.started_at = utc_now();
    outcome.response_status = status;
    outcome.error_class = class_of_status(status);
    if (!outcome.succeeded()) outcome.error_message = "status " + std::to_string(status);
    return outcome;
  }

  /// Answers everything that is sent from now on, and all that waits, with this status.
  void answer_all(int status) {
    automatic_ = true;
    automatic_status_ = status;
    for (Sent& sent : std::exchange(waiting, {})) sent.done(outcome(status));
  }
  void answer_first(int status) {
    Sent sent = std::move(waiting.front());
    waiting.erase(waiting.begin());
    sent.done(outcome(status));
  }

  void remove(const std::string& name) { platforms_.erase(name); }

  std::vector<Sent> waiting;
  const std::vector<std::string>& all() const { return all_; }

 private:
  http::asio::io_context& io_;
  std::map<std::string, std::shared_ptr<Platform>> platforms_;
  std::vector<std::string> all_;
  bool automatic_ = false;
  int automatic_status_ = 200;
};

class DispatcherTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = store::open_store({store::StoreUrl::Engine::kSqlite, folder_ / "yizhan.db"}, store::OpenMode::kServe);
    ASSERT_TRUE(opened) << opened.error().message;
    factory_ = std::move(*opened);
    ASSERT_TRUE(factory_->migrate());
    options_.poll_interval = 50ms;
  }

  void TearDown() override {
    dispatcher_.reset();
    reads_.reset();
    commits_.reset();
    factory_.reset();
  }

  void start() {
    auto writer = factory_->open_writer();
    ASSERT_TRUE(writer) << writer.error().message;
    auto reader = factory_->open_reader();
    ASSERT_TRUE(reader) << reader.error().message;
    commits_ = std::make_unique<store::GroupCommit>(
        std::move(*writer), [this](auto task) { http::asio::post(io_, std::move(task)); },
        store::GroupCommit::Options{});
    reads_ = std::make_unique<store::ReadThread>(std::move(*reader));
    dispatcher_ = std::make_unique<Dispatcher>(io_, lane_, *commits_, *reads_, options_);
    dispatcher_->start();
  }

  store::NewEvent make_event(const std::string& platform, const std::string& target = "") {
    store::NewEvent event;
    event.event.created_at = utc_now();
    event.event.id = ids_.make(event.event.created_at);
    event.event.platform = platform;
    event.event.event_type = "test.event";
    event.event.callback_target = target;
    event.event.payload = "{}";
    event.first_attempt_at = event.event.created_at;
    return event;
  }

  /// Hands events over as the API does; done when they are durable.
  std::vector<std::string> accept(std::vector<store::NewEvent> events) {
    std::vector<std::string> ids;
    for (store::NewEvent& event : events) {
      const auto prepared = dispatcher_->prepare(event);
      EXPECT_TRUE(prepared) << prepared.error().message;
      ids.push_back(event.event.id);
    }
    bool done = false;
    commits_->accept({std::move(events)}, [&](auto accepted, store::AcceptCall call) {
      EXPECT_TRUE(accepted) << accepted.error().message;
      dispatcher_->accepted(*accepted, std::move(call));
      done = true;
    });
    run_until([&] { return done; });
    return ids;
  }
  std::string accept_one(const std::string& platform, const std::string& target = "") {
    std::vector<store::NewEvent> events;
    events.push_back(make_event(platform, target));
    return accept(std::move(events)).front();
  }

  void run_until(const std::function<bool()>& condition, std::chrono::milliseconds limit = 60s) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the condition never came true";
      io_.restart();
      io_.run_one_for(20ms);
    }
  }

  std::optional<store::EventView> look(const std::string& id) {
    std::optional<store::EventView> view;
    bool done = false;
    reads_->run([&](store::Store& store) {
      auto found = store.find_event(id, false);
      EXPECT_TRUE(found);
      http::asio::post(io_, [&, found = std::move(found)]() mutable {
        view = std::move(*found);
        done = true;
      });
    });
    run_until([&] { return done; });
    return view;
  }
  void run_until_status(const std::string& id, EventStatus status) {
    run_until([&] { return look(id)->status == status; });
  }

  TemporaryFolder folder_;
  std::unique_ptr<store::StoreFactory> factory_;
  http::asio::io_context io_{1};
  ScriptedLane lane_{io_};
  DispatcherOptions options_;
  std::unique_ptr<store::GroupCommit> commits_;
  std::unique_ptr<store::ReadThread> reads_;
  std::unique_ptr<Dispatcher> dispatcher_;
  IdMaker ids_;
};

}  // namespace yizhan::dispatch
