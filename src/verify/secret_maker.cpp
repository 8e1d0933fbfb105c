#include "verify/secret_maker.h"

#include <array>
#include <vector>

#include "base/random.h"
#include "verify/base64.h"
#include "verify/ed25519.h"

namespace yizhan::verify {

std::string make_hmac_secret() {
  std::array<unsigned char, 32> bytes;
  fill_random(bytes);
  std::string secret = "whsec_";
  append_base64(secret, bytes);
  return secret;
}

SigningKeyPair make_signing_key_pair() {
  std::array<unsigned char, kEd25519KeySize> seed;
  fill_random(seed);
  const auto public_key = Ed25519Key::from_seed(seed).public_key();

  std::vector<unsigned char> whole(seed.begin(), seed.end());
  whole.insert(whole.end(), public_key.begin(), public_key.end());
  SigningKeyPair pair{.private_key = "whsk_", .public_key = "whpk_"};
  append_base64(pair.private_key, whole);
  append_base64(pair.public_key, public_key);
  return pair;
}

}  // namespace yizhan::verify
