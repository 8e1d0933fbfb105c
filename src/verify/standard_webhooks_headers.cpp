#include "verify/standard_webhooks_headers.h"

namespace yizhan::verify {

Result<Scheme> describe_standard_webhooks_headers(const SigningOptions& options) {
  if (!options.signature_header.empty() || !options.timestamp_header.empty() || !options.id_header.empty()) {
    return fail("signing_options_invalid",
                "Standard Webhooks fixes the names of its headers; take the configured header names out.");
  }
  Scheme scheme;
  scheme.id_header = "webhook-id";
  scheme.timestamp_header = "webhook-timestamp";
  scheme.signature_header = "webhook-signature";
  scheme.encoding = HmacEncoding::kBase64;
  scheme.several_signatures = true;
  scheme.signed_text = SignedText::parse("{id}.{timestamp}.{body}").value();
  return scheme;
}

}  // namespace yizhan::verify
