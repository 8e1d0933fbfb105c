// Messages of a customer-service platform, at /api/v1/customer-service/platforms/{platform}/webhook: JSON
// {message_id, channel, open_id, user_id?, content, content_type?, timestamp?, reply_to?}, signed by X-CS-Timestamp and
// X-CS-Signature (verify/x_cs.cpp).
//
// Event type `message.received`; told apart by message_id. It causes an event of that type with the body as it came.
//
// Answers: {"ok":true,"id":17,"duplicate":false}, 200; {"ok":false,"code":…,"message":…}, 401 without a good signature,
// 400 for other faults, 503 where it could not be stored.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "receive/source.h"
#include "verify/signing.h"

namespace yizhan::receive {

struct PlatformIngressOptions {
  std::string platform{};              ///< in the path
  std::vector<std::string> secrets{};  ///< in force
  std::string signature_header{};      ///< empty: X-CS-Signature
  Seconds tolerance = verify::MessageToVerify::kTolerance;
};

/// Codes: `source_name_invalid`, `secret_invalid`, `signing_options_invalid`.
Result<std::shared_ptr<const Source>> make_platform_ingress_source(const PlatformIngressOptions& options);

}  // namespace yizhan::receive
