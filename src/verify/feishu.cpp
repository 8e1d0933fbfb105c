#include "verify/feishu.h"

#include <fmt/format.h>

#include <array>

#include "verify/base64.h"
#include "verify/digest.h"
#include "verify/hmac.h"

namespace yizhan::verify {

std::string feishu_signature(std::string_view secret, std::int64_t timestamp_seconds) {
  std::array<unsigned char, kSha256Size> signature{};
  HmacKey(HmacAlgorithm::kSha256, fmt::format("{}\n{}", timestamp_seconds, secret)).sign({}, signature);
  std::string encoded;
  append_base64(encoded, signature);
  return encoded;
}

}  // namespace yizhan::verify
