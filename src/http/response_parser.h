// Reads one HTTP/1.1 response (RFC 9112) from bytes as they arrive, strictly: a response that two readers could
// understand differently is refused, for the next response on the connection would be found in different places.
// Incremental: however the bytes are cut up, the outcome is the same. Does no I/O.
//
// Stricter than RFC 9112 allows: lines end in CRLF only; no folded fields; one Content-Length field with digits only;
// no transfer coding but a single `chunked`, not with Content-Length and not in HTTP/1.0; no 101, for nothing asks to
// upgrade. More lenient in one point: the blank after the status code may be missing when there is no reason phrase.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/attempt.h"
#include "http/client.h"

namespace yizhan::http {

class ResponseParser {
 public:
  struct Limits {
    std::size_t head = 16384;  ///< bytes of a head: status line, fields, final empty line; interim heads count each
    std::size_t body = 65536;  ///< bytes of the body that are kept; reading stops there
  };
  enum class State {
    kMore,      ///< everything that could be used was consumed; more bytes are needed
    kComplete,  ///< the response is whole, or whole as far as the body limit
    kFailed,    ///< see failure_class(), problem()
  };
  static constexpr int kInterimLimit = 16;  ///< 1xx responses before the final one

  /// Prepares for one response. `bodiless`: the request was HEAD.
  void begin(Limits limits, bool bodiless);

  /// Reads from the front of `unread` and says in `consumed` how many bytes it is done with; what it leaves (an
  /// incomplete line, or bytes after the response) must stand in front of the next call's.
  State read(std::string_view unread, std::size_t& consumed);
  /// The peer sends no more. Completes a body that is delimited by the end of the connection; else kFailed.
  State end_of_input();

  /// When complete: the response, once.
  Response take_response() { return std::move(response_); }
  /// When complete: the connection may carry another request.
  bool keeps_alive() const { return keep_alive_; }
  /// `timeout` of the Keep-Alive field, in which servers say how long they keep an idle connection.
  std::optional<Seconds> idle_limit() const { return idle_limit_; }

  /// When failed.
  ErrorClass failure_class() const { return failure_class_; }
  std::string_view problem() const { return problem_; }

 private:
  enum class Expect {
    kStatusLine,
    kField,
    kSizedBody,
    kChunkSize,
    kChunkData,
    kChunkEnd,
    kTrailer,
    kBodyToEnd,
    kNothing,
  };

  State failed(std::string_view problem, ErrorClass error_class = ErrorClass::kProtocol);
  State complete();
  State read_line(std::string_view line);
  State read_status_line(std::string_view line);
  State read_field(std::string_view line);
  State read_chunk_size(std::string_view line);
  State head_ended();
  /// Keeps as much of `data` as the limit allows; true when the limit is reached and bytes remain beyond it.
  bool keep(std::string_view data);
  void begin_head();
  void read_connection(std::string_view value);
  void read_keep_alive(std::string_view value);

  Limits limits_;
  Response response_;
  std::string_view problem_;
  ErrorClass failure_class_ = ErrorClass::kNone;
  Expect expect_ = Expect::kNothing;
  std::uint64_t body_left_ = 0;  // of the sized body or the chunk in hand
  std::uint64_t content_length_ = 0;
  std::size_t line_scanned_ = 0;  // bytes of the incomplete line that hold no line feed
  std::size_t head_bytes_ = 0;    // of the head or the trailer section so far
  int interim_count_ = 0;
  std::optional<Seconds> idle_limit_;
  bool bodiless_ = false;
  bool http_1_0_ = false;
  bool has_content_length_ = false;
  bool chunked_ = false;
  bool says_close_ = false;
  bool says_keep_alive_ = false;
  bool keep_alive_ = false;
};

}  // namespace yizhan::http
