#include "verify/dingtalk.h"

#include <fmt/format.h>

#include <array>

#include "verify/base64.h"
#include "verify/digest.h"
#include "verify/hmac.h"

namespace yizhan::verify {

std::string dingtalk_signature(std::string_view secret, std::int64_t timestamp_milliseconds) {
  const std::string timestamp = fmt::to_string(timestamp_milliseconds);
  const std::array<std::string_view, 3> text{timestamp, "\n", secret};
  std::array<unsigned char, kSha256Size> signature{};
  HmacKey(HmacAlgorithm::kSha256, secret).sign(text, signature);
  std::string encoded;
  append_base64(encoded, signature);
  return encoded;
}

}  // namespace yizhan::verify
