// The path of a response: whatever a server sends, in whatever pieces, is read to the same end, within its limits.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/response_parser.h"

namespace {

using yizhan::http::Response;
using yizhan::http::ResponseParser;
using State = ResponseParser::State;

constexpr ResponseParser::Limits kLimits{1024, 256};

/// Ends the program: the fuzzer keeps the input.
void require(bool holds) {
  if (!holds) std::abort();
}

struct Outcome {
  State state = State::kMore;
  Response response;
  bool keeps_alive = false;
  std::string_view problem;
  std::size_t left = 0;

  bool operator==(const Outcome& other) const {
    return state == other.state && keeps_alive == other.keeps_alive && problem == other.problem && left == other.left &&
           (state != State::kComplete || same_response(other.response));
  }
  bool same_response(const Response& other) const {
    return response.status == other.status && response.body == other.body &&
           response.body_truncated == other.body_truncated && response.retry_after == other.retry_after &&
           response.date == other.date;
  }
};

/// `step` bytes at a time, kept and offered again as the client's buffer does.
Outcome parse(std::string_view bytes, std::size_t step, bool head_request) {
  ResponseParser parser;
  parser.begin(kLimits, head_request);
  Outcome outcome;
  std::size_t begin = 0;
  std::size_t end = 0;
  while (outcome.state == State::kMore && end < bytes.size()) {
    end = std::min(bytes.size(), end + step);
    std::size_t consumed = 0;
    outcome.state = parser.read(bytes.substr(begin, end - begin), consumed);
    require(consumed <= end - begin);
    begin += consumed;
    // What is left over while more is wanted is one incomplete line: never more than the client's buffer must hold.
    if (outcome.state == State::kMore) require(end - begin < kLimits.head + 1);
  }
  if (outcome.state == State::kMore) outcome.state = parser.end_of_input();
  require(outcome.state != State::kMore);
  outcome.problem = parser.problem();
  if (outcome.state == State::kFailed) {
    require(!outcome.problem.empty() && parser.failure_class() != yizhan::ErrorClass::kNone);
    return outcome;
  }
  outcome.keeps_alive = parser.keeps_alive();
  outcome.response = parser.take_response();
  const Response& response = outcome.response;
  require(response.status >= 200 && response.status <= 999);
  require(response.body.size() <= kLimits.body);
  require(response.retry_after.size() <= 128 && response.date.size() <= 128);
  require(!(response.body_truncated && outcome.keeps_alive));
  // Only on a connection that goes on does it matter where the response ended.
  if (outcome.keeps_alive) outcome.left = bytes.size() - begin;
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool head_request = data[0] == 'H' && size > 1 && data[1] == '!';
  const std::string_view bytes(reinterpret_cast<const char*>(data) + (head_request ? 2 : 0),
                               size - (head_request ? 2 : 0));
  const Outcome whole = parse(bytes, std::max<std::size_t>(bytes.size(), 1), head_request);
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{100}}) {
    require(parse(bytes, step, head_request) == whole);
  }
  return 0;
}
