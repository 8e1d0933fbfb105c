// A push service made of a real HTTP server on the test's own io_context, and a client to call it with: what it
// answers is the test's business, what it was sent is kept.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "http/client.h"
#include "http/server.h"
#include "push/channel.h"

namespace yizhan::push {

/// By name, as they stand in the store; a success is "".
inline std::vector<std::string_view> classes_of(const std::vector<AttemptOutcome>& outcomes) {
  std::vector<std::string_view> names;
  for (const AttemptOutcome& outcome : outcomes) names.push_back(to_string(outcome.error_class));
  return names;
}

class PushService : public testing::Test {
 public:
  struct Received {
    std::string method;
    std::string path;
    std::string content_type;
    std::string token;  ///< the header's
    std::string body;

    boost::json::object json() const { return boost::json::parse(body).as_object(); }
  };

  PushService() {
    auto listening =
        http::Server::listen(io, {"127.0.0.1", 0}, {}, [this](http::ServerRequest& request, http::Responder responder) {
          received.push_back({std::string(request.method), std::string(request.path),
                              std::string(request.header("content-type")), std::string(request.header("token")),
                              request.body});
          answer(received.back(), std::move(responder));
        });
    if (!listening) throw std::runtime_error(listening.error().message);
    server = std::move(*listening);
    client =
        std::make_unique<http::Client>(io, http::AddressGuard(std::vector<http::Network>{}), http::ClientOptions{});
  }
  ~PushService() override {
    client.reset();
    hanging.clear();
    server.reset();
    io.poll();
  }

  /// Every request is answered so.
  void answer_with(int status, std::string body, std::string header_lines = "") {
    answer = [status, body = std::move(body), header_lines = std::move(header_lines)](const Received&,
                                                                                      http::Responder responder) {
      respond(std::move(responder), body, status, header_lines);
    };
  }
  /// No request is answered.
  void hang() {
    answer = [this](const Received&, http::Responder responder) { hanging.push_back(std::move(responder)); };
  }
  static void respond(http::Responder responder, std::string body, int status = 200, std::string header_lines = "") {
    responder.answer({.status = status, .extra_header_lines = std::move(header_lines), .body = std::move(body)});
  }

  std::string url(std::string_view path = "") const {
    return "http://" + server->address().to_string() + std::string(path);
  }
  static std::shared_ptr<const std::vector<http::Network>> loopback() {
    return std::make_shared<const std::vector<http::Network>>(http::parse_networks("127.0.0.0/8").value());
  }

  /// A message to that device; each has an event id, and so a request id, of its own.
  Message message_to(std::string_view cid, std::string_view payload = "{}") {
    const std::string event_id = "0197aabb-ccdd-7eef-8123-" + std::to_string(100'000'000'000 + messages_made_++);
    std::string text = R"({"cid":")";
    text += cid;
    text += R"(","appid":"default","title":"标题","content":"内容","payload":)";
    text += payload;
    text += '}';
    return Message::read(event_id, text).value();
  }

  AttemptOutcome send(Channel& channel, Message message) {
    std::vector<AttemptOutcome> outcomes;
    channel.send(std::move(message), [&](AttemptOutcome outcome) { outcomes.push_back(std::move(outcome)); });
    EXPECT_TRUE(outcomes.empty()) << "send() must not call back before it returns";
    run_until([&] { return !outcomes.empty(); });
    return outcomes.at(0);
  }
  /// Sends to each device in one turn of the event loop; the outcomes in the order of the devices.
  std::vector<AttemptOutcome> send_all(Channel& channel, const std::vector<std::string>& cids) {
    std::vector<AttemptOutcome> outcomes(cids.size());
    std::vector<int> calls(cids.size());
    std::size_t done = 0;
    for (std::size_t i = 0; i < cids.size(); ++i) {
      channel.send(message_to(cids[i]), [&outcomes, &calls, &done, i](AttemptOutcome outcome) {
        outcomes[i] = std::move(outcome);
        ++calls[i];
        ++done;
      });
    }
    run_until([&] { return done >= cids.size(); });
    io.poll();
    EXPECT_THAT(calls, testing::Each(1)) << "each is called back once";
    return outcomes;
  }

  void run_until(const std::function<bool()>& condition) {
    io.restart();
    const auto waiting = http::asio::make_work_guard(io);
    while (!condition()) {
      if (io.run_one_for(Seconds(60)) == 0) throw std::runtime_error("nothing happened for a minute");
    }
  }

  http::asio::io_context io{1};
  std::vector<Received> received;
  std::function<void(const Received&, http::Responder)> answer;
  std::vector<http::Responder> hanging;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<http::Client> client;

 private:
  std::int64_t messages_made_ = 0;
};

}  // namespace yizhan::push
