// HMAC-SHA256 in lower-case hex, for callbacks that are posted and those that come in.
#pragma once

#include <openssl/evp.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace yizhan::bench {

class SigningKey {
 public:
  explicit SigningKey(std::string_view secret);

  static constexpr std::size_t kHexDigits = 64;
  /// Of the pieces, one after the other.
  std::string sign(std::initializer_list<std::string_view> pieces) const;

 private:
  struct Free {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  };
  std::unique_ptr<EVP_MAC_CTX, Free> keyed_;  ///< copied for each message: hashing the key again takes as long
};

}  // namespace yizhan::bench
