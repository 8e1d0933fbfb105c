#include "http/response_parser.h"

#include <array>
#include <cstring>

#include "base/ascii.h"
#include "http/list_field.h"

namespace yizhan::http {
namespace {

constexpr std::size_t kKeptFieldLength = 128;  // of Retry-After and Date
constexpr std::size_t kChunkLineLimit = 1024;  // size and extensions
constexpr std::size_t kChunkDigitLimit = 15;   // keeps a size below 2^60

constexpr bool is_token_character(unsigned char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kMarks.find(static_cast<char>(c)) != std::string_view::npos;
}

/// Bit 0: may stand in a field name. Bit 1: may stand in a field value.
constexpr std::array<unsigned char, 256> kCharacterKinds = [] {
  std::array<unsigned char, 256> kinds{};
  for (unsigned c = 0; c < 256; ++c) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_token_character(byte)) kinds[c] |= 1;
    if (byte == '\t' || (byte >= 0x20 && byte != 0x7f)) kinds[c] |= 2;
  }
  return kinds;
}();

bool is_value(std::string_view text) {
  unsigned char all = 2;
  for (const char c : text) all &= kCharacterKinds[static_cast<unsigned char>(c)];
  return all != 0;
}

/// `name` (no control characters) compared without regard to ASCII case; `lower_name` has lower-case letters, `-` and
/// `=`.
bool same_name(std::string_view name, std::string_view lower_name) {
  if (name.size() != lower_name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if ((name[i] | 0x20) != lower_name[i]) return false;
  }
  return true;
}

/// Empty when not all digits, or beyond 10^18.
std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

}  // namespace

void ResponseParser::begin(Limits limits, bool bodiless) {
  limits_ = limits;
  bodiless_ = bodiless;
  response_ = Response{};
  problem_ = {};
  failure_class_ = ErrorClass::kNone;
  interim_count_ = 0;
  line_scanned_ = 0;
  idle_limit_.reset();
  begin_head();
}

void ResponseParser::begin_head() {
  expect_ = Expect::kStatusLine;
  head_bytes_ = 0;
  has_content_length_ = false;
  chunked_ = false;
  says_close_ = false;
  says_keep_alive_ = false;
  keep_alive_ = false;
}

ResponseParser::State ResponseParser::failed(std::string_view problem, ErrorClass error_class) {
  expect_ = Expect::kNothing;
  keep_alive_ = false;
  problem_ = problem;
  failure_class_ = error_class;
  return State::kFailed;
}

ResponseParser::State ResponseParser::complete() {
  expect_ = Expect::kNothing;
  return State::kComplete;
}

bool ResponseParser::keep(std::string_view data) {
  const std::size_t room = limits_.body - response_.body.size();
  response_.body.append(data.substr(0, room));
  if (data.size() <= room) return false;
  response_.body_truncated = true;
  keep_alive_ = false;
  return true;
}

ResponseParser::State ResponseParser::read(std::string_view unread, std::size_t& consumed) {
  consumed = 0;
  while (true) {
    const std::string_view rest = unread.substr(consumed);
    switch (expect_) {
      case Expect::kNothing:
        return failure_class_ == ErrorClass::kNone ? State::kComplete : State::kFailed;
      case Expect::kBodyToEnd:
        consumed = unread.size();
        return keep(rest) ? complete() : State::kMore;
      case Expect::kSizedBody:
      case Expect::kChunkData: {
        const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, rest.size()));
        consumed += length;
        body_left_ -= length;
        if (keep(rest.substr(0, length))) return complete();
        if (body_left_ > 0) {
          // A body known to be longer than the limit need not be waited for beyond it.
          if (response_.body.size() < limits_.body) return State::kMore;
          response_.body_truncated = true;
          keep_alive_ = false;
          return complete();
        }
        if (expect_ == Expect::kSizedBody) return complete();
        expect_ = Expect::kChunkEnd;
        break;
      }
      default: {
        // Everything else comes in lines.
        const std::size_t limit = expect_ == Expect::kChunkEnd    ? 2
                                  : expect_ == Expect::kChunkSize ? kChunkLineLimit
                                                                  : limits_.head - head_bytes_;
        const void* found = rest.size() <= line_scanned_
                                ? nullptr
                                : std::memchr(rest.data() + line_scanned_, '\n', rest.size() - line_scanned_);
        const std::size_t line_length =
            found == nullptr ? rest.size()
                             : static_cast<std::size_t>(static_cast<const char*>(found) - rest.data()) + 1;
        if (line_length > limit || (found == nullptr && line_length == limit)) {
          if (expect_ == Expect::kChunkEnd) return failed("a chunk is longer than its size says");
          if (expect_ == Expect::kChunkSize) return failed("a chunk size line is too long");
          return failed("the response head exceeds its limit", ErrorClass::kResponseTooLarge);
        }
        if (found == nullptr) {
          line_scanned_ = line_length;
          return State::kMore;
        }
        line_scanned_ = 0;
        consumed += line_length;
        head_bytes_ += line_length;
        const std::string_view line = rest.substr(0, line_length - 1);
        if (!line.ends_with('\r')) return failed("a line of the response does not end in CR LF");
        if (const State state = read_line(line.substr(0, line.size() - 1)); state != State::kMore) return state;
      }
    }
  }
}

ResponseParser::State ResponseParser::read_line(std::string_view line) {
  switch (expect_) {
    case Expect::kStatusLine:
      return read_status_line(line);
    case Expect::kField:
      return line.empty() ? head_ended() : read_field(line);
    case Expect::kChunkSize:
      return read_chunk_size(line);
    case Expect::kChunkEnd:
      if (!line.empty()) return failed("a chunk is longer than its size says");
      expect_ = Expect::kChunkSize;
      return State::kMore;
    default:  // the trailer section: checked, not used
      if (line.empty()) return complete();
      return is_value(line) ? State::kMore : failed("a trailer field has a control character in it");
  }
}

ResponseParser::State ResponseParser::read_status_line(std::string_view line) {
  // HTTP/1.1 200 OK
  constexpr std::size_t kStatusAt = 9;
  if (!line.starts_with("HTTP/1.") || line.size() < kStatusAt + 3 || (line[7] != '0' && line[7] != '1') ||
      line[8] != ' ') {
    return failed("the answer is not HTTP/1.x");
  }
  int status = 0;
  for (std::size_t i = kStatusAt; i < kStatusAt + 3; ++i) {
    if (!is_digit(line[i])) return failed("the status code is not a number");
    status = status * 10 + (line[i] - '0');
  }
  const std::string_view after = line.substr(kStatusAt + 3);
  if (status < 100 || (!after.empty() && after.front() != ' ')) return failed("the status code is not a number");
  if (!is_value(after)) return failed("the status line has a control character in it");
  http_1_0_ = line[7] == '0';
  response_.status = status;
  expect_ = Expect::kField;
  return State::kMore;
}

ResponseParser::State ResponseParser::read_field(std::string_view line) {
  std::size_t colon = 0;
  while (colon < line.size() && (kCharacterKinds[static_cast<unsigned char>(line[colon])] & 1) != 0) ++colon;
  if (colon == 0 || colon == line.size() || line[colon] != ':') return failed("a field name is malformed");
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_value(value)) return failed("a field value has a control character in it");

  // Told apart by length first: nearly all fields are none of ours.
  switch (name.size()) {
    case 4:
      if (same_name(name, "date") && response_.date.empty()) response_.date = value.substr(0, kKeptFieldLength);
      break;
    case 10:
      if (same_name(name, "connection")) read_connection(value);
      if (same_name(name, "keep-alive")) read_keep_alive(value);
      break;
    case 11:
      if (same_name(name, "retry-after") && response_.retry_after.empty()) {
        response_.retry_after = value.substr(0, kKeptFieldLength);
      }
      break;
    case 14:
      if (same_name(name, "content-length")) {
        const auto length = parse_decimal(value);
        if (!length) return failed("Content-Length is not a number");
        if (has_content_length_) return failed("there are two Content-Length fields");
        has_content_length_ = true;
        content_length_ = *length;
      }
      break;
    case 17:
      if (same_name(name, "transfer-encoding")) {
        if (chunked_ || !same_name(value, "chunked")) return failed("the transfer coding is not plain chunked");
        chunked_ = true;
      }
      break;
    default:
      break;
  }
  return State::kMore;
}

void ResponseParser::read_connection(std::string_view value) {
  for_each_member(value, [this](std::string_view option) {
    if (same_name(option, "close")) says_close_ = true;
    if (same_name(option, "keep-alive")) says_keep_alive_ = true;
  });
}

void ResponseParser::read_keep_alive(std::string_view value) {
  for_each_member(value, [this](std::string_view parameter) {
    constexpr std::string_view kTimeout = "timeout=";
    if (!same_name(parameter.substr(0, kTimeout.size()), kTimeout)) return;
    const auto seconds = parse_decimal(parameter.substr(kTimeout.size()));
    if (seconds && *seconds <= 86400) idle_limit_ = Seconds(static_cast<std::int64_t>(*seconds));
  });
}

ResponseParser::State ResponseParser::head_ended() {
  if (chunked_ && (has_content_length_ || http_1_0_)) {
    return failed(http_1_0_ ? "HTTP/1.0 has no chunked bodies" : "there are both Content-Length and Transfer-Encoding");
  }
  if (response_.status < 200) {
    if (response_.status == 101) return failed("the server switches protocols, which nobody asked for");
    if (++interim_count_ > kInterimLimit) return failed("there are too many interim (1xx) responses");
    response_ = Response{};
    idle_limit_.reset();
    begin_head();
    return State::kMore;
  }
  keep_alive_ = !says_close_ && (!http_1_0_ || says_keep_alive_);
  if (bodiless_ || response_.status == 204 || response_.status == 304) return complete();
  if (chunked_) {
    expect_ = Expect::kChunkSize;
    head_bytes_ = 0;
    return State::kMore;
  }
  if (has_content_length_) {
    if (content_length_ == 0) return complete();
    response_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(content_length_, limits_.body)));
    body_left_ = content_length_;
    expect_ = Expect::kSizedBody;
    return State::kMore;
  }
  keep_alive_ = false;
  expect_ = Expect::kBodyToEnd;
  return State::kMore;
}

ResponseParser::State ResponseParser::read_chunk_size(std::string_view line) {
  std::size_t digits = 0;
  std::uint64_t size = 0;
  for (; digits < line.size(); ++digits) {
    const char c = static_cast<char>(line[digits] | 0x20);
    if (is_digit(line[digits])) {
      size = size * 16 + static_cast<std::uint64_t>(line[digits] - '0');
    } else if (c >= 'a' && c <= 'f') {
      size = size * 16 + static_cast<std::uint64_t>(c - 'a' + 10);
    } else {
      break;
    }
    if (digits == kChunkDigitLimit) return failed("a chunk size is too large");
  }
  if (digits == 0) return failed("a chunk size is not a number");
  const std::string_view extension = line.substr(digits);
  if (!extension.empty() && (extension.front() != ';' || !is_value(extension))) {
    return failed("a chunk size is followed by something else");
  }
  head_bytes_ = 0;  // from here it counts the trailer section
  body_left_ = size;
  expect_ = size == 0 ? Expect::kTrailer : Expect::kChunkData;
  return State::kMore;
}

ResponseParser::State ResponseParser::end_of_input() {
  switch (expect_) {
    case Expect::kBodyToEnd:
      return complete();
    case Expect::kNothing:
      return failure_class_ == ErrorClass::kNone ? State::kComplete : State::kFailed;
    case Expect::kStatusLine:
    case Expect::kField:
      return failed("the connection ended inside the response head");
    default:
      return failed("the connection ended inside the response body");
  }
}

}  // namespace yizhan::http
