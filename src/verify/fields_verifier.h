// Signatures that are one of the notice's own fields, over the others: WeChat Pay v2, Alipay, EasyPay, kuaidi100,
// Kdniao. Signatures in headers, over the raw body, are verify/signing.h's.
//
// Errors (code) of verifying: `signature_missing`, `signature_malformed` (form, length, or an algorithm that is not
// taken), `signature_mismatch`. Messages quote nothing secret and nothing of the expected signature. Errors of making:
// `secret_invalid` (which secret, by position, and what is wrong with it), `public_key_invalid` (likewise).
#pragma once

#include "base/error.h"
#include "base/fields.h"

namespace yizhan::verify {

/// Immutable; may be used from several threads at once.
class FieldsVerifier {
 public:
  virtual ~FieldsVerifier() = default;

  /// Success when a secret in force signed these fields, all of them where the scheme has it so. The time it takes
  /// depends on the lengths of what was received, not on how much of a signature is right. Whether the notice is for
  /// this merchant, and of the right amount, is the caller's to check.
  virtual Result<void> verify(const Fields& fields) const = 0;
};

}  // namespace yizhan::verify
