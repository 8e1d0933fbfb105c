#include "base/trace_context.h"

#include <fmt/format.h>

#include "base/hex_digit.h"

namespace yizhan {
namespace {

bool is_lower_hexadecimal(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

bool is_traceparent(std::string_view text) {
  if (text.size() < 55 || text.size() > kLongestTraceparent) return false;
  if (text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const std::string_view version = text.substr(0, 2), trace = text.substr(3, 32), parent = text.substr(36, 16);
  if (!is_lower_hexadecimal(version) || !is_lower_hexadecimal(trace) || !is_lower_hexadecimal(parent) ||
      !is_lower_hexadecimal(text.substr(53, 2))) {
    return false;
  }
  if (is_zero(trace) || is_zero(parent) || version == "ff") return false;
  return version == "00" ? text.size() == 55 : text.size() == 55 || text[55] == '-';
}

std::string child_traceparent(std::string_view text, std::string_view span_id) {
  if (!is_traceparent(text)) return {};
  constexpr int kKnownFlags = 0x03;
  return fmt::format("00-{}-{}-{:02x}", trace_id(text), span_id, hex_digit_value(text[54]) & kKnownFlags);
}

std::string_view trace_id(std::string_view text) {
  return is_traceparent(text) ? text.substr(3, 32) : std::string_view();
}

std::string_view parent_span_id(std::string_view text) {
  return is_traceparent(text) ? text.substr(36, 16) : std::string_view();
}

}  // namespace yizhan
