// DingTalk's robots.
// Source: DingTalk open platform, "Custom robot: security settings", signing.
//
//   signed   timestamp (milliseconds, decimal) "\n" secret
//   sign     base64 of HMAC-SHA256(secret, signed)
//
// Both go into the query, the sign percent-encoded. The timestamp may be an hour from DingTalk's clock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace yizhan::verify {

/// `secret`: not empty, as the robot's page shows it (`SEC…`). Not percent-encoded yet.
std::string dingtalk_signature(std::string_view secret, std::int64_t timestamp_milliseconds);

}  // namespace yizhan::verify
