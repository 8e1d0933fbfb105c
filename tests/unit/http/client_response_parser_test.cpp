#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "http/response_parser.h"

namespace yizhan::http {
namespace {

using ::testing::HasSubstr;
using State = ResponseParser::State;

constexpr std::string_view kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

struct Parsed {
  State state = State::kMore;
  Response response;
  bool keeps_alive = false;
  ErrorClass failure_class = ErrorClass::kNone;
  std::string problem;
  std::size_t left = 0;  // bytes behind the response
};

/// Feeds `text` in pieces that end at `cuts`, then the end of input if `closed`.
Parsed parse(std::string_view text, const std::vector<std::size_t>& cuts = {}, bool closed = false,
             ResponseParser::Limits limits = {}, bool head_request = false) {
  ResponseParser parser;
  parser.begin(limits, head_request);
  Parsed parsed;
  std::string unread;
  std::size_t fed = 0;
  const auto feed = [&](std::size_t end) {
    unread += text.substr(fed, end - fed);
    fed = end;
    std::size_t consumed = 0;
    parsed.state = parser.read(unread, consumed);
    unread.erase(0, consumed);
  };
  for (const std::size_t cut : cuts) {
    if (parsed.state == State::kMore && cut > fed && cut < text.size()) feed(cut);
  }
  if (parsed.state == State::kMore) feed(text.size());
  if (parsed.state == State::kMore && closed) parsed.state = parser.end_of_input();
  parsed.left = unread.size() + text.size() - fed;
  parsed.failure_class = parser.failure_class();
  parsed.problem = parser.problem();
  parsed.keeps_alive = parsed.state == State::kComplete && parser.keeps_alive();
  parsed.response = parser.take_response();
  return parsed;
}

struct Good {
  const char* text;
  int status;
  const char* body;
  bool keeps_alive;
};

TEST(ResponseParser, reads_what_is_well_formed) {
  for (const Good& good :
       {Good{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true},
        Good{"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, "", true},
        Good{"HTTP/1.1 200 \r\ncontent-length:0\r\n\r\n", 200, "", true},
        Good{"HTTP/1.1 299 \xe5\xa5\xbd \t!\r\nCONTENT-LENGTH: \t0005\t \r\n\r\nhello", 299, "hello", true},
        Good{"HTTP/1.1 599 ?\r\nContent-Length: 0\r\n\r\n", 599, "", true},
        Good{"HTTP/1.1 999 ?\r\nContent-Length: 0\r\n\r\n", 999, "", true},
        Good{"HTTP/1.1 204 No Content\r\n\r\n", 204, "", true},
        Good{"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n", 304, "", true},
        Good{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 200, "", false},
        Good{"HTTP/1.1 200 OK\r\nConnection: foo , CLOSE\r\nContent-Length: 0\r\n\r\n", 200, "", false},
        Good{"HTTP/1.1 200 OK\r\nConnection: closed\r\nContent-Length: 0\r\n\r\n", 200, "", true},
        Good{"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", false},
        Good{"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", true},
        Good{"HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 0\r\n\r\n", 200, "", false},
        Good{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x", true},
        Good{"HTTP/1.1 100 C\r\nContent-Length: 9\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
             "1\r\n\r\nx",
             200, "x", true},
        Good{"HTTP/1.1 200 OK\r\nX-Empty:\r\nX-Obs: \xff\xfe\r\n!#$%&'*+-.^_`|~: x\r\nContent-Length: 0\r\n\r\n", 200,
             "", true},
        Good{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, "", true},
        Good{"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
             "Chunked\r\n\r\n5\r\nhello\r\n00A;x=\"y\";z\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
             200, "hello0123456789", true}}) {
    const Parsed parsed = parse(good.text);
    EXPECT_EQ(parsed.state, State::kComplete) << good.text << parsed.problem;
    EXPECT_EQ(parsed.response.status, good.status);
    EXPECT_EQ(parsed.response.body, good.body) << good.text;
    EXPECT_EQ(parsed.keeps_alive, good.keeps_alive) << good.text;
    EXPECT_EQ(parsed.left, 0u);
  }
}

TEST(ResponseParser, leaves_what_stands_behind_the_response) {
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP").left, 4u);
  EXPECT_EQ(parse(std::string(kChunked) + "0\r\n\r\nHTTP").left, 4u);
  EXPECT_EQ(parse("HTTP/1.1 204 OK\r\n\r\nX").left, 1u);
}

TEST(ResponseParser, a_head_request_has_no_body_whatever_the_fields_say) {
  const Parsed parsed = parse("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", {}, false, {}, true);
  EXPECT_EQ(parsed.state, State::kComplete);
  EXPECT_TRUE(parsed.keeps_alive);
}

TEST(ResponseParser, without_framing_the_body_ends_with_the_connection) {
  const Parsed open = parse("HTTP/1.1 200 OK\r\n\r\nall");
  EXPECT_EQ(open.state, State::kMore);
  const Parsed closed = parse("HTTP/1.1 200 OK\r\n\r\nall", {}, true);
  EXPECT_EQ(closed.state, State::kComplete);
  EXPECT_EQ(closed.response.body, "all");
  EXPECT_FALSE(closed.keeps_alive);
}

struct Bad {
  std::string text;
  const char* says;
};

TEST(ResponseParser, refuses_what_two_readers_could_read_differently) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string chunked(kChunked);
  for (const Bad& bad :
       {Bad{"\r\nHTTP/1.1 200 OK\r\n\r\n", "not HTTP/1.x"},
        Bad{"HTTP/1.1  200 OK\r\n\r\n", "not a number"},
        Bad{"HTTP/1.2 200 OK\r\n\r\n", "not HTTP/1.x"},
        Bad{"HTTP/2.0 200 OK\r\n\r\n", "not HTTP/1.x"},
        Bad{"http/1.1 200 OK\r\n\r\n", "not HTTP/1.x"},
        Bad{"HTTP/1.1 20 OK\r\n\r\n", "not a number"},
        Bad{"HTTP/1.1 2000 OK\r\n\r\n", "not a number"},
        Bad{"HTTP/1.1 099 OK\r\n\r\n", "not a number"},
        Bad{"HTTP/1.1 +20 OK\r\n\r\n", "not a number"},
        Bad{"HTTP/1.1 200 O\rK\r\n\r\n", "control character"},
        Bad{std::string("HTTP/1.1 200 \0\r\n\r\n", 18), "control character"},
        Bad{"HTTP/1.1 200 OK\n\n", "CR LF"},
        Bad{"HTTP/1.1 101 Switching Protocols\r\n\r\n", "switches"},
        Bad{ok + "Content-Length: 5\n\r\n", "CR LF"},
        Bad{ok + "X: a\rb\r\n\r\n", "control character"},
        Bad{ok + std::string("X: a\0b\r\n\r\n", 10), "control character"},
        Bad{ok + "X: a\r\n folded\r\n\r\n", "field name"},
        Bad{ok + "X : a\r\n\r\n", "field name"},
        Bad{ok + ": a\r\n\r\n", "field name"},
        Bad{ok + "X\r\n\r\n", "field name"},
        Bad{ok + "X\xc3\xa4: a\r\n\r\n", "field name"},
        Bad{ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "two Content-Length"},
        Bad{ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "two Content-Length"},
        Bad{ok + "Content-Length: 5, 5\r\n\r\nhello", "not a number"},
        Bad{ok + "Content-Length: -5\r\n\r\n", "not a number"},
        Bad{ok + "Content-Length: +5\r\n\r\n", "not a number"},
        Bad{ok + "Content-Length: 5x\r\n\r\n", "not a number"},
        Bad{ok + "Content-Length: 0x5\r\n\r\n", "not a number"},
        Bad{ok + "Content-Length:\r\n\r\n", "not a number"},
        Bad{ok + "Content-Length: 99999999999999999999\r\n\r\n", "not a number"},
        Bad{ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "both"},
        Bad{ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "both"},
        Bad{ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", "not plain chunked"},
        Bad{ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "not plain chunked"},
        Bad{ok + "Transfer-Encoding: identity\r\n\r\n", "not plain chunked"},
        Bad{ok + "Transfer-Encoding: xchunked\r\n\r\n", "not plain chunked"},
        Bad{ok + "Transfer-Encoding:\r\n\r\n", "not plain chunked"},
        Bad{"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "no chunked bodies"},
        Bad{chunked + "\r\n", "not a number"},
        Bad{chunked + "g\r\n", "not a number"},
        Bad{chunked + "-1\r\n", "not a number"},
        Bad{chunked + " 5\r\n", "not a number"},
        Bad{chunked + "5 \r\nhello\r\n", "something else"},
        Bad{chunked + "5\thello\r\n", "something else"},
        Bad{chunked + "0x5\r\nhello\r\n", "something else"},
        Bad{chunked + "5\nhello\r\n", "CR LF"},
        Bad{chunked + "5;a\rb\r\nhello\r\n", "something else"},
        Bad{chunked + "1000000000000000\r\n", "too large"},
        Bad{chunked + "fffffffffffffffff\r\n", "too large"},
        Bad{chunked + "5;" + std::string(2000, 'x'), "too long"},
        Bad{chunked + "2\r\nabc\r\n", "longer than its size"},
        Bad{chunked + "2\r\nab0\r\n\r\n", "longer than its size"},
        Bad{chunked + "2\r\nab\n0\r\n\r\n", "CR LF"},
        Bad{chunked + "0\r\nX: \x01\r\n\r\n", "trailer"},
        Bad{chunked + "0\r\nX: y\n\r\n", "CR LF"}}) {
    const Parsed parsed = parse(bad.text);
    EXPECT_EQ(parsed.state, State::kFailed) << bad.text;
    EXPECT_EQ(parsed.failure_class, ErrorClass::kProtocol);
    EXPECT_THAT(parsed.problem, HasSubstr(bad.says)) << bad.text;
    EXPECT_FALSE(parsed.keeps_alive);
  }
}

TEST(ResponseParser, an_early_end_is_a_failure) {
  for (const std::string& text :
       {std::string("HTTP/1.1"), std::string("HTTP/1.1 200 OK\r\n"), std::string("HTTP/1.1 200 OK\r\nX: y\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi"), std::string(kChunked),
        std::string(kChunked) + "2\r\nh", std::string(kChunked) + "2\r\nhi\r\n", std::string(kChunked) + "0\r\n",
        std::string("HTTP/1.1 100 Continue\r\n\r\n")}) {
    const Parsed parsed = parse(text, {}, true);
    EXPECT_EQ(parsed.state, State::kFailed) << text;
    EXPECT_EQ(parsed.failure_class, ErrorClass::kProtocol);
    EXPECT_THAT(parsed.problem, HasSubstr("the connection ended"));
  }
}

TEST(ResponseParser, the_head_is_limited_to_the_byte) {
  const std::string begin = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ";
  const std::string end = "\r\n\r\n";
  const auto with_head_of = [&](std::size_t size) {
    return begin + std::string(size - begin.size() - end.size(), 'x') + end;
  };
  const ResponseParser::Limits limits{200, 100};
  EXPECT_EQ(parse(with_head_of(200), {}, false, limits).state, State::kComplete);
  const Parsed over = parse(with_head_of(201), {}, false, limits);
  EXPECT_EQ(over.state, State::kFailed);
  EXPECT_EQ(over.failure_class, ErrorClass::kResponseTooLarge);
  // Also without an end in sight.
  const Parsed endless = parse(begin + std::string(500, 'x'), {}, false, limits);
  EXPECT_EQ(endless.failure_class, ErrorClass::kResponseTooLarge);
  std::string trailers(kChunked);
  trailers += "0\r\n";
  for (int i = 0; i < 50; ++i) trailers += "X: yyyyyy\r\n";
  EXPECT_EQ(parse(trailers, {}, false, limits).failure_class, ErrorClass::kResponseTooLarge);
}

TEST(ResponseParser, the_body_is_kept_to_its_limit_and_the_status_stands) {
  const ResponseParser::Limits limits{1000, 10};
  for (const std::string& text :
       {std::string("HTTP/1.1 500 No\r\nContent-Length: 11\r\n\r\n0123456789a"),
        std::string("HTTP/1.1 500 No\r\nContent-Length: 1000000\r\n\r\n0123456789"),
        std::string("HTTP/1.1 500 No\r\n\r\n0123456789a"),
        std::string("HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n7\r\n456789a\r\n0\r\n\r\n"),
        std::string("HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n0123456789")}) {
    const Parsed parsed = parse(text, {}, false, limits);
    EXPECT_EQ(parsed.state, State::kComplete) << text;
    EXPECT_EQ(parsed.response.status, 500);
    EXPECT_EQ(parsed.response.body, "0123456789");
    EXPECT_TRUE(parsed.response.body_truncated);
    EXPECT_FALSE(parsed.keeps_alive);
  }
  const Parsed exact = parse("HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\n0123456789", {}, false, limits);
  EXPECT_EQ(exact.state, State::kComplete);
  EXPECT_FALSE(exact.response.body_truncated);
  EXPECT_TRUE(exact.keeps_alive);
}

TEST(ResponseParser, interim_responses_are_limited) {
  std::string text;
  for (int i = 0; i < ResponseParser::kInterimLimit; ++i) text += "HTTP/1.1 102 Processing\r\nRetry-After: 1\r\n\r\n";
  const Parsed enough = parse(text + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(enough.state, State::kComplete);
  EXPECT_EQ(enough.response.status, 200);
  EXPECT_EQ(enough.response.retry_after, "") << "that of an interim response is not the final one's";
  EXPECT_EQ(parse(text + "HTTP/1.1 102 Processing\r\n\r\n").state, State::kFailed);
}

TEST(ResponseParser, a_servers_idle_time_is_read) {
  const auto idle_limit = [](std::string_view value) {
    ResponseParser parser;
    parser.begin({}, false);
    std::size_t consumed = 0;
    parser.read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: " + std::string(value) + "\r\n\r\n", consumed);
    return parser.idle_limit();
  };
  EXPECT_EQ(idle_limit("timeout=5"), Seconds(5));
  EXPECT_EQ(idle_limit("max=100, Timeout=5"), Seconds(5));
  EXPECT_EQ(idle_limit("timeout=x"), std::nullopt);
  EXPECT_EQ(idle_limit("timeout=99999999999"), std::nullopt);
  EXPECT_EQ(idle_limit("5"), std::nullopt);
}

RC_GTEST_PROP(ResponseParser, the_outcome_does_not_depend_on_how_the_bytes_are_cut, ()) {
  static const std::vector<std::string> kTexts{
      "HTTP/1.1 200 OK\r\nDate: Mon, 06 Jul 2026 10:00:00 GMT\r\nRetry-After: 120\r\nContent-Length: 5\r\n\r\nhello",
      ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n10\r\n"
       "0123456789abcdef\r\n0\r\nTrailer: x\r\n\r\nleft"),
      "HTTP/1.0 200 OK\r\n\r\nto the end",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n",
      "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n",
  };
  std::string text = *rc::gen::elementOf(kTexts);
  if (*rc::gen::arbitrary<bool>()) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text[at] = *rc::gen::arbitrary<char>();
  }
  std::vector<std::size_t> cuts =
      *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, text.size()));
  std::ranges::sort(cuts);
  std::vector<std::size_t> every(text.size());
  for (std::size_t i = 0; i < every.size(); ++i) every[i] = i;
  const ResponseParser::Limits limits{300, 18};
  const Parsed whole = parse(text, {}, true, limits);
  for (const Parsed& pieces : {parse(text, cuts, true, limits), parse(text, every, true, limits)}) {
    RC_ASSERT(pieces.state == whole.state);
    RC_ASSERT(pieces.problem == whole.problem);
    RC_ASSERT(pieces.response.status == whole.response.status);
    RC_ASSERT(pieces.keeps_alive == whole.keeps_alive);
    if (whole.state == State::kComplete) {
      RC_ASSERT(pieces.response.body == whole.response.body);
      RC_ASSERT(pieces.response.body_truncated == whole.response.body_truncated);
      RC_ASSERT(pieces.response.retry_after == whole.response.retry_after);
    }
  }
}

}  // namespace
}  // namespace yizhan::http
