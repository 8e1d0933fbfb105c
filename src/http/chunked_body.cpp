#include "http/chunked_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace yizhan::http {
namespace {

constexpr std::size_t kSizeDigits = 16;

std::unexpected<Refusal> malformed_chunk(std::string_view detail) {
  return std::unexpected(Refusal{"request_malformed", std::string(detail)});
}

/// The line at the front of `input` without its CR LF; nothing while it is not complete.
std::expected<std::optional<std::string_view>, Refusal> front_line(std::string_view input) {
  const auto end = input.substr(0, ChunkedBody::kLineLimit).find('\n');
  if (end == std::string_view::npos) {
    if (input.size() >= ChunkedBody::kLineLimit) return malformed_chunk("a line of the chunked body is too long");
    return std::nullopt;
  }
  if (end == 0 || input[end - 1] != '\r') return malformed_chunk("a line of the chunked body ends with LF alone");
  return input.substr(0, end - 1);
}

std::expected<std::uint64_t, Refusal> parse_size(std::string_view line) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
  const auto digits = static_cast<std::size_t>(end - line.data());
  if (error != std::errc{} || digits > kSizeDigits)
    return malformed_chunk("a chunk's size is not a hexadecimal number");
  const std::string_view extension = line.substr(digits);
  if (!extension.empty() && extension.front() != ';')
    return malformed_chunk("a chunk's size is followed by something else");
  const bool printable = std::all_of(extension.begin(), extension.end(), [](char character) {
    const auto byte = static_cast<unsigned char>(character);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
  if (!printable) return malformed_chunk("a chunk's extension has a control character");
  return size;
}

}  // namespace

std::expected<ChunkedBody::Progress, Refusal> ChunkedBody::take(std::string_view input, std::string& body,
                                                                std::size_t body_limit) {
  const std::size_t given = input.size();
  const auto progress = [&](bool complete) { return Progress{given - input.size(), complete}; };
  while (true) {
    if (state_ == State::kData) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_in_chunk_, input.size()));
      body.append(input.substr(0, count));
      input.remove_prefix(count);
      left_in_chunk_ -= count;
      if (left_in_chunk_ > 0) return progress(false);
      state_ = State::kDataEnd;
    }
    if (state_ == State::kDataEnd) {
      if (input.size() < 2) {
        if (!input.empty() && input[0] != '\r') return malformed_chunk("a chunk is longer than its size");
        return progress(false);
      }
      if (!input.starts_with("\r\n")) return malformed_chunk("a chunk is longer than its size");
      input.remove_prefix(2);
      state_ = State::kSize;
    }
    const auto line = front_line(input);
    if (!line) return std::unexpected(line.error());
    if (!*line) return progress(false);
    const std::string_view text = **line;
    input.remove_prefix(text.size() + 2);
    if (state_ == State::kTrailer) {
      if (text.empty()) return progress(true);
      trailer_bytes_ += text.size() + 2;
      if (trailer_bytes_ > kTrailerLimit) return malformed_chunk("the trailers are too long");
      std::size_t name_length = 0;
      if (auto refusal = check_field_line(text, name_length)) return std::unexpected(std::move(*refusal));
      continue;
    }
    const auto size = parse_size(text);
    if (!size) return std::unexpected(size.error());
    if (*size > body_limit - std::min(body_limit, body.size())) {
      return std::unexpected(Refusal{"body_too_large", fmt::format("the limit is {} bytes", body_limit)});
    }
    left_in_chunk_ = *size;
    state_ = *size == 0 ? State::kTrailer : State::kData;
  }
}

}  // namespace yizhan::http
