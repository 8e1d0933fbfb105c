// Kdniao (快递鸟) pushes (a form, http/form.h).
// Source: Kdniao, "Trace push", section on the signature.
//
//   RequestData = the JSON
//   DataSign    = base64 of the 32 characters of lower-case hex MD5(RequestData + ApiKey), RequestData decoded once
//
// RequestType and the rest are not signed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "verify/fields_verifier.h"

namespace yizhan::verify {

/// The API keys in force, 1 to kMaxSecrets. Code `secret_invalid`.
Result<std::shared_ptr<const FieldsVerifier>> make_kdniao_verifier(const std::vector<std::string>& api_keys);

}  // namespace yizhan::verify
