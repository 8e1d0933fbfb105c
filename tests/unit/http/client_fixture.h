// A client on an io_context that the test's own thread drives.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "hostile_server.h"
#include "http/client.h"

namespace yizhan::http::test {

class ClientFixture : public ::testing::Test {
 public:
  ClientFixture() { make_client({}); }

  /// Loopback is allowed unless other networks are named.
  void make_client(ClientOptions options, std::string_view allowed = "127.0.0.0/8, ::1") {
    client.reset();
    client = std::make_unique<Client>(io, AddressGuard(parse_networks(allowed).value()), std::move(options));
  }

  static Request request_to(const std::string& url, std::string body = "{}", Milliseconds timeout = Seconds(20)) {
    Request request;
    request.url = std::make_shared<const Url>(parse_url(url).value());
    request.header_lines = "Content-Type: application/json\r\n";
    request.body = std::make_shared<const std::string>(std::move(body));
    request.timeout = timeout;
    return request;
  }

  /// Sends, and drives the io_context until the answer is there.
  std::expected<Response, Failure> fetch(Request request) {
    std::optional<std::expected<Response, Failure>> result;
    client->send(std::move(request), [&](std::expected<Response, Failure> outcome) { result = std::move(outcome); });
    EXPECT_FALSE(result.has_value()) << "send() must not call back before it returns";
    run_until([&] { return result.has_value(); });
    return std::move(*result);
  }

  template <class Condition>
  void run_until(Condition condition) {
    io.restart();
    const auto waiting = asio::make_work_guard(io);  // what another thread posts may still be to come
    while (!condition()) {
      if (io.run_one_for(Seconds(60)) == 0) throw std::runtime_error("nothing happened for a minute");
    }
  }

  /// Drives the io_context until another thread sets the signal.
  void run_until_set(Signal& signal) {
    std::atomic<bool> is_set = false;
    std::thread waiter([&] {
      signal.wait();
      is_set = true;
      asio::post(io, [] {});
    });
    run_until([&] { return is_set.load(); });
    waiter.join();
  }

  /// Runs what is ready now, without waiting.
  void run_ready() {
    io.restart();
    while (io.poll() > 0) {
    }
  }

  asio::io_context io{1};
  std::unique_ptr<Client> client;
};

}  // namespace yizhan::http::test
