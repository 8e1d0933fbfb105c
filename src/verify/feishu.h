// Feishu's (and Lark's) robots.
// Source: Feishu open platform, "Custom bot usage guide", signature verification.
//
//   key      timestamp (seconds, decimal) "\n" secret
//   signed   nothing: the empty text
//   sign     base64 of HMAC-SHA256(key, signed)
//
// Both go into the body. The timestamp may be an hour from Feishu's clock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace yizhan::verify {

/// `secret`: as the robot's page shows it.
std::string feishu_signature(std::string_view secret, std::int64_t timestamp_seconds);

}  // namespace yizhan::verify
