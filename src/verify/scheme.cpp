#include "verify/scheme.h"

#include "verify/hmac.h"

namespace yizhan::verify {

Result<std::vector<std::unique_ptr<SigningKey>>> hmac_keys_of_text(HmacAlgorithm algorithm,
                                                                   const std::vector<std::string>& secrets) {
  if (auto good = check_text_secrets(secrets); !good) return std::unexpected(std::move(good.error()));
  std::vector<std::unique_ptr<SigningKey>> keys;
  for (const std::string& secret : secrets) keys.push_back(std::make_unique<HmacKey>(algorithm, secret));
  return keys;
}

}  // namespace yizhan::verify
