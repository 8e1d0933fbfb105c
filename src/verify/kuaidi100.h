// kuaidi100 pushes (a form, http/form.h).
// Source: kuaidi100, "Subscription push", section on callback parameters.
//
//   param = the JSON
//   sign  = upper-case hex of MD5(param + salt), param decoded once
//
// The salt is the one that was given when the waybill was subscribed to. Where none was given there is no `sign`, and
// nothing to verify by.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "verify/fields_verifier.h"

namespace yizhan::verify {

/// The salts in force, 1 to kMaxSecrets. Code `secret_invalid`.
Result<std::shared_ptr<const FieldsVerifier>> make_kuaidi100_verifier(const std::vector<std::string>& salts);

}  // namespace yizhan::verify
