// Signatures as they are received: text of a known form and length, in a header or in a field.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fields.h"
#include "domain/signing_scheme.h"
#include "verify/signing.h"

namespace yizhan::verify {

/// Signatures of a scheme that one header may hold: as many as secrets may be in force. A header full of them would
/// otherwise buy much work (an ed25519 check takes 0.1 ms) for few bytes.
inline constexpr std::size_t kMaxSignatures = kMaxSecrets;

/// What is wrong with a signature that decode_signature() does not take; for messages.
inline constexpr std::string_view kWrongForm = "holds no signature of this scheme's form and length";

/// `size` raw bytes; empty for any other length, which is looked at first: what is too long is not decoded.
std::optional<std::vector<unsigned char>> decode_signature(HmacEncoding encoding, std::string_view text,
                                                           std::size_t size);

/// Of the field `name`. Codes `signature_missing`, `signature_malformed`.
Result<std::vector<unsigned char>> read_signature_field(const Fields& fields, std::string_view name,
                                                        HmacEncoding encoding, std::size_t size);

/// `signature_missing`: the field `name`, which would hold it.
std::unexpected<Error> signature_field_missing(std::string_view name);
/// `signature_malformed`, of the field `name`.
std::unexpected<Error> bad_signature_field(std::string_view name, std::string_view what);
/// `signature_mismatch`: no key in force made what the field `name` holds.
std::unexpected<Error> signature_field_mismatch(std::string_view name);

}  // namespace yizhan::verify
