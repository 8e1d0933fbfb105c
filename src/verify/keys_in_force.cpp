#include "verify/keys_in_force.h"

#include <fmt/format.h>

#include "verify/signing.h"

namespace yizhan::verify {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

Result<void> check_count(std::string_view code, std::string_view user, std::string_view noun, std::size_t count,
                         std::size_t most) {
  if (count == 0) return fail(code, fmt::format("{} needs a {}, and there is none.", user, noun));
  if (count > most) {
    return fail(code, fmt::format("{} has {} {}s; at most {} may be in force.", user, count, noun, most));
  }
  return {};
}

}  // namespace

std::unexpected<Error> bad_secret(std::size_t position, std::string_view what) {
  return fail("secret_invalid", fmt::format("Signing secret {} {}.", position + 1, what));
}

std::unexpected<Error> bad_public_key(std::size_t position, std::string_view what) {
  return fail("public_key_invalid", fmt::format("Public key {} {}.", position + 1, what));
}

Result<void> check_secret_count(std::string_view user, std::size_t count) {
  return check_count("secret_invalid", user, "secret", count, kMaxSecrets);
}

Result<void> check_public_key_count(std::string_view user, std::size_t count, std::size_t most) {
  return check_count("public_key_invalid", user, "public key", count, most);
}

Result<void> check_text_secrets(const std::vector<std::string>& secrets) {
  for (std::size_t position = 0; position < secrets.size(); ++position) {
    const std::string& secret = secrets[position];
    if (secret.empty()) return bad_secret(position, "is empty");
    if (is_blank(secret.front()) || is_blank(secret.back())) {
      return bad_secret(position, "begins or ends with a blank or a line end; remove it on both sides");
    }
  }
  return {};
}

}  // namespace yizhan::verify
