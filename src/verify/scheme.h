// The description of a signature scheme, from which both the Signer and the Verifier work. Each scheme's file fills one
// in and documents the signed string at its top.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "domain/signing_scheme.h"
#include "verify/keys_in_force.h"
#include "verify/signed_text.h"
#include "verify/signing.h"
#include "verify/signing_key.h"

namespace yizhan::verify {

struct Scheme {
  std::string id_header;         ///< empty: the id is not sent
  std::string timestamp_header;  ///< empty: no timestamp is sent, and none checked
  std::string signature_header;  ///< never empty
  std::string prefix;            ///< before each encoded signature
  HmacEncoding encoding = HmacEncoding::kHex;
  /// The header may carry several signatures with a space between, and others with other prefixes, which are passed
  /// over.
  bool several_signatures = false;
  SignedText signed_text;
  std::vector<std::unique_ptr<SigningKey>> keys;  ///< at least one; the first signs, or all where several may
};

// Each fails with `secret_invalid` or `signing_options_invalid`.
Result<Scheme> describe_x_cs(const SigningOptions& options);
Result<Scheme> describe_standard_webhooks(const SigningOptions& options);
Result<Scheme> describe_standard_webhooks_v1a(const SigningOptions& options);
Result<Scheme> describe_webhook_signature(const SigningOptions& options);
Result<Scheme> describe_configured_hmac(const SigningOptions& options);

/// For the schemes whose secrets are plain text, used as they are.
Result<std::vector<std::unique_ptr<SigningKey>>> hmac_keys_of_text(HmacAlgorithm algorithm,
                                                                   const std::vector<std::string>& secrets);

}  // namespace yizhan::verify
