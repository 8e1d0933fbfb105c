// New secrets, from the operating system's random generator.
#pragma once

#include <string>

namespace yizhan::verify {

/// `whsec_` and base64 of 32 random bytes: for `v1`, and good as a plain text secret for every HMAC scheme.
std::string make_hmac_secret();

struct SigningKeyPair {
  std::string private_key;  ///< `whsk_` and base64 of seed and public key: stays with the sender
  std::string public_key;   ///< `whpk_` and base64 of the public key: given to the receiver
};
/// For `v1a`.
SigningKeyPair make_signing_key_pair();

}  // namespace yizhan::verify
