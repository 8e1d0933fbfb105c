// The receiver as the app runs it: a real server socket, a real SQLite store, the writer's thread. Only the dispatcher
// is played by a recorder, and the sender's dialect is one of the tests' own, driven by headers.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../http/server_harness.h"
#include "base/log.h"
#include "harness/temporary_folder.h"
#include "receive/receiver.h"
#include "store/store.h"

namespace yizhan::receive {

/// Takes a request for what its headers say: `Sign: good` or it is rejected, `Id`, `Type`, `Order` and `Fee` (a payment
/// effect), `Parcel` (a step of it), `Caused` (an event), `Clear` (a clear body), `Challenge` (answered at once), `Odd`
/// (let through, for a reason).
class HeaderSource final : public Source {
 public:
  explicit HeaderSource(std::string path, Milliseconds limit = Milliseconds{9000})
      : path_(std::move(path)), limit_(limit) {}

  Result<std::variant<Notice, Reply>> read(const Request& request) const override {
    const auto header = [&](std::string_view name) { return std::string(request.http.header(name)); };
    if (const auto challenge = header("Challenge"); !challenge.empty()) return Reply{.body = challenge};
    if (header("Sign") != "good") return fail("signature_mismatch", "no secret in force made this signature");
    Notice notice;
    notice.event_type = header("Type");
    notice.idempotency_key = header("Id");
    notice.keys = {{"message_id", header("Id")}, {"tracking_no", ""}};
    notice.result_code = "SUCCESS";
    notice.reason = header("Odd");
    if (const auto order = header("Order"); !order.empty()) {
      notice.keys.insert(notice.keys.begin(), {{"out_trade_no", order}, {"transaction_id", "T" + header("Id")}});
      notice.effect = store::PaymentEffect{.out_trade_no = order,
                                           .transaction_id = "T" + header("Id"),
                                           .provider = "test",
                                           .merchant = {},
                                           .total_fee = std::stoll(header("Fee")),
                                           .paid_at = request.now};
    }
    if (const auto parcel = header("Parcel"); !parcel.empty()) {
      notice.effect = store::ExpressEffect{{{.tracking_no = parcel,
                                             .status_code = "DELIVERED",
                                             .received_code = "3",
                                             .event_time = request.now,
                                             .event_text = header("Id"),
                                             .location = {},
                                             .carrier_code = {},
                                             .event_id = {}}}};
    }
    if (const auto caused = header("Caused"); !caused.empty()) notice.caused = {caused, "caused by " + header("Id")};
    if (const auto clear = header("Clear"); !clear.empty()) notice.clear_body = clear;
    return notice;
  }

  Reply answer(const Outcome& outcome) const override {
    switch (outcome.kind) {
      case Outcome::Kind::kAccepted:
      case Outcome::Kind::kDuplicate:
        return {.body = "OK"};
      case Outcome::Kind::kRejected:
        return {.status = outcome.error->code == "waybill_unknown" ? 404 : 401,
                .body = "FAIL " + std::string(outcome.error->code)};
      case Outcome::Kind::kUnavailable:
        break;
    }
    return {.status = 503, .body = "FAIL " + std::string(outcome.error->code) + " " + outcome.error->message};
  }

  std::vector<std::string> paths() const override { return {path_}; }
  std::vector<std::string> secret_headers() const override { return {"X-Secret"}; }
  Milliseconds answer_within() const override { return limit_; }

 private:
  std::string path_;
  Milliseconds limit_;
};

/// Stands for the dispatcher: knows the platforms `shop` and `desk`. Used on the I/O thread only.
class RecordingIntake final : public store::Intake {
 public:
  Result<void> prepare(store::NewEvent& event) override {
    const std::string& platform = event.event.platform;
    if (std::ranges::find(platforms, platform) == platforms.end()) {
      return fail("unknown_platform", "'" + platform + "' is not configured");
    }
    event.endpoint_key = 77;
    prepared.push_back(event.event.id);
    return {};
  }
  void accepted(const std::vector<store::Accepted>& answers, store::AcceptCall&& call) override {
    ASSERT_EQ(answers.size(), call.events.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
      EXPECT_EQ(answers[i].id, call.events[i].event.id);
      settled.push_back(call.events[i].event.id);
      handed_over.push_back(std::move(call.events[i].event));
    }
  }
  void abandoned(const store::AcceptCall& call) override {
    for (const store::NewEvent& event : call.events) settled.push_back(event.event.id);
  }
  void express_applied() override { ++express_callbacks; }
  int express_callbacks = 0;

  /// Every prepared event was accepted or abandoned, once.
  bool all_settled() const {
    auto before = prepared, after = settled;
    std::ranges::sort(before);
    std::ranges::sort(after);
    return before == after;
  }

  std::vector<std::string> platforms{"shop", "desk"};
  std::vector<std::string> prepared;
  std::vector<std::string> settled;
  std::vector<store::Event> handed_over;
};

struct ReceiverSetup {
  std::vector<ConfiguredSource> sources;  ///< empty: `test`, a HeaderSource on /in/test whose events go to `shop`
  std::vector<Route> routes;
  ReceiverOptions options;
  http::ServerOptions server;
};

inline ConfiguredSource header_source(std::string path = "/in/test", Milliseconds limit = Milliseconds{9000}) {
  return {{.name = "test", .platform = "shop"}, std::make_shared<HeaderSource>(std::move(path), limit)};
}

/// Waits for what another thread brings about.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + Seconds{20};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

class RunningReceiver {
 public:
  explicit RunningReceiver(ReceiverSetup setup = {})
      : factory_(open()),
        server_([this](http::ServerRequest& request,
                       http::Responder responder) { receiver_->handle(request, std::move(responder)); },
                setup.server) {
    if (setup.sources.empty()) setup.sources.push_back(header_source());
    auto made = server_.on_thread([&] {
      auto& io = server_.io;
      commits_ = std::make_unique<store::GroupCommit>(
          factory_->open_writer().value(),
          [&io](std::move_only_function<void()> task) { http::asio::post(io, std::move(task)); },
          store::GroupCommit::Options{});
      return Receiver::make(io, *commits_, intake, std::move(setup.sources), Routes(std::move(setup.routes)),
                            setup.options);
    });
    if (!made) throw std::runtime_error(made.error().message);
    receiver_ = std::move(*made);
    intake.prepared.clear();  // the trials of the start
    intake.settled.clear();
  }
  ~RunningReceiver() {
    // As the app does it: the server first, then what its answers come from.
    server_.on_thread([&] {
      server_.server->stop(Milliseconds{0}, nullptr);
      return 0;
    });
    commits_.reset();
    server_.on_thread([&] {
      EXPECT_TRUE(intake.all_settled());
      receiver_.reset();
      return 0;
    });
  }

  static std::string request(const std::string& header_lines, const std::string& body = "{}",
                             const std::string& target = "/in/test", const std::string& method = "POST") {
    return method + " " + target + " HTTP/1.1\r\nHost: h\r\n" + header_lines +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  http::RawResponse ask(const std::string& bytes) {
    http::RawPeer peer(server_.port);
    peer.send(bytes);
    return peer.receive();
  }
  http::RawResponse send(const std::string& header_lines, const std::string& body = "{}",
                         const std::string& target = "/in/test") {
    return ask(request(header_lines, body, target));
  }
  /// A proper notice.
  http::RawResponse notify(const std::string& id, const std::string& header_lines = "",
                           const std::string& body = "{}") {
    return send("Sign: good\r\nType: test.event\r\nId: " + id + "\r\n" + header_lines, body);
  }

  /// Runs on the writer's thread, between transactions, and answers what `task` returns.
  template <class Function>
  auto on_writer(Function function) {
    std::promise<decltype(function(std::declval<store::Store&>()))> answer;
    commits_->run([&](store::Store& store) { answer.set_value(function(store)); });
    return answer.get_future().get();
  }
  void sql(const std::string& text) {
    const auto done = on_writer([&](store::Store& store) { return store.sql(text); });
    if (!done) ADD_FAILURE() << text << ": " << done.error().message;
  }
  /// The callbacks on record, oldest first, bodies included.
  std::vector<store::CallbackView> callbacks() {
    return on_writer([](store::Store& store) {
      std::vector<store::CallbackView> views;
      const auto rows = store.list_callbacks({}, {.limit = 1000, .oldest_first = true});
      if (!rows) {
        ADD_FAILURE() << rows.error().message;
        return views;
      }
      for (const store::CallbackView& row : rows->rows) views.push_back(**store.find_callback(row.id, true));
      return views;
    });
  }
  /// What is rejected goes on record after its answer.
  std::vector<store::CallbackView> callbacks(std::uint64_t recorded) {
    EXPECT_TRUE(eventually([&] { return commits_->counters().callbacks_received >= recorded; }));
    return callbacks();
  }
  std::vector<store::EventView> events() {
    return on_writer([](store::Store& store) {
      std::vector<store::EventView> views;
      const auto rows = store.list_events({}, {.limit = 1000, .oldest_first = true}).value();
      for (const store::EventView& row : rows.rows) {
        views.push_back(**store.find_event(row.event.id, true));
      }
      return views;
    });
  }
  void create_order(const std::string& number, std::int64_t fee) {
    on_writer([&](store::Store& store) {
      store::PayOrder order;
      order.out_trade_no = number;
      order.total_fee = fee;
      const auto created = store.create_pay_order(order);
      EXPECT_TRUE(created) << created.error().message;
      return 0;
    });
  }
  int order_status(const std::string& number) {
    return on_writer([&](store::Store& store) { return (*store.find_pay_order(number))->status; });
  }

  SourceCounters counters() {
    return server_.on_thread([&] { return receiver_->counters().front(); });
  }
  /// What the intake has seen, read on its thread.
  template <class Function>
  auto with_intake(Function function) {
    return server_.on_thread([&] { return function(intake); });
  }
  http::RunningServer& server() { return server_; }
  store::GroupCommit& commits() { return *commits_; }
  std::filesystem::path database() const { return folder_ / "yizhan.db"; }

  RecordingIntake intake;

 private:
  std::unique_ptr<store::StoreFactory> open() {
    const auto url = store::parse_store_url("sqlite:" + database().string());
    if (!url) throw std::runtime_error(url.error().message);
    auto factory = store::open_store(*url, store::OpenMode::kServe);
    if (!factory) throw std::runtime_error(factory.error().message);
    if (const auto migrated = (*factory)->migrate(); !migrated) throw std::runtime_error(migrated.error().message);
    return std::move(*factory);
  }

  TemporaryFolder folder_;
  std::unique_ptr<store::StoreFactory> factory_;
  std::unique_ptr<store::GroupCommit> commits_;
  std::unique_ptr<Receiver> receiver_;
  http::RunningServer server_;
};

/// Holds the writer's thread up for as long as it lives: nothing becomes durable meanwhile.
class HeldWriter {
 public:
  explicit HeldWriter(store::GroupCommit& commits) {
    std::promise<void> begun;
    auto has_begun = begun.get_future();
    commits.run([released = release_.get_future(), &begun](store::Store&) {
      begun.set_value();
      released.wait();
    });
    has_begun.wait();
  }
  ~HeldWriter() { release_.set_value(); }

 private:
  std::promise<void> release_;
};

/// What the service logs meanwhile, as lines.
class CapturedLog {
 public:
  CapturedLog() {
    log::flush();
    testing::internal::CaptureStderr();
  }
  ~CapturedLog() {
    if (!taken_) testing::internal::GetCapturedStderr();
  }
  std::string take() {
    taken_ = true;
    log::flush();
    return testing::internal::GetCapturedStderr();
  }

 private:
  bool taken_ = false;
};

}  // namespace yizhan::receive
