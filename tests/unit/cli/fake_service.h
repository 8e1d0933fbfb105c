// An HTTP server that commands talk to: writes down what it is asked, and answers as it is told.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http/server.h"

namespace yizhan::cli {

/// Stands where a running service's API would, and answers as it is told.
class FakeService {
 public:
  struct Seen {
    std::string method;
    std::string path;
    std::string authorization;
    std::string body;
    std::string signature;  ///< X-Signature
  };

  FakeService() {
    server_ =
        std::move(http::Server::listen(io_, {"127.0.0.1", 0}, {},
                                       [this](http::ServerRequest& request, http::Responder responder) {
                                         const std::lock_guard lock(mutex_);
                                         seen_.push_back({std::string(request.method), std::string(request.path),
                                                          std::string(request.header("authorization")), request.body,
                                                          std::string(request.header("x-signature"))});
                                         http::ServerResponse response;
                                         response.status = status_;
                                         response.body = answer_;
                                         responder.answer(response);
                                       })
                      .value());
    address_ = server_->address().to_string();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~FakeService() {
    http::asio::post(io_, [this] {
      server_.reset();
      io_.stop();
    });
    thread_.join();
  }
  FakeService(const FakeService&) = delete;
  FakeService& operator=(const FakeService&) = delete;

  void answer(int status, std::string body) {
    const std::lock_guard lock(mutex_);
    status_ = status;
    answer_ = std::move(body);
  }
  std::vector<Seen> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  const std::string& address() const { return address_; }

 private:
  http::asio::io_context io_{1};
  std::unique_ptr<http::Server> server_;
  std::string address_;
  std::thread thread_;
  std::mutex mutex_;
  int status_ = 202;  // guarded by mutex_, as are the next two
  std::string answer_;
  std::vector<Seen> seen_;
};

}  // namespace yizhan::cli
