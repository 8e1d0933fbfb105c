// Requests that two programs could read in two ways (fault 35), on a real socket: each is answered 400, the connection
// ends, and the request hidden behind it is never handled.
#include <gtest/gtest.h>

#include <atomic>

#include "server_harness.h"

namespace yizhan::http {
namespace {

constexpr std::string_view kHidden = "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n";

struct Attack {
  std::string name;
  std::string bytes;
};

std::vector<Attack> corpus() {
  const std::string post = "POST /front HTTP/1.1\r\nHost: h\r\n";
  return {
      {"CL.TE", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"TE.CL", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"},
      {"two lengths", post + "Content-Length: 0\r\nContent-Length: 33\r\n\r\n"},
      {"two equal lengths", post + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"},
      {"list of lengths", post + "Content-Length: 0, 33\r\n\r\n"},
      {"signed length", post + "Content-Length: +0\r\n\r\n"},
      {"hexadecimal length", post + "Content-Length: 0x0\r\n\r\n"},
      {"length with a tab inside", post + "Content-Length: 0\t0\r\n\r\n"},
      {"space before the colon", post + "Content-Length : 33\r\n\r\n"},
      {"tab before the colon", post + "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"},
      {"folded field", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"},
      {"folded first field", "POST /front HTTP/1.1\r\n Host: h\r\n\r\n"},
      {"vertical tab in the coding", post + "Transfer-Encoding: \x0b"
                                            "chunked\r\n\r\n0\r\n\r\n"},
      {"obscured coding", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
      {"quoted coding", post + "Transfer-Encoding: 'chunked'\r\n\r\n0\r\n\r\n"},
      {"two codings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"},
      {"chunked not last", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"},
      {"coding in HTTP/1.0", "POST /front HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"bare LF after the first line", "POST /front HTTP/1.1\nHost: h\r\n\r\n"},
      {"bare LF after a field", post + "X: a\nContent-Length: 33\r\n\r\n"},
      {"bare LF ends the head", post + "X: a\r\n\n"},
      {"bare CR in a field", post + "X: a\rTransfer-Encoding: chunked\r\n\r\n"},
      {"NUL in a field", post + std::string("X: a\0b\r\n\r\n", 10)},
      {"NUL in a name", post + std::string("X\0: b\r\n\r\n", 9)},
      {"line without a colon", post + "Content-Length\r\n\r\n"},
      {"empty name", post + ": 33\r\n\r\n"},
      {"two hosts", post + "Host: other\r\n\r\n"},
      {"no host", "POST /front HTTP/1.1\r\n\r\n"},
      {"absolute target of another host", "GET http://other/front HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"space in the target", "GET /front HTTP/1.1 HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"chunk size with a sign", post + "Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n"},
      {"chunk size with 0x", post + "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n"},
      {"chunk size with a space", post + "Transfer-Encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n"},
      {"chunk size that overflows", post + "Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\na\r\n0\r\n\r\n"},
      {"chunk size ended by LF", post + "Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n"},
      {"chunk data not ended", post + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"},
      {"chunk data ended by LF", post + "Transfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n"},
      {"chunk extension with LF", post + "Transfer-Encoding: chunked\r\n\r\n1;a\nxx\r\na\r\n0\r\n\r\n"},
      {"bad trailer", post + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length : 1\r\n\r\n"},
      {"trailer ended by LF", post + "Transfer-Encoding: chunked\r\n\r\n0\r\n\n"},
  };
}

TEST(ServerSmuggling, EveryAttackIsRefusedAndNothingBehindItIsHandled) {
  std::atomic<int> hidden{0};
  RunningServer running([&](ServerRequest& request, Responder responder) {
    if (request.path == "/hidden") ++hidden;
    echo(request, std::move(responder));
  });
  for (const Attack& attack : corpus()) {
    for (const std::size_t split : {attack.bytes.size(), attack.bytes.size() / 2, std::size_t{1}}) {
      RawPeer peer(running.port);
      peer.send(attack.bytes.substr(0, split));
      peer.send(attack.bytes.substr(split));
      peer.send(kHidden);
      const RawResponse response = peer.receive();
      EXPECT_EQ(response.status, 400) << attack.name;
      EXPECT_TRUE(response.has_line("Connection: close")) << attack.name;
      EXPECT_NE(response.body.find("\"code\":\"request_malformed\""), std::string::npos) << attack.name;
      peer.finish_sending();
      EXPECT_TRUE(peer.ended()) << attack.name;
    }
  }
  EXPECT_EQ(hidden, 0);
  const auto counters = running.counters();
  EXPECT_EQ(counters.malformed_requests, corpus().size() * 3);
}

TEST(ServerSmuggling, AnswersBeforeTheAttackAreStillSent) {
  RunningServer running(echo);
  RawPeer peer(running.port);
  peer.send("GET /good HTTP/1.1\r\nHost: h\r\n\r\nGET /bad HTTP/1.1\nHost: h\r\n\r\n");
  EXPECT_EQ(peer.receive().body, "GET /good ");
  EXPECT_EQ(peer.receive().status, 400);
}

}  // namespace
}  // namespace yizhan::http
