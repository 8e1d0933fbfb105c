// hmac: a scheme of the operator's own description, for receivers that expect none of the named ones.
//
//   <signature_header>: prefix + hex or base64 of HMAC-<algorithm>(secret, signed_text)
//   <timestamp_header>: Unix seconds of the attempt, where the header is named
//   <id_header>:        the event's id, where the header is named
//
// signed_text is a template of {id}, {timestamp} and {body}. GitHub's scheme, for one, is X-Hub-Signature-256 with
// prefix `sha256=`, hex, sha256, `{body}`. One signature: while a secret rotates the first signs, any of them verifies.
#include <fmt/format.h>

#include "verify/scheme.h"

namespace yizhan::verify {
namespace {

std::unexpected<Error> header_needed(std::string_view placeholder, std::string_view option) {
  return fail("signing_options_invalid",
              fmt::format("The signed text has {{{}}}, which the receiver cannot check unless it is sent: set {}.",
                          placeholder, option));
}

}  // namespace

Result<Scheme> describe_configured_hmac(const SigningOptions& options) {
  auto signed_text = SignedText::parse(options.signed_text);
  if (!signed_text) return std::unexpected(std::move(signed_text.error()));
  if (signed_text->has_timestamp() && options.timestamp_header.empty()) {
    return header_needed("timestamp", "timestamp_header");
  }
  if (signed_text->has_id() && options.id_header.empty()) return header_needed("id", "id_header");

  Scheme scheme;
  scheme.id_header = options.id_header;
  scheme.timestamp_header = options.timestamp_header;
  scheme.signature_header = options.signature_header.empty() ? "X-Signature" : options.signature_header;
  scheme.prefix = options.prefix;
  scheme.encoding = options.encoding;
  scheme.signed_text = std::move(*signed_text);
  auto keys = hmac_keys_of_text(options.algorithm, options.secrets);
  if (!keys) return std::unexpected(std::move(keys.error()));
  scheme.keys = std::move(*keys);
  return scheme;
}

}  // namespace yizhan::verify
