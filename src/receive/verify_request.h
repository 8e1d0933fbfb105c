// A received request as the verifiers of verify/signing.h take it.
#pragma once

#include <string_view>

#include "receive/source.h"
#include "verify/signing.h"

namespace yizhan::receive {

inline Result<void> verify_request(const verify::Verifier& verifier, const Request& request,
                                   Seconds tolerance = verify::MessageToVerify::kTolerance) {
  return verifier.verify({.header = [&request](std::string_view name) { return request.http.header(name); },
                          .body = request.http.body,
                          .now = request.now,
                          .tolerance = tolerance});
}

}  // namespace yizhan::receive
