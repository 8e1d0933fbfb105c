#include "http/chunked_body.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace yizhan::http {
namespace {

struct Read {
  std::string code;  ///< of the refusal
  std::string body;
  std::string rest;
  bool complete = false;
};

/// Feeds `input` in pieces of at most `piece` bytes, as the connection does.
Read read(std::string_view input, std::size_t piece = 1 << 20, std::size_t limit = 1 << 20) {
  Read result;
  ChunkedBody chunked;
  std::string waiting;
  while (!input.empty() && !result.complete) {
    const auto count = std::min(piece, input.size());
    waiting += input.substr(0, count);
    input.remove_prefix(count);
    const auto progress = chunked.take(waiting, result.body, limit);
    if (!progress) {
      result.code = progress.error().code;
      return result;
    }
    waiting.erase(0, progress->used);
    result.complete = progress->complete;
  }
  result.rest = waiting + std::string(input);
  return result;
}

TEST(ChunkedBody, JoinsChunks) {
  const Read result = read("5\r\nhello\r\nA;name=value;x=\"y\"\r\n, world 12\r\n0\r\nTrailer: x\r\n\r\nGET /");
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.body, "hello, world 12");
  EXPECT_EQ(result.rest, "GET /");
}

TEST(ChunkedBody, RefusesBadSizes) {
  for (const std::string_view body : {"\r\n",
                                      "x\r\n",
                                      "-5\r\nhello\r\n",
                                      "+5\r\n",
                                      "0x5\r\nhello\r\n",
                                      " 5\r\nhello\r\n",
                                      "5 \r\nhello\r\n",
                                      "5\t;a\r\n",
                                      "5\nhello\r\n",
                                      "5\r\nhello\n0\r\n\r\n",
                                      "5\r\nhelloX\r\n",
                                      "5\r\nhello\rX",
                                      "5;a\x01\r\nhello\r\n",
                                      "5;a\nb\r\n",
                                      "00000000000000000\r\n\r\n",
                                      "g\r\n",
                                      "5\r\nhello\r\n\r\n",
                                      "0\r\nbad trailer\r\n\r\n",
                                      "0\r\n X: folded\r\n\r\n",
                                      "0\r\nX : y\r\n\r\n",
                                      "0\r\n\n",
                                      "5,5\r\nhello\r\n",
                                      "5\rX\r\n"}) {
    EXPECT_EQ(read(body).code, "request_malformed") << body;
    EXPECT_EQ(read(body, 1).code, "request_malformed") << body;
  }
  EXPECT_EQ(read("fffffffffffffffff\r\n").code, "request_malformed");
}

TEST(ChunkedBody, KeepsItsLimits) {
  EXPECT_EQ(read("ffffffffffffffff\r\n").code, "body_too_large");
  EXPECT_EQ(read("5\r\nhello\r\n6\r\nworld!\r\n0\r\n\r\n", 3, 10).code, "body_too_large");
  EXPECT_TRUE(read("5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n", 3, 10).complete);
  EXPECT_EQ(read("5;" + std::string(ChunkedBody::kLineLimit, 'a')).code, "request_malformed");
  std::string trailers = "0\r\n";
  for (int i = 0; i < 1000; ++i) trailers += "Trailer: value\r\n";
  EXPECT_EQ(read(trailers + "\r\n").code, "request_malformed");
}

RC_GTEST_PROP(ChunkedBodyProperty, WhatWasChunkedComesBack, ()) {
  const auto chunks = *rc::gen::container<std::vector<std::string>>(rc::gen::nonEmpty<std::string>());
  const auto piece = *rc::gen::inRange<std::size_t>(1, 40);
  std::string wire, body;
  for (const std::string& chunk : chunks) {
    char size[32];
    std::snprintf(size, sizeof size, "%zx", chunk.size());
    wire += std::string(size) + "\r\n" + chunk + "\r\n";
    body += chunk;
  }
  const Read result = read(wire + "0\r\n\r\nnext", piece);
  RC_ASSERT(result.complete);
  RC_ASSERT(result.body == body);
  RC_ASSERT(result.rest == "next");
}

}  // namespace
}  // namespace yizhan::http
