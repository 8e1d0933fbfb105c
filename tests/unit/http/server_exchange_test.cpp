// Requests and answers on a real socket: keep-alive, pipelining, the shapes of bodies, answers that come later or
// never.
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "server_harness.h"

namespace yizhan::http {
namespace {

TEST(ServerExchange, KeepsTheConnectionOpen) {
  RunningServer running(echo);
  RawPeer peer(running.port);
  for (int i = 0; i < 3; ++i) {
    peer.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    const RawResponse response = peer.receive();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "POST /a hello");
    EXPECT_EQ(response.head.find("Connection:"), std::string::npos);
    EXPECT_NE(response.head.find("\r\nDate: "), std::string::npos);
  }
  EXPECT_EQ(running.counters().connections_accepted, 1U);
  EXPECT_EQ(running.counters().requests, 3U);
}

TEST(ServerExchange, ReadsRequestsThatArriveByteByByte) {
  RunningServer running(echo);
  RawPeer peer(running.port);
  for (const char byte : std::string_view("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")) {
    ASSERT_TRUE(peer.send({&byte, 1}));
  }
  EXPECT_EQ(peer.receive().body, "POST /a hello");
}

TEST(ServerExchange, AnswersPipelinedRequestsInOrderThoughTheyAreAnsweredLater) {
  std::vector<Responder> waiting;
  RunningServer running([&](ServerRequest& request, Responder responder) {
    if (request.path != "/later") return echo(request, std::move(responder));
    // Answered by a later turn of the loop, when the requests behind it are long in the buffer.
    waiting.push_back(std::move(responder));
    asio::post(running.io, [&waiting] {
      Responder next = std::move(waiting.back());
      waiting.clear();
      next.answer({.body = "later"});
    });
  });
  RawPeer peer(running.port);
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    requests += "GET /later HTTP/1.1\r\nHost: h\r\n\r\nPOST /" + std::to_string(i) +
                " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  }
  peer.send(requests);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(peer.receive().body, "later");
    ASSERT_EQ(peer.receive().body, "POST /" + std::to_string(i) + " abc");
  }
}

TEST(ServerExchange, ReadsChunkedBodies) {
  RunningServer running(echo);
  RawPeer peer(running.port);
  peer.send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhel");
  peer.send("lo\r\n0\r\nT: x\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(peer.receive().body, "POST /a hello");
  EXPECT_EQ(peer.receive().body, "GET /next ");
}

TEST(ServerExchange, ReadsBodiesUpToTheLimitExactly) {
  ServerOptions options;
  options.body_limit = 300'000;
  RunningServer running(echo, options);
  RawPeer peer(running.port);
  std::string body(300'000, 'x');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 26);
  peer.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n" + body +
            "GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(peer.receive().body, "POST /a " + body);
  EXPECT_EQ(peer.receive().body, "GET /b ");
}

TEST(ServerExchange, AnswersHeadWithoutABody) {
  RunningServer running(echo);
  RawPeer peer(running.port);
  peer.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  const RawResponse head = peer.receive(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.has_line("Content-Length: 8")) << head.head;
  EXPECT_EQ(peer.receive().body, "GET /b ");
}

TEST(ServerExchange, SpeaksHttp10) {
  RunningServer running(echo);
  RawPeer closing(running.port);
  closing.send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(closing.receive().has_line("Connection: close"));
  EXPECT_TRUE(closing.ended());
  RawPeer keeping(running.port);
  for (int i = 0; i < 2; ++i) {
    keeping.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_TRUE(keeping.receive().has_line("Connection: keep-alive"));
  }
}

TEST(ServerExchange, ClosesWhenAskedTo) {
  RunningServer running([](ServerRequest& request, Responder responder) {
    responder.answer({.body = "x", .close = request.path == "/close"});
  });
  RawPeer asked(running.port);
  asked.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(asked.receive().has_line("Connection: close"));
  EXPECT_TRUE(asked.ended());
  RawPeer told(running.port);
  told.send("GET /close HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(told.receive().has_line("Connection: close"));
  EXPECT_TRUE(told.ended());
  EXPECT_EQ(running.counters().requests, 2U);
}

TEST(ServerExchange, AnswersAPeerThatHasFinishedSending) {
  RunningServer running(echo);
  RawPeer peer(running.port);
  peer.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  peer.finish_sending();
  EXPECT_EQ(peer.receive().body, "GET /a ");
  EXPECT_TRUE(peer.ended());
}

TEST(ServerExchange, AsksForTheBodyThatIsHeldBack) {
  RunningServer running(echo);
  RawPeer peer(running.port);
  peer.send("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(peer.receive().status, 100);
  peer.send("hello");
  EXPECT_EQ(peer.receive().body, "POST /a hello");
  // A body that comes along is not asked for.
  peer.send("POST /b HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(peer.receive().body, "POST /b hello");
  // One that is too large is refused before it is sent.
  peer.send("POST /c HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5000000\r\n\r\n");
  EXPECT_EQ(peer.receive().status, 413);
  EXPECT_TRUE(peer.ended());
}

TEST(ServerExchange, AnswersWithoutABodyWhereThereMustBeNone) {
  RunningServer running([](ServerRequest&, Responder responder) { responder.answer({.status = 204}); });
  RawPeer peer(running.port);
  peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const RawResponse response = peer.receive();
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.head.find("Content-Length"), std::string::npos);
}

TEST(ServerExchange, AnswersForAHandlerThatDoesNot) {
  RunningServer running([](ServerRequest& request, Responder responder) {
    if (request.path == "/throws") throw std::runtime_error("on purpose");
    // Dropped on another thread, as a store that shuts down may do it.
    if (request.path == "/elsewhere") std::thread([dropped = std::move(responder)] {}).join();
  });
  RawPeer peer(running.port);
  for (const std::string path : {"/drops", "/throws", "/elsewhere"}) {
    peer.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    const RawResponse response = peer.receive();
    EXPECT_EQ(response.status, 500) << path;
    EXPECT_TRUE(response.has_line("Content-Type: application/problem+json"));
    EXPECT_NE(response.body.find("\"code\":\"internal_error\""), std::string::npos);
    EXPECT_NE(response.body.find("\"instance\":\"" + path + "\""), std::string::npos);
  }
}

TEST(ServerExchange, SendsLargeAnswersToASlowReader) {
  const std::string large(20'000'000, 'y');
  RunningServer running([&](ServerRequest&, Responder responder) { responder.answer({.body = large}); });
  RawPeer peer(running.port);
  peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(peer.receive().body == large);
  EXPECT_TRUE(peer.receive().body == large);
}

TEST(ServerExchange, DropsTheAnswerWhenThePeerIsGone) {
  std::promise<Responder> asked;
  auto waiting = asked.get_future();
  RunningServer running([&](ServerRequest& request, Responder responder) {
    if (request.path == "/gone") return asked.set_value(std::move(responder));
    echo(request, std::move(responder));
  });
  std::optional<Responder> responder;
  {
    RawPeer peer(running.port);
    peer.send("GET /gone HTTP/1.1\r\nHost: h\r\n\r\n");
    responder = waiting.get();
  }
  running.on_thread([&] { responder->answer({.body = std::string(1'000'000, 'z')}); });
  RawPeer other(running.port);
  other.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(other.receive().body, "GET /b ");
}

TEST(ServerExchange, ListensOnIpv6ForBothFamilies) {
  asio::ip::address seen;
  RunningServer running(
      [&](ServerRequest& request, Responder responder) {
        seen = request.peer;
        echo(request, std::move(responder));
      },
      {}, {"::", 0});
  RawPeer peer(running.port);
  peer.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(peer.receive().body, "GET /b ");
  EXPECT_EQ(running.on_thread([&] { return seen.to_string(); }), "127.0.0.1");
}

}  // namespace
}  // namespace yizhan::http
