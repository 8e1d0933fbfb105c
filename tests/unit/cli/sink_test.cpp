#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <mutex>
#include <thread>

#include "cli/sink_behaviour.h"
#include "cli/sink_log.h"
#include "cli/sink_server.h"
#include "verify/signing.h"

namespace yizhan::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Kind = SinkBehaviour::Kind;

SinkBehaviour behaviour(std::string_view path) {
  return parse_sink_behaviour(path).value().value();
}

TEST(SinkBehaviour, IsSaidByTheFrontOfThePath) {
  EXPECT_EQ(behaviour("/ok").status, 200);
  EXPECT_EQ(behaviour("/fail/503/callback").status, 503);
  EXPECT_EQ(behaviour("/gone").status, 410);
  EXPECT_EQ(behaviour("/flaky/2").failures, 2);
  EXPECT_EQ(behaviour("/slow/250").delay, Milliseconds(250));
  EXPECT_EQ(behaviour("/retry-after/7").retry_after, Seconds(7));
  EXPECT_EQ(behaviour("/hang").kind, Kind::kHang);
  EXPECT_EQ(behaviour("flood").kind, Kind::kFlood);
  EXPECT_FALSE(parse_sink_behaviour("/").value());
  EXPECT_FALSE(parse_sink_behaviour("/callbacks/ok").value());
  for (const char* path : {"/fail", "/fail/99", "/fail/600", "/fail/x", "/flaky/-1", "/slow/999999999", "/flaky/2x"}) {
    EXPECT_FALSE(parse_sink_behaviour(path)) << path;
  }
}

SinkEntry entry_for(const std::string& path, const std::string& event_id, std::string body = "{}") {
  SinkEntry entry;
  entry.request.received_at = parse_time("2026-02-06T08:30:00Z").value();
  entry.request.method = "POST";
  entry.request.target = path;
  entry.request.headers = {{"Webhook-Id", event_id}};
  entry.request.body = std::move(body);
  return entry;
}

TEST(SinkJudge, CountsTheAttemptsOfEachEvent) {
  SinkJudge judge({});
  std::vector<int> answers;
  for (const char* id : {"a", "a", "b", "a"}) {
    SinkEntry entry = entry_for("/flaky/2", id);
    answers.push_back(judge.judge(entry).behaviour.status);
  }
  EXPECT_THAT(answers, ::testing::ElementsAre(500, 500, 500, 200));
  EXPECT_EQ(judge.callbacks(), 4);
  EXPECT_EQ(judge.answered_well(), 1);
}

TEST(SinkJudge, RetryAfterFailsOnceAndSaysWhenToComeBack) {
  SinkJudge judge({});
  SinkEntry first = entry_for("/retry-after/7", "a");
  const SinkAnswer answer = judge.judge(first);
  EXPECT_EQ(answer.behaviour.status, 503);
  EXPECT_EQ(answer.header_lines, "Retry-After: 7\r\n");
  SinkEntry second = entry_for("/retry-after/7", "a");
  EXPECT_EQ(judge.judge(second).behaviour.status, 200);
}

TEST(SinkJudge, ChecksSignaturesAndSaysWhyOneIsInvalid) {
  verify::SigningOptions signing;
  signing.scheme = SigningScheme::kXCs;
  signing.secrets = {"the right secret"};
  const auto signer = verify::make_signer(signing).value();
  SinkOptions options;
  options.verifiers = {{"crm", verify::make_verifier(signing).value()}};
  SinkJudge judge(std::move(options));

  SinkEntry good = entry_for("/ok", "a", "body");
  std::string lines;
  signer->append_header_lines(lines, {"a", to_unix_seconds(good.request.received_at), "body"});
  std::size_t begin = 0;
  while (begin < lines.size()) {
    const std::size_t colon = lines.find(": ", begin);
    const std::size_t end = lines.find("\r\n", begin);
    good.request.headers.emplace_back(lines.substr(begin, colon - begin), lines.substr(colon + 2, end - colon - 2));
    begin = end + 2;
  }
  SinkEntry bad = good;
  bad.request.body = "another body";
  SinkEntry unsigned_one = entry_for("/ok", "b");
  judge.judge(good);
  judge.judge(bad);
  judge.judge(unsigned_one);
  EXPECT_EQ(good.signature, SinkEntry::Signature::kValid);
  EXPECT_EQ(bad.signature, SinkEntry::Signature::kInvalid);
  EXPECT_EQ(bad.signature_code, "signature_mismatch");
  EXPECT_EQ(unsigned_one.signature_code, "signature_missing");
  EXPECT_THAT(sink_line(good, false), HasSubstr("signature valid (crm)"));
  EXPECT_THAT(sink_line(bad, false), HasSubstr("signature INVALID"));
  EXPECT_THAT(sink_json(good, true),
              AllOf(HasSubstr(R"("signature":"valid")"), HasSubstr(R"("body_base64":"Ym9keQ==")")));
  EXPECT_EQ(judge.invalid_signatures(), 2);
}

/// A sink on a thread of its own and a client that speaks raw HTTP.
class SinkServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = std::move(SinkServer::listen(io_, {"127.0.0.1", 0}, [this](SinkRequest request) {
                          SinkEntry entry;
                          entry.request = std::move(request);
                          SinkAnswer answer = judge_.judge(entry);
                          const std::lock_guard lock(mutex_);
                          bodies_.push_back(entry.request.body);
                          return answer;
                        }).value());
    port_ = server_->address().port;
    thread_ = std::thread([this] { io_.run(); });
  }
  void TearDown() override {
    http::asio::post(io_, [this] {
      server_.reset();
      io_.stop();
    });
    thread_.join();
  }

  http::TcpSocket connect() {
    http::TcpSocket socket(client_io_.get_executor());
    socket.connect({http::asio::ip::make_address("127.0.0.1"), port_});
    return socket;
  }
  static std::string request_for(const std::string& path, const std::string& body = "{}") {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nwebhook-id: e\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }
  static void send(http::TcpSocket& socket, const std::string& bytes) {
    http::asio::write(socket, http::asio::buffer(bytes));
  }
  /// Reads until `end` has come, or the peer closes; nothing beyond it, which belongs to the next answer.
  static std::string read_to(http::TcpSocket& socket, const std::string& end) {
    std::string text;
    http::ErrorCode error;
    char next = 0;
    while (!text.ends_with(end) && socket.read_some(http::asio::buffer(&next, 1), error) == 1) text += next;
    return text;
  }
  static std::string read_to_close(http::TcpSocket& socket) {
    std::string text;
    http::ErrorCode error;
    std::array<char, 4096> piece{};
    while (true) {
      const std::size_t length = socket.read_some(http::asio::buffer(piece), error);
      text.append(piece.data(), length);
      if (error) return text;
    }
  }

  http::asio::io_context io_{1};
  http::asio::io_context client_io_{1};
  SinkJudge judge_{SinkOptions{}};
  std::mutex mutex_;
  std::vector<std::string> bodies_;  // received; guarded by mutex_
  std::unique_ptr<SinkServer> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST_F(SinkServerTest, AnswersSeveralRequestsOnOneConnection) {
  http::TcpSocket socket = connect();
  send(socket, request_for("/flaky/1") + request_for("/flaky/1"));
  EXPECT_THAT(read_to(socket, "told to answer 500\n"), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(read_to(socket, "\r\n\r\nok\n"), HasSubstr("HTTP/1.1 200 OK"));
}

TEST_F(SinkServerTest, ReadsChunkedBodies) {
  http::TcpSocket socket = connect();
  send(socket,
       "POST /ok HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  EXPECT_THAT(read_to_close(socket), StartsWith("HTTP/1.1 200 OK"));
  const std::lock_guard lock(mutex_);
  EXPECT_THAT(bodies_, ::testing::ElementsAre("abc"));
}

TEST_F(SinkServerTest, CloseAndGarbageAreNoAnswers) {
  http::TcpSocket closed = connect();
  send(closed, request_for("/close"));
  EXPECT_EQ(read_to_close(closed), "");
  http::TcpSocket garbage = connect();
  send(garbage, request_for("/garbage"));
  EXPECT_THAT(read_to_close(garbage), ::testing::Not(StartsWith("HTTP/")));
}

TEST_F(SinkServerTest, FloodDoesNotEndAndDripBegins) {
  http::TcpSocket flood = connect();
  send(flood, request_for("/flood"));
  std::string text(2 << 20, '\0');
  EXPECT_EQ(http::asio::read(flood, http::asio::buffer(text)), text.size());
  EXPECT_THAT(text, AllOf(StartsWith("HTTP/1.1 200 OK"), HasSubstr("chunked")));
  http::TcpSocket drip = connect();
  send(drip, request_for("/drip"));
  EXPECT_THAT(read_to(drip, "\r\n\r\n.."), HasSubstr("Content-Length: 1000000"));
}

TEST_F(SinkServerTest, RedirectsToItselfAndTellsOfMistakes) {
  http::TcpSocket socket = connect();
  send(socket, request_for("/redirect"));
  EXPECT_THAT(read_to(socket, "\r\n\r\nok\n"), AllOf(StartsWith("HTTP/1.1 302 "), HasSubstr("Location: /ok\r\n")));
  send(socket, request_for("/fail/9999"));
  EXPECT_THAT(read_to(socket, "599\n"), AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("from 200 to 599")));
  send(socket, "NOT HTTP AT ALL\r\n\r\n");
  EXPECT_THAT(read_to_close(socket), StartsWith("HTTP/1.1 400 "));
}

TEST_F(SinkServerTest, APortThatIsTakenIsNamed) {
  http::asio::io_context io(1);
  const auto second = SinkServer::listen(io, {"127.0.0.1", port_}, [](const SinkRequest&) { return SinkAnswer{}; });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "address_in_use");
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(port_)));
}

}  // namespace
}  // namespace yizhan::cli
