#include "verify/base64.h"

#include <openssl/evp.h>

namespace yizhan::verify {
namespace {

// OpenSSL counts in int; nothing that is signed or configured comes near this.
constexpr std::size_t kLongestText = std::size_t{1} << 24;

}  // namespace

void append_base64(std::string& out, std::span<const unsigned char> bytes) {
  const std::size_t begin = out.size();
  const std::size_t length = (bytes.size() + 2) / 3 * 4;
  out.resize(begin + length + 1);  // EVP_EncodeBlock writes a terminator
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + begin), bytes.data(), static_cast<int>(bytes.size()));
  out.resize(begin + length);
}

std::optional<std::vector<unsigned char>> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > kLongestText) return std::nullopt;
  if (text.empty()) return std::vector<unsigned char>{};

  std::vector<unsigned char> bytes(text.size() / 4 * 3);
  const int decoded =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (decoded < 0) return std::nullopt;
  // EVP_DecodeBlock counts the padding as zero bytes.
  std::size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  const auto length = static_cast<std::size_t>(decoded);
  if (length < padding) return std::nullopt;
  bytes.resize(length - padding);

  // It is also lenient: blanks at the ends, padding in the middle, stray bits. What does not encode back was not
  // strict.
  std::string canonical;
  append_base64(canonical, bytes);
  if (canonical != text) return std::nullopt;
  return bytes;
}

void append_base64url(std::string& out, std::span<const unsigned char> bytes) {
  const std::size_t begin = out.size();
  append_base64(out, bytes);
  while (out.size() > begin && out.back() == '=') out.pop_back();
  for (std::size_t i = begin; i < out.size(); ++i) {
    if (out[i] == '+') out[i] = '-';
    if (out[i] == '/') out[i] = '_';
  }
}

std::optional<std::vector<unsigned char>> decode_base64url(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string standard(text);
  for (char& character : standard) {
    if (character == '-') character = '+';
    if (character == '_') character = '/';
  }
  standard.append((4 - standard.size() % 4) % 4, '=');
  return decode_base64(standard);
}

}  // namespace yizhan::verify
