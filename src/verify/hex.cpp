#include "verify/hex.h"

#include "base/hex_digit.h"

namespace yizhan::verify {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

void append_hex(std::string& out, std::span<const unsigned char> bytes) {
  std::size_t next = out.size();
  out.resize(next + 2 * bytes.size());
  for (const unsigned char byte : bytes) {
    out[next++] = kDigits[byte >> 4];
    out[next++] = kDigits[byte & 15];
  }
}

std::optional<std::vector<unsigned char>> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<unsigned char> bytes(text.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = hex_digit_value(text[2 * i]);
    const int low = hex_digit_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return bytes;
}

}  // namespace yizhan::verify
