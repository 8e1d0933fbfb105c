#include "verify/acs3.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "verify/digest.h"
#include "verify/hex.h"
#include "verify/hmac.h"

namespace yizhan::verify {
namespace {

constexpr std::string_view kAcs3Algorithm = "ACS3-HMAC-SHA256";

}  // namespace

std::string acs3_authorization(std::string_view access_key_id, std::string_view access_key_secret,
                               const Acs3Request& request) {
  auto headers = request.headers;
  std::ranges::sort(headers);
  std::string lines;
  std::string names;
  for (const auto& [name, value] : headers) {
    lines += fmt::format("{}:{}\n", name, value);
    if (!names.empty()) names += ';';
    names += name;
  }
  const std::string canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.path,
                                            request.canonical_query, lines, names, sha256_hex(request.body));
  const std::string canonical_hash = sha256_hex(canonical);
  const std::array<std::string_view, 3> text{kAcs3Algorithm, "\n", canonical_hash};
  std::array<unsigned char, kSha256Size> signature{};
  HmacKey(HmacAlgorithm::kSha256, access_key_secret).sign(text, signature);
  std::string encoded;
  append_hex(encoded, signature);
  return fmt::format("{} Credential={},SignedHeaders={},Signature={}", kAcs3Algorithm, access_key_id, names, encoded);
}

}  // namespace yizhan::verify
