// API keys: `yz_<id>_<secret>`, the id 12 hexadecimal digits, the secret 64 (256 random bits). The store keeps the
// SHA-256 of the secret only: with that much randomness there is nothing to guess, and a slow hash would only cost
// every request.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "store/store.h"

namespace yizhan::api {

/// What a key may do. `admin` implies the others.
enum class Scope : unsigned {
  kEventsWrite = 1,
  kEventsRead = 2,
  kAdmin = 4,
  kOrdersWrite = 8,
  kOrdersRead = 16,
  kCallbacksRead = 32,  ///< what strangers sent, with payers' data in it
  kPushRegister = 64,   ///< a phone that registers itself
  kPushWrite = 128,
  kPushRead = 256,
};
inline constexpr std::array kAllScopes{Scope::kEventsWrite, Scope::kEventsRead,    Scope::kOrdersWrite,
                                       Scope::kOrdersRead,  Scope::kCallbacksRead, Scope::kPushRegister,
                                       Scope::kPushWrite,   Scope::kPushRead,      Scope::kAdmin};

/// `events:write`, `events:read`, `orders:write`, `orders:read` (parcels, too), `callbacks:read`, `push:register`,
/// `push:write`, `push:read`, `admin`.
std::string_view to_string(Scope scope);
/// All of them, for messages: `events:write, events:read, …`.
std::string scope_names();

/// A set of scopes.
class Scopes {
 public:
  bool has(Scope scope) const {
    return (bits_ & (static_cast<unsigned>(scope) | static_cast<unsigned>(Scope::kAdmin))) != 0;
  }
  void add(Scope scope) { bits_ |= static_cast<unsigned>(scope); }
  bool empty() const { return bits_ == 0; }
  /// Separated by spaces, as the store has them.
  std::string to_text() const;

 private:
  unsigned bits_ = 0;
};

/// Names separated by spaces or commas. Code `scope_unknown`.
Result<Scopes> parse_scopes(std::string_view text);

struct NewApiKey {
  store::ApiKey record;  ///< for the store
  std::string text;      ///< the key itself: shown once, kept nowhere
};
NewApiKey make_api_key(std::string name, Scopes scopes, UtcTime now);

using SecretHash = std::array<unsigned char, 32>;

/// A key as it was presented. The views are into that text.
struct PresentedKey {
  std::string_view id;
  std::string_view secret;
};
/// Empty when the text has not the form of a key.
std::optional<PresentedKey> parse_api_key(std::string_view text);

SecretHash hash_secret(std::string_view secret);
/// From the store's hexadecimal form. Compare with verify::equal_in_constant_time().
std::optional<SecretHash> parse_secret_hash(std::string_view hex);

}  // namespace yizhan::api
