// EasyPay (易支付) notices (a form or a query, http/form.h), as sub2api and new-api take them.
// Source: EasyPay's merchant documentation, "MD5 signature".
//
//   sign      = lower-case hex of MD5(T + key)
//   sign_type = MD5
//   T         = the fields but `sign` and `sign_type`, those that are empty left out, sorted (verify/sorted_fields.h)
//
// The key is appended directly, with nothing between.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "verify/fields_verifier.h"

namespace yizhan::verify {

/// The merchant keys in force, 1 to kMaxSecrets. Code `secret_invalid`.
Result<std::shared_ptr<const FieldsVerifier>> make_easypay_verifier(const std::vector<std::string>& keys);

}  // namespace yizhan::verify
