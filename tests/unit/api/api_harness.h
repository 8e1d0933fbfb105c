// The API as the app runs it: a real server socket, a real SQLite store, the writer's and the readers' threads. Only
// the dispatcher is played by a recorder.
#pragma once

#include <atomic>
#include <boost/json.hpp>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "../http/server_harness.h"
#include "api/api.h"
#include "api/bulk_change.h"
#include "harness/temporary_folder.h"
#include "store/store.h"

namespace yizhan::api {

/// Stands for the dispatcher: knows two platforms and writes down what it is told. Used on the I/O thread only.
class RecordingDispatcher final : public store::Intake, public Dispatching {
 public:
  Result<void> prepare(store::NewEvent& event) override {
    if (event.event.platform != "sub2api" && event.event.platform != "newapi") {
      return fail("unknown_platform", "'" + event.event.platform + "' is not configured; there are newapi and sub2api");
    }
    event.endpoint_key = 77;
    ++prepared;
    return {};
  }
  void accepted(const std::vector<store::Accepted>& answers, store::AcceptCall&& call) override {
    for (std::size_t i = 0; i < answers.size(); ++i) {
      ++settled;
      if (!answers[i].duplicate) handed_over.push_back(std::move(call.events[i].event));
    }
  }
  void abandoned(const store::AcceptCall& call) override {
    settled += static_cast<int>(call.events.size());
    abandoned_events += static_cast<int>(call.events.size());
  }
  void express_applied() override { ++express_callbacks; }
  std::vector<EndpointState> endpoints() const override { return states; }
  std::vector<DeliveryCounters> delivery_counters() const override {
    DeliveryCounters counters;
    counters.platform = "sub2api";
    counters.delivered = 5;
    return {counters};
  }
  void endpoint_enabled(std::int64_t endpoint_key) override { enabled.push_back(endpoint_key); }
  void store_changed() override { ++changes; }

  int prepared = 0;
  int settled = 0;  ///< every prepared event must be settled, by accepted() or abandoned()
  int abandoned_events = 0;
  int express_callbacks = 0;
  int changes = 0;
  std::vector<store::Event> handed_over;
  std::vector<EndpointState> states;
  std::vector<std::int64_t> enabled;
};

struct Answer {
  http::RawResponse raw;
  int status = 0;
  boost::json::value body;

  std::string code() const {
    const auto* object = body.if_object();
    return object != nullptr && object->contains("code") ? std::string(object->at("code").as_string()) : std::string();
  }
  std::string detail() const {
    const auto* object = body.if_object();
    return object != nullptr && object->contains("detail") ? std::string(object->at("detail").as_string())
                                                           : std::string();
  }
  std::string text(const char* name) const { return std::string(body.at(name).as_string()); }
  std::int64_t number(const char* name) const { return body.at(name).to_number<std::int64_t>(); }
};

/// A server socket before a migrated SQLite store, with the threads that the app gives it. Who stands behind the socket
/// is set by whoever derives from this, and taken away in its destructor after stop().
class ServedStore {
 public:
  ServedStore(const ServedStore&) = delete;
  ServedStore& operator=(const ServedStore&) = delete;

  Answer ask(const std::string& method, const std::string& target, const std::string& body = "",
             const std::string& header_lines = "") {
    http::RawPeer peer(server_.port);
    const bool has_host = header_lines.find("Host:") != std::string::npos;
    peer.send(method + " " + target + " HTTP/1.1\r\n" + (has_host ? "" : "Host: 127.0.0.1\r\n") + header_lines +
              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    Answer answer;
    answer.raw = peer.receive(method == "HEAD");
    answer.status = answer.raw.status;
    boost::json::error_code not_json;
    answer.body = boost::json::parse(answer.raw.body, not_json);
    return answer;
  }
  /// Runs on the writer's thread and waits for the end.
  void on_writer(std::function<void(store::Store&)> task) {
    std::promise<void> done;
    commits_->run([&](store::Store& store) {
      task(store);
      done.set_value();
    });
    done.get_future().wait();
  }
  /// Sets statuses as an operator would, in SQL.
  void sql(const std::string& text) {
    on_writer([&](store::Store& store) {
      const auto result = store.sql(text);
      if (!result) ADD_FAILURE() << text << ": " << result.error().message;
    });
  }
  template <class Function>
  auto on_thread(Function function) {
    return server_.on_thread(std::move(function));
  }
  std::uint16_t port() const { return server_.port; }
  std::filesystem::path database() const { return folder_ / "yizhan.db"; }

 protected:
  using Handle = std::function<void(http::ServerRequest&, http::Responder)>;

  ServedStore(Handle handle, store::GroupCommit::Options commit_options)
      : factory_(open()), server_(std::move(handle)) {
    server_.on_thread([&] {
      auto& io = server_.io;
      reads_ = std::make_unique<store::ReadThread>(factory_->open_reader().value());
      reports_ = std::make_unique<store::ReadThread>(factory_->open_reader().value());
      commits_ = std::make_unique<store::GroupCommit>(
          factory_->open_writer().value(),
          [&io](std::move_only_function<void()> task) { http::asio::post(io, std::move(task)); }, commit_options);
      return 0;
    });
  }
  ~ServedStore() = default;

  /// As the app does it: the server first, then what its answers come from.
  void stop() {
    server_.on_thread([&] {
      server_.server->stop(Milliseconds{0}, nullptr);
      return 0;
    });
    commits_.reset();
    reports_.reset();
    reads_.reset();
  }

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

 protected:
  std::unique_ptr<store::ReadThread> reads_, reports_;
  std::unique_ptr<store::GroupCommit> commits_;
  http::RunningServer server_;
};

class RunningApi : public ServedStore {
 public:
  explicit RunningApi(ApiOptions options = {}, store::GroupCommit::Options commit_options = {})
      : ServedStore([this](http::ServerRequest& request,
                           http::Responder responder) { api_->handle(request, std::move(responder)); },
                    commit_options) {
    on_thread([&] {
      api_ = std::make_unique<Api>(
          ApiParts{
              .io = server_.io,
              .commits = *commits_,
              .reads = *reads_,
              .reports = *reports_,
              .intake = dispatcher,
              .dispatching = dispatcher,
              .server_counters = [this] { return server_.server->counters(); },
              .client_counters = [] { return http::ClientCounters{}; },
              .notify_counters = [] { return NotifyCounters{.queued = 7, .skipped = 1, .failed = 2, .put_off = 3}; },
              .on_notifications = [this] { ++notifications_due; }},
          std::move(options));
      return 0;
    });
  }
  ~RunningApi() {
    stop();
    on_thread([&] {
      api_.reset();
      return 0;
    });
  }

  Answer post_event(const std::string& members, const std::string& header_lines = "") {
    return ask("POST", "/api/v1/events", R"({"platform":"sub2api","event_type":"order.paid")" + members + "}",
               header_lines);
  }
  /// A bulk change of all dead letters with a way of changing of its own.
  void replay_with(BulkChange::Change change, BulkChange::Done done) {
    server_.on_thread([&] {
      store::Selection selection;
      selection.statuses = {EventStatus::kDeadLetter};
      std::make_shared<BulkChange>(server_.io, *commits_, *reports_, dispatcher, selection, std::move(change))
          ->start(std::move(done));
      return 0;
    });
  }
  Api& api() { return *api_; }

  RecordingDispatcher dispatcher;
  std::atomic<int> notifications_due = 0;

 private:
  std::unique_ptr<Api> api_;
};

}  // namespace yizhan::api
