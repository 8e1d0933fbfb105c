// The strict reading of a request's head, without a socket.
#include "http/request_head.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace yizhan::http {
namespace {

/// `""` when the head is accepted, otherwise the refusal's code; `need_more` while it is not complete.
std::string judge(std::string_view head, ServerRequest& request, Framing& framing) {
  HeadScanner scanner;
  const auto length = scanner.scan(head, 16384);
  if (!length) return std::string(length.error().code);
  if (*length == 0) return "need_more";
  const auto refusal = parse_head(head.substr(0, *length), 100, request, framing);
  return refusal ? std::string(refusal->code) : "";
}

std::string judge(std::string_view head) {
  ServerRequest request;
  Framing framing;
  return judge(head, request, framing);
}

std::string with_field(std::string_view line) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(line) + "\r\n\r\n";
}

TEST(RequestHead, TakesARequestApart) {
  ServerRequest request;
  Framing framing;
  ASSERT_EQ(judge("POST /a/b?c=d&e HTTP/1.1\r\nHost: h:1\r\nX-One:  two \t\r\nEmpty:\r\nContent-Length: 42\r\n\r\n",
                  request, framing),
            "");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/a/b?c=d&e");
  EXPECT_EQ(request.path, "/a/b");
  EXPECT_EQ(request.query, "c=d&e");
  ASSERT_EQ(request.headers.size(), 4U);
  EXPECT_EQ(request.header("x-ONE"), "two");
  EXPECT_EQ(request.header("empty"), "");
  EXPECT_EQ(request.header("absent"), "");
  EXPECT_EQ(framing.content_length, 42U);
  EXPECT_TRUE(framing.keep_alive);
  EXPECT_FALSE(framing.chunked);
}

TEST(RequestHead, ReadsTheFormsOfATarget) {
  ServerRequest request;
  Framing framing;
  EXPECT_EQ(judge("GET http://h:1/a?b HTTP/1.1\r\nHost: h:1\r\n\r\n", request, framing), "");
  EXPECT_EQ(request.path, "/a");
  EXPECT_EQ(request.query, "b");
  EXPECT_EQ(judge("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", request, framing), "");
  EXPECT_EQ(request.path, "/");
  EXPECT_EQ(judge("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", request, framing), "");
  EXPECT_EQ(judge("GET * HTTP/1.1\r\nHost: h\r\n\r\n"), "request_malformed");
  EXPECT_EQ(judge("GET http://other/ HTTP/1.1\r\nHost: h\r\n\r\n"), "request_malformed");
  EXPECT_EQ(judge("GET http://h?b HTTP/1.1\r\nHost: h\r\n\r\n"), "request_malformed");
  EXPECT_EQ(judge("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n"), "request_malformed");
}

TEST(RequestHead, KnowsWhetherTheConnectionIsKept) {
  ServerRequest request;
  Framing framing;
  judge("GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n", request, framing);
  EXPECT_FALSE(framing.keep_alive);
  judge("GET / HTTP/1.0\r\n\r\n", request, framing);
  EXPECT_FALSE(framing.keep_alive);
  judge("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", request, framing);
  EXPECT_TRUE(framing.keep_alive);
  EXPECT_TRUE(framing.http_1_0);
}

TEST(RequestHead, RefusesWhatCouldBeReadInTwoWays) {
  const std::string_view malformed[] = {
      "Content-Length: 5\r\nContent-Length: 5",
      "Content-Length: 5\r\ncontent-length: 6",
      "Content-Length: 5, 5",
      "Content-Length: +5",
      "Content-Length: -5",
      "Content-Length: 5 5",
      "Content-Length: 0x5",
      "Content-Length: 5;",
      "Content-Length:",
      "Content-Length: \x35\x0b",
      "Content-Length: 5\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: chunked\r\nContent-Length: 5",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
      "Transfer-Encoding: xchunked",
      "Transfer-Encoding: chunked, identity",
      "Transfer-Encoding: chunked, chunked",
      "Transfer-Encoding: identity",
      "Transfer-Encoding: \"chunked\"",
      "Transfer-Encoding: chunked;q=1",
      "Transfer-Encoding:\x0b chunked",
      "Transfer-Encoding: \x00 chunked",
      "Transfer-Encoding:",
      "Transfer-Encoding : chunked",
      "Transfer-Encoding\t: chunked",
      "Content-Length : 5",
      " Content-Length: 5",
      "X: a\r\n folded: b",
      "X: a\r\n\tfolded",
      "X: a\rb",
      "X: a\nContent-Length: 5",
      "X\x01: a",
      "X: a\x7f",
      "X: \x01",
      ": a",
      "NoColon",
      "Na me: a",
      "Na(me: a",
      "Na\xc3\xa9: a",
      "Host: b",
  };
  for (const std::string_view line : malformed) EXPECT_EQ(judge(with_field(line)), "request_malformed") << line;
  EXPECT_EQ(judge(with_field(std::string_view("X: a\0b", 6))), "request_malformed");
  EXPECT_EQ(judge(with_field("X: obs-text \xe9 and \xe4\xb8\xad")), "");
}

TEST(RequestHead, RefusesFirstLinesThatAreNone) {
  const std::string_view malformed[] = {
      "GET / HTTP/1.1\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n\n",
      "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
      "GET /\r\nHost: a\r\n\r\n",
      "GET\r\nHost: a\r\n\r\n",
      "GET / http/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/11\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1x\r\nHost: a\r\n\r\n",
      "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\t HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost:\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
      "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
      "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      " GET / HTTP/1.1\r\n",
      "\x16\x03\x01",
  };
  for (const std::string_view head : malformed) EXPECT_EQ(judge(head), "request_malformed") << head;
  EXPECT_EQ(judge("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), "version_unsupported");
  EXPECT_EQ(judge("PRI * HTTP/2.0\r\n\r\n"), "version_unsupported");
}

TEST(RequestHead, TellsUnsupportedFromMalformed) {
  EXPECT_EQ(judge(with_field("Transfer-Encoding: gzip, chunked")), "transfer_coding_unsupported");
  EXPECT_EQ(judge(with_field("Expect: 200-ok")), "expectation_unknown");
  EXPECT_EQ(judge(with_field("Content-Length: 99999999999999999999999")), "body_too_large");
}

TEST(RequestHead, KeepsItsLimits) {
  const std::string long_line = "GET /" + std::string(kRequestLineLimit, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(judge(long_line), "target_too_long");
  EXPECT_EQ(judge(long_line.substr(0, kRequestLineLimit + 2)), "target_too_long");
  EXPECT_EQ(judge(with_field("X: " + std::string(17000, 'a'))), "head_too_large");
  std::string many;
  for (int i = 0; i < 99; ++i) many += "X: a\r\n";
  EXPECT_EQ(judge(with_field(many.substr(0, many.size() - 2))), "");
  EXPECT_EQ(judge(with_field(many + "Y: b")), "head_too_large");
}

RC_GTEST_PROP(RequestHeadProperty, IsTheSameHoweverTheBytesArrive, ()) {
  const std::string head = "POST /path HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
  HeadScanner scanner;
  std::size_t given = 0;
  while (given < head.size()) {
    const auto length = scanner.scan(std::string_view(head).substr(0, given), 16384);
    RC_ASSERT(length.has_value());
    RC_ASSERT(*length == 0U);
    given += *rc::gen::inRange<std::size_t>(1, 20);
  }
  const auto length = scanner.scan(head, 16384);
  RC_ASSERT(length.has_value() && *length == head.size());
}

RC_GTEST_PROP(RequestHeadProperty, NeverAcceptsAControlCharacter, ()) {
  std::string head = "POST /path HTTP/1.1\r\nHost: a\r\nX-Field: some value\r\n\r\n";
  const auto at = *rc::gen::inRange<std::size_t>(0, head.size() - 4);
  const char control = static_cast<char>(*rc::gen::elementOf(std::vector<int>{0, 1, 8, 10, 11, 12, 13, 27, 31, 127}));
  RC_PRE(head[at] != '\r' && head[at] != '\n');
  head[at] = control;
  RC_ASSERT(judge(head) == "request_malformed");
}

}  // namespace
}  // namespace yizhan::http
