#include "verify/scheme.h"

#include <fmt/format.h>

#include "verify/hmac.h"

namespace yizhan::verify {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

Result<std::vector<std::unique_ptr<SigningKey>>> hmac_keys_of_text(HmacAlgorithm algorithm,
                                                                   const std::vector<std::string>& secrets) {
  std::vector<std::unique_ptr<SigningKey>> keys;
  for (std::size_t position = 0; position < secrets.size(); ++position) {
    const std::string& secret = secrets[position];
    if (secret.empty()) return bad_secret(position, "is empty");
    if (is_blank(secret.front()) || is_blank(secret.back())) {
      return bad_secret(position, "begins or ends with a blank or a line end; remove it on both sides");
    }
    keys.push_back(std::make_unique<HmacKey>(algorithm, secret));
  }
  return keys;
}

std::unexpected<Error> bad_secret(std::size_t position, std::string_view what) {
  return fail("secret_invalid", fmt::format("Signing secret {} {}.", position + 1, what));
}

}  // namespace yizhan::verify
