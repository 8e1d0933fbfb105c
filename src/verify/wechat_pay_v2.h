// WeChat Pay v2 notices (XML, receive/xml_fields.h), payment and refund.
// Source: WeChat Pay's API v2, "Security specification" (signature algorithm) and "Refund result notice".
//
//   sign     = upper-case hex of MD5(T) or of HMAC-SHA256(API key, T)
//   T        = the fields but `sign`, those that are empty left out, sorted (verify/sorted_fields.h), then `&key=` +
//   API key req_info = base64 of AES-256-ECB, PKCS#7 padding, key = the 32 characters of lower-case hex MD5(API key)
//
// `sign_type` (MD5 or HMAC-SHA256) says which. Where it is absent the length does: 64 digits are HMAC-SHA256, 32 are
// MD5. A refund notice has no `sign`: that it decrypts to a document under `<root>` is all there is to show who made
// it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "verify/fields_verifier.h"

namespace yizhan::verify {

class WechatPayV2 : public FieldsVerifier {
 public:
  /// The API keys in force, 1 to kMaxSecrets: two while the merchant replaces one. Code `secret_invalid`.
  static Result<std::shared_ptr<const WechatPayV2>> make(const std::vector<std::string>& api_keys);

  /// A refund's `req_info`: the XML text inside. Codes `ciphertext_malformed` (not base64, empty or too long),
  /// `decryption_failed` (no key in force fits). ECB tells a wrong key by the padding alone, so one wrong key in 255
  /// gets through it; what then comes out is taken for a text of another key unless it begins with `<`.
  virtual Result<std::string> decrypt_refund(std::string_view req_info) const = 0;
};

}  // namespace yizhan::verify
