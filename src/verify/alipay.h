// Alipay's asynchronous notices (a form, http/form.h).
// Source: Alipay open platform, "Verifying asynchronous notices yourself"; its Java SDK's check of them.
//
//   sign      = base64 of RSA PKCS#1 v1.5 with SHA-256 ("RSA2") over T
//   sign_type = RSA2
//   T         = the fields but `sign` and `sign_type`, decoded once, sorted (verify/sorted_fields.h); those that are
//   empty
//               are part of it
//
// The bytes are signed in the charset that the field `charset` names, which is how they are received: nothing is
// converted. `RSA` (SHA-1) is not taken.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "verify/fields_verifier.h"

namespace yizhan::verify {

/// `public_keys`: Alipay's own, 1 to kMaxSecrets, in any form that RsaPublicKey::parse() reads. The application's
/// public key, which stands beside it in the console, verifies nothing. Code `public_key_invalid`.
Result<std::shared_ptr<const FieldsVerifier>> make_alipay_verifier(const std::vector<std::string>& public_keys);

}  // namespace yizhan::verify
