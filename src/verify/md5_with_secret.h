// Signatures that are MD5 of a text with the secret appended: WeChat Pay v2, EasyPay, kuaidi100 and Kdniao. Weak by
// today's measure, and what these senders have.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace yizhan::verify {

/// Immutable; may be used from several threads at once.
class Md5WithSecret {
 public:
  /// `user` needs the secrets, as `EasyPay`. Code `secret_invalid`.
  static Result<Md5WithSecret> make(std::string_view user, const std::vector<std::string>& secrets);

  /// Whether the signature is MD5(text + a secret in force). Compares in constant time.
  bool verifies(std::string_view text, std::span<const unsigned char> signature) const;

 private:
  explicit Md5WithSecret(const std::vector<std::string>& secrets);

  std::vector<std::string> secrets_;
};

}  // namespace yizhan::verify
