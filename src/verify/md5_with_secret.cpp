#include "verify/md5_with_secret.h"

#include <algorithm>
#include <array>

#include "verify/constant_time.h"
#include "verify/digest.h"
#include "verify/keys_in_force.h"

namespace yizhan::verify {

Md5WithSecret::Md5WithSecret(const std::vector<std::string>& secrets) : secrets_(secrets) {
  // An OpenSSL without MD5 ends the process here, at its start, not when the first notice comes.
  (void)md5({});
}

Result<Md5WithSecret> Md5WithSecret::make(std::string_view user, const std::vector<std::string>& secrets) {
  if (auto good = check_secret_count(user, secrets.size()); !good) return std::unexpected(std::move(good.error()));
  if (auto good = check_text_secrets(secrets); !good) return std::unexpected(std::move(good.error()));
  return Md5WithSecret(secrets);
}

bool Md5WithSecret::verifies(std::string_view text, std::span<const unsigned char> signature) const {
  return std::ranges::any_of(secrets_, [&](const std::string& secret) {
    return equal_in_constant_time(md5(std::array<std::string_view, 2>{text, secret}), signature);
  });
}

}  // namespace yizhan::verify
