#include "verify/received_signature.h"

#include <fmt/format.h>

#include "verify/base64.h"
#include "verify/hex.h"

namespace yizhan::verify {

std::optional<std::vector<unsigned char>> decode_signature(HmacEncoding encoding, std::string_view text,
                                                           std::size_t size) {
  const bool is_hex = encoding == HmacEncoding::kHex;
  if (text.size() != (is_hex ? 2 * size : (size + 2) / 3 * 4)) return std::nullopt;
  auto raw = is_hex ? decode_hex(text) : decode_base64(text);
  if (raw && raw->size() != size) return std::nullopt;
  return raw;
}

Result<std::vector<unsigned char>> read_signature_field(const Fields& fields, std::string_view name,
                                                        HmacEncoding encoding, std::size_t size) {
  const std::string_view text = fields[name];
  if (text.empty()) return signature_field_missing(name);
  auto signature = decode_signature(encoding, text, size);
  if (!signature) return bad_signature_field(name, kWrongForm);
  return std::move(*signature);
}

std::unexpected<Error> signature_field_missing(std::string_view name) {
  return fail("signature_missing", fmt::format("The notice has no field {}, or nothing in it.", name));
}

std::unexpected<Error> bad_signature_field(std::string_view name, std::string_view what) {
  return fail("signature_malformed", fmt::format("The field {} {}.", name, what));
}

std::unexpected<Error> signature_field_mismatch(std::string_view name) {
  return fail("signature_mismatch",
              fmt::format("No key in force made the signature in the field {}: another key (check the one configured "
                          "against the sender's console), or a notice that was changed.",
                          name));
}

}  // namespace yizhan::verify
