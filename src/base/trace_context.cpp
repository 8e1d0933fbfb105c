#include "base/trace_context.h"

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

}  // namespace yizhan
