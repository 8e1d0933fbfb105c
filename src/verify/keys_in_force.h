// What is asked of secrets and public keys, whichever scheme uses them: how many there may be, and that text has no
// blanks around it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace yizhan::verify {

/// `secret_invalid`, naming the secret by its position (from 0), never by its text.
std::unexpected<Error> bad_secret(std::size_t position, std::string_view what);
/// `public_key_invalid`, likewise.
std::unexpected<Error> bad_public_key(std::size_t position, std::string_view what);

/// 1 to kMaxSecrets of them. `user` needs them, as `The signing scheme x-cs`. Code `secret_invalid`.
Result<void> check_secret_count(std::string_view user, std::size_t count);
/// 1 to `most`. Code `public_key_invalid`.
Result<void> check_public_key_count(std::string_view user, std::size_t count, std::size_t most);

/// Secrets that are used as the text they are: none empty, none with a blank or a line end around it, which is what a
/// careless copy adds and what nobody sees. Code `secret_invalid`.
Result<void> check_text_secrets(const std::vector<std::string>& secrets);

}  // namespace yizhan::verify
