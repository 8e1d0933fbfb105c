// WeChat Pay v3 notices (JSON).
// Source: WeChat Pay's API v3, "Verifying signatures", "Decrypting certificates and callbacks", "WeChat Pay public
// key".
//
//   Wechatpay-Timestamp: Unix seconds
//   Wechatpay-Nonce: N
//   Wechatpay-Serial: which key signed: a platform certificate's serial (upper-case hex), or PUB_KEY_ID_…
//   Wechatpay-Signature-Type: WECHATPAY2-SHA256-RSA2048, or absent
//   Wechatpay-Signature: base64 of RSA PKCS#1 v1.5 with SHA-256 over
//                        timestamp + "\n" + nonce + "\n" + raw body + "\n"
//
// The body's `resource` is encrypted: AEAD_AES_256_GCM, key = the 32 bytes of the APIv3 key, 12-byte nonce, associated
// data (may be empty) as told, tag = the last 16 bytes of the base64-decoded `ciphertext`.
//
// To see whether a merchant verifies at all, WeChat Pay sends notices whose signature begins with WECHATPAY/SIGNTEST/
// and is wrong. They have to be refused like any other; the code `signature_probe` tells that nobody need be alarmed.
//
// Errors (code) of verifying, besides those of verify/signing.h: `signature_probe`, `nonce_missing`,
// `signing_key_unknown` (no key in the ring has that serial or id).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "verify/signing.h"

namespace yizhan::verify {

inline constexpr std::string_view kSignatureProbe = "signature_probe";

struct WechatPayV3Options {
  struct PlatformKey {
    /// `PUB_KEY_ID_…` for a public key. Empty for a certificate, whose own serial it is; if it is set all the same it
    /// has to be that serial.
    std::string id{};
    std::string pem{};
  };
  /// At least one; several while WeChat Pay replaces a certificate or the merchant moves to the public key.
  std::vector<PlatformKey> platform_keys{};
  /// APIv3 keys in force, 1 to kMaxSecrets, 32 bytes each.
  std::vector<std::string> api_v3_keys{};
};
inline constexpr std::size_t kMaxPlatformKeys = 16;

/// A notice's `resource`. Strings as they stand in the JSON, unescaped.
struct WechatPayV3Resource {
  std::string algorithm{};
  std::string ciphertext{};  ///< base64
  std::string associated_data{};
  std::string nonce{};
};
/// Reads `resource` out of a notice's body. Code `json_invalid`.
Result<WechatPayV3Resource> read_wechat_pay_v3_resource(std::string_view body);

class WechatPayV3 : public Verifier {
 public:
  /// Codes `public_key_invalid` (which platform key, by position), `secret_invalid` (which APIv3 key, by position).
  static Result<std::shared_ptr<const WechatPayV3>> make(const WechatPayV3Options& options);

  /// The JSON inside. Codes `ciphertext_malformed` (another algorithm, not base64, a nonce of another length),
  /// `decryption_failed` (no APIv3 key in force fits, or it was changed).
  virtual Result<std::string> decrypt(const WechatPayV3Resource& resource) const = 0;
};

}  // namespace yizhan::verify
