// The push server as the app runs it, on a real SQLite store.
#pragma once

#include "api/push_server.h"
#include "api_harness.h"

namespace yizhan::api {

class RunningPushServer : public ServedStore {
 public:
  explicit RunningPushServer(PushServerOptions options = {})
      : ServedStore([this](http::ServerRequest& request,
                           http::Responder responder) { push_->handle(request, std::move(responder)); },
                    {}) {
    on_thread([&] {
      push_ = std::make_unique<PushServer>(PushServerParts{.io = server_.io,
                                                           .commits = *commits_,
                                                           .reads = *reads_,
                                                           .on_notifications = [this] { ++notifications_due; }},
                                           std::move(options));
      return 0;
    });
  }
  ~RunningPushServer() {
    stop();
    on_thread([&] {
      push_.reset();
      return 0;
    });
  }

  Answer post(const std::string& path, const std::string& body, const std::string& header_lines = "") {
    return ask("POST", path, body, header_lines);
  }
  /// Makes an API key that is known at once.
  std::string add_key(std::string_view scopes) {
    const NewApiKey made = make_api_key("test", parse_scopes(scopes).value(), utc_now());
    on_writer([&](store::Store& store) { ASSERT_TRUE(store.add_api_key(made.record)); });
    on_thread([&] {
      push_->keys_changed();
      return 0;
    });
    return made.text;
  }
  PushServer& push() { return *push_; }

  std::atomic<int> notifications_due = 0;

 private:
  std::unique_ptr<PushServer> push_;
};

}  // namespace yizhan::api
