// Which of a platform's secrets an event is signed with.
#pragma once

#include <optional>
#include <string_view>

namespace yizhan {

enum class SigningSecret {
  kCurrent,   ///< as the platform is configured: every event, unless a replay chose otherwise
  kPrevious,  ///< the second of its secrets alone: the one that is being replaced
};

/// `current`, `previous`.
constexpr std::string_view to_string(SigningSecret secret) {
  return secret == SigningSecret::kPrevious ? "previous" : "current";
}

constexpr std::optional<SigningSecret> parse_signing_secret(std::string_view name) {
  for (const SigningSecret known : {SigningSecret::kCurrent, SigningSecret::kPrevious}) {
    if (to_string(known) == name) return known;
  }
  return std::nullopt;
}

}  // namespace yizhan
