// One secret in force, ready to sign or to check a text.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace yizhan::verify {

/// The signed text in pieces, to be read one after the other: a body is never copied to be signed by an HMAC.
using TextPieces = std::span<const std::string_view>;

inline constexpr std::size_t kLargestSignature = 64;

/// Immutable; may be used from several threads at once.
class SigningKey {
 public:
  virtual ~SigningKey() = default;

  /// Bytes of a raw signature; at most kLargestSignature.
  virtual std::size_t signature_size() const = 0;
  /// False for a public key.
  virtual bool can_sign() const = 0;
  /// Writes signature_size() bytes. Only where can_sign().
  virtual void sign(TextPieces text, std::span<unsigned char> signature) const = 0;
  /// Compares in constant time.
  virtual bool verifies(TextPieces text, std::span<const unsigned char> signature) const = 0;
};

}  // namespace yizhan::verify
