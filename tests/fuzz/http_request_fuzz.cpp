// Requests as anybody may send them (faults 35, 36): the same bytes give the same verdict however they are cut, and
// what is accepted is free of everything that could be read in two ways.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/chunked_body.h"
#include "http/request_head.h"

namespace {

using namespace yizhan::http;

constexpr std::size_t kHeadLimit = 4096;
constexpr std::size_t kFieldLimit = 20;
constexpr std::size_t kBodyLimit = 1024;

struct Verdict {
  std::string code;  // of the refusal, "more" while incomplete, or empty
  std::size_t head_length = 0;
  std::string body;

  bool operator==(const Verdict&) const = default;
};

void require(bool holds) {
  if (!holds) std::abort();
}

void check_accepted(const ServerRequest& request, const Framing& framing, std::string_view head) {
  require(!request.method.empty() && !request.target.empty());
  require(request.path == "*" || request.path.starts_with('/'));
  require(!(framing.chunked && !request.header("content-length").empty()));
  require(head.find('\0') == std::string_view::npos);
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == '\n') require(i > 0 && head[i - 1] == '\r');
    if (head[i] == '\r') require(i + 1 < head.size() && head[i + 1] == '\n');
  }
  require(request.headers.size() <= kFieldLimit);
}

/// Reads the bytes as the connection does, `piece` at a time.
Verdict read(std::string_view input, std::size_t piece) {
  Verdict verdict;
  HeadScanner scanner;
  std::size_t given = 0;
  while (verdict.head_length == 0) {
    given = std::min(input.size(), given + piece);
    const auto length = scanner.scan(input.substr(0, given), kHeadLimit);
    if (!length) {
      verdict.code = length.error().code;
      return verdict;
    }
    verdict.head_length = *length;
    if (*length == 0 && given == input.size()) {
      verdict.code = "more";
      return verdict;
    }
  }
  // Views must be into memory that ends where the head ends.
  const std::string head(input.substr(0, verdict.head_length));
  ServerRequest request;
  Framing framing;
  if (const auto refusal = parse_head(head, kFieldLimit, request, framing)) {
    verdict.code = refusal->code;
    return verdict;
  }
  check_accepted(request, framing, head);
  if (!framing.chunked) return verdict;

  ChunkedBody chunked;
  std::string waiting;
  std::string_view rest = input.substr(verdict.head_length);
  while (true) {
    waiting += rest.substr(0, piece);
    rest.remove_prefix(std::min(piece, rest.size()));
    const auto progress = chunked.take(waiting, verdict.body, kBodyLimit);
    if (!progress) {
      // How much of the body was taken before the refusal depends on the cut; it is dropped in any case.
      verdict.body.clear();
      verdict.code = progress.error().code;
      return verdict;
    }
    require(progress->used <= waiting.size() && verdict.body.size() <= kBodyLimit);
    waiting.erase(0, progress->used);
    if (progress->complete) return verdict;
    if (rest.empty()) {
      verdict.code = "more";
      return verdict;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Verdict whole = read(input, std::max<std::size_t>(1, input.size()));
  require(read(input, 1) == whole);
  require(read(input, 7) == whole);
  return 0;
}
