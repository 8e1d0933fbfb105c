// Signatures of callbacks. START HERE. A scheme is described once (what is signed, in which headers, encoded how: see
// verify/scheme.h) and both sides come from that description: a Signer for what leaves, a Verifier for what comes in.
//
// Errors (code) of making either: `secret_invalid` (which secret, by position, and what is wrong with it; never the
// secret itself) and `signing_options_invalid` (a header name, the signed text's template). Errors of verifying:
// `signature_missing`, `signature_malformed`, `signature_mismatch`, `timestamp_missing`, `timestamp_malformed`,
// `timestamp_out_of_tolerance`, `message_id_missing`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "domain/signing_scheme.h"

namespace yizhan::verify {

/// How messages are signed, as an operator configures it.
struct SigningOptions {
  SigningScheme scheme = SigningScheme::kNone;
  /// Those in force, at most kMaxSecrets. Verifying takes any of them. Signing: the Standard Webhooks schemes send one
  /// signature for each secret; the others have room for one signature, and the first secret makes it.
  ///   x-cs, webhook-signature, hmac: any text without blanks at its ends, used as it is.
  ///   standard-webhooks: `whsec_` and base64 of 24 to 64 bytes.
  ///   standard-webhooks-v1a: `whsk_` and base64 of the 32-byte seed, or of seed and public key (64 bytes); `whpk_` and
  ///   base64 of the 32-byte public key suffices to verify.
  std::vector<std::string> secrets{};

  // Header names. Empty: the scheme's own, or, for hmac, X-Signature and no others. The Standard Webhooks schemes take
  // none.
  std::string signature_header{};  ///< x-cs: X-CS-Signature; webhook-signature: X-Webhook-Signature
  std::string timestamp_header{};  ///< x-cs: X-CS-Timestamp; hmac: needed if the signed text has {timestamp}
  std::string id_header{};         ///< hmac only: needed if the signed text has {id}

  // For hmac only.
  std::string prefix{};  ///< before the encoded signature, as `sha256=`
  HmacEncoding encoding = HmacEncoding::kHex;
  HmacAlgorithm algorithm = HmacAlgorithm::kSha256;
  std::string signed_text = "{body}";  ///< {id}, {timestamp} and {body} stand for themselves; the rest is literal
};
inline constexpr std::size_t kMaxSecrets = 8;

struct MessageToSign {
  std::string_view id{};               ///< of the event; constant over its attempts
  std::int64_t timestamp_seconds = 0;  ///< Unix time of this attempt
  std::string_view body{};             ///< exactly as it is sent
};

/// Immutable; one Signer may be used from several threads at once.
class Signer {
 public:
  virtual ~Signer() = default;

  /// Appends the scheme's header lines, each `Name: value\r\n`; nothing for `none`. Bytes of the id that cannot stand
  /// in a header are percent-encoded, in the header and in the signed text alike (verify/header_text.h).
  virtual void append_header_lines(std::string& out, const MessageToSign& message) const = 0;

  /// The names of those headers, so that nothing else writes them too. Valid as long as the Signer.
  virtual const std::vector<std::string>& header_names() const = 0;
};

/// Also refuses secrets that cannot sign (`whpk_`).
Result<std::shared_ptr<const Signer>> make_signer(const SigningOptions& options);

/// Finds a header of the request, compared without regard to case: its value, or empty when it is absent.
using HeaderLookup = std::function<std::string_view(std::string_view name)>;

struct MessageToVerify {
  HeaderLookup header{};
  std::string_view body{};  ///< raw bytes, as received
  UtcTime now{};
  Seconds tolerance = kTolerance;  ///< a timestamp further from now, either way, is refused

  static constexpr Seconds kTolerance{300};
};

/// Immutable; one Verifier may be used from several threads at once.
class Verifier {
 public:
  virtual ~Verifier() = default;

  /// Success when a secret in force signed this message within the tolerance. The time it takes depends on the lengths
  /// of what was received, not on how much of a signature is right. Error messages quote nothing secret and nothing of
  /// the expected signature. `none` accepts everything.
  virtual Result<void> verify(const MessageToVerify& message) const = 0;
};

Result<std::shared_ptr<const Verifier>> make_verifier(const SigningOptions& options);

}  // namespace yizhan::verify
