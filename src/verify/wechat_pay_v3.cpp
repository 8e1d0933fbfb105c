#include "verify/wechat_pay_v3.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/json_scan.h"
#include "verify/aes.h"
#include "verify/base64.h"
#include "verify/keys_in_force.h"
#include "verify/received_signature.h"
#include "verify/rsa.h"
#include "verify/timestamp.h"

namespace yizhan::verify {
namespace {

constexpr std::string_view kSignatureHeader = "Wechatpay-Signature";
constexpr std::string_view kSignatureType = "WECHATPAY2-SHA256-RSA2048";
constexpr std::string_view kProbe = "WECHATPAY/SIGNTEST/";
constexpr std::string_view kPublicKeyId = "PUB_KEY_ID_";
constexpr std::string_view kCipherName = "AEAD_AES_256_GCM";

struct PlatformKey {
  std::string id;
  RsaPublicKey key;
};

std::unexpected<Error> malformed_header(std::string_view what) {
  return fail("signature_malformed", fmt::format("The {} header {}.", kSignatureHeader, what));
}

// A serial number in the form of RsaPublicKey::certificate_serial(); ids of public keys are left as they are.
std::string normalised(std::string_view id) {
  if (id.starts_with(kPublicKeyId)) return std::string(id);
  id.remove_prefix(std::min(id.find_first_not_of('0'), id.size()));
  std::string serial(id);
  for (char& c : serial) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  return serial;
}

Result<PlatformKey> read_platform_key(std::size_t position, const WechatPayV3Options::PlatformKey& given) {
  auto key = RsaPublicKey::parse(given.pem);
  if (!key) return bad_public_key(position, key.error().message);
  const std::string& serial = key->certificate_serial();
  if (serial.empty()) {
    if (!given.id.starts_with(kPublicKeyId) || given.id.size() == kPublicKeyId.size()) {
      return bad_public_key(position, "needs its id, PUB_KEY_ID_…, as the merchant platform shows it beside the key");
    }
    return PlatformKey{given.id, std::move(*key)};
  }
  if (!given.id.empty() && normalised(given.id) != serial) {
    return bad_public_key(position, fmt::format("is a certificate with the serial number {}, not the one given as its "
                                                "id; leave the id empty",
                                                serial));
  }
  return PlatformKey{serial, std::move(*key)};
}

class WechatPayV3Keys final : public WechatPayV3 {
 public:
  WechatPayV3Keys(std::vector<PlatformKey> platform_keys, std::vector<Aes256Key> api_v3_keys)
      : platform_keys_(std::move(platform_keys)), api_v3_keys_(std::move(api_v3_keys)) {}

  Result<void> verify(const MessageToVerify& message) const override {
    const std::string_view signature = message.header(kSignatureHeader);
    if (signature.empty()) {
      return fail("signature_missing", fmt::format("The request has no {} header.", kSignatureHeader));
    }
    if (signature.starts_with(kProbe)) {
      return fail(kSignatureProbe,
                  "WeChat Pay tries whether signatures are verified here, with one that is wrong on purpose. It was "
                  "refused, as it should be; nothing needs to be done.");
    }
    if (const auto type = message.header("Wechatpay-Signature-Type"); !type.empty() && type != kSignatureType) {
      return fail("signature_malformed",
                  fmt::format("The Wechatpay-Signature-Type header names another algorithm than {}.", kSignatureType));
    }
    const std::string_view timestamp = message.header("Wechatpay-Timestamp");
    if (auto good = check_timestamp("Wechatpay-Timestamp", timestamp, message.now, message.tolerance); !good) {
      return good;
    }
    const std::string_view nonce = message.header("Wechatpay-Nonce");
    if (nonce.empty()) return fail("nonce_missing", "The request has no Wechatpay-Nonce header.");

    const PlatformKey* platform_key = find(message.header("Wechatpay-Serial"));
    if (platform_key == nullptr) {
      return fail("signing_key_unknown",
                  "The Wechatpay-Serial header is missing or names a platform key that is not configured: add the "
                  "certificate or public key of that serial from the merchant platform.");
    }
    const RsaPublicKey& key = platform_key->key;
    const auto raw = decode_signature(HmacEncoding::kBase64, signature, key.signature_size());
    if (!raw) return malformed_header(kWrongForm);
    if (!key.verifies(std::array<std::string_view, 6>{timestamp, "\n", nonce, "\n", message.body, "\n"}, *raw)) {
      return fail("signature_mismatch",
                  fmt::format("The platform key {} did not make the signature in {}: a body that was changed, or a "
                              "public key configured under another's id.",
                              platform_key->id, kSignatureHeader));
    }
    return {};
  }

  Result<std::string> decrypt(const WechatPayV3Resource& resource) const override {
    if (resource.algorithm != kCipherName) {
      return fail("ciphertext_malformed", fmt::format("The resource is not encrypted by {}.", kCipherName));
    }
    const auto ciphertext = decode_base64(resource.ciphertext);
    if (!ciphertext || ciphertext->size() < kGcmTagSize) {
      return fail("ciphertext_malformed", "The resource's ciphertext is not base64, or too short.");
    }
    if (resource.nonce.size() != kGcmNonceSize) {
      return fail("ciphertext_malformed", fmt::format("The resource's nonce is not {} bytes long.", kGcmNonceSize));
    }
    for (const Aes256Key& key : api_v3_keys_) {
      auto plain = decrypt_aes_256_gcm(key, resource.nonce, resource.associated_data, *ciphertext);
      if (plain) return plain;
    }
    return fail(
        "decryption_failed",
        "No APIv3 key in force decrypts the resource: compare the key configured with the merchant platform's.");
  }

 private:
  const PlatformKey* find(std::string_view serial) const {
    const std::string wanted = normalised(serial);
    const auto found = std::ranges::find(platform_keys_, wanted, &PlatformKey::id);
    return found == platform_keys_.end() ? nullptr : &*found;
  }

  std::vector<PlatformKey> platform_keys_;
  std::vector<Aes256Key> api_v3_keys_;
};

// A member of `resource`: text, or absent or null, which is the same as empty.
Result<void> read_text(const json::Value& value, std::string& out) {
  if (value.kind == json::Kind::kNull) return {};
  auto text = json::read_string(value);
  if (!text) return std::unexpected(std::move(text.error()));
  out = std::move(*text);
  return {};
}

Result<WechatPayV3Resource> read_resource(const json::Value& value) {
  WechatPayV3Resource resource;
  json::ObjectReader members(value.text, value.offset);
  while (true) {
    auto member = members.next();
    if (!member) return std::unexpected(std::move(member.error()));
    if (!*member) return resource;
    const std::string_view key = (*member)->key;
    std::string* const out = key == "algorithm"         ? &resource.algorithm
                             : key == "ciphertext"      ? &resource.ciphertext
                             : key == "associated_data" ? &resource.associated_data
                             : key == "nonce"           ? &resource.nonce
                                                        : nullptr;
    if (out == nullptr) continue;
    if (auto read = read_text((*member)->value, *out); !read) return std::unexpected(std::move(read.error()));
  }
}

}  // namespace

Result<WechatPayV3Resource> read_wechat_pay_v3_resource(std::string_view body) {
  json::ObjectReader members(body);
  std::optional<json::Value> resource;
  while (true) {
    auto member = members.next();
    if (!member) return std::unexpected(std::move(member.error()));
    if (!*member) break;
    if ((*member)->key == "resource") resource = (*member)->value;
  }
  if (!resource) return fail("json_invalid", "The notice has no member resource.");
  return read_resource(*resource);
}

Result<std::shared_ptr<const WechatPayV3>> WechatPayV3::make(const WechatPayV3Options& options) {
  if (auto good = check_public_key_count("WeChat Pay v3", options.platform_keys.size(), kMaxPlatformKeys); !good) {
    return std::unexpected(std::move(good.error()));
  }
  if (auto good = check_secret_count("WeChat Pay v3", options.api_v3_keys.size()); !good) {
    return std::unexpected(std::move(good.error()));
  }
  std::vector<PlatformKey> platform_keys;
  for (std::size_t position = 0; position < options.platform_keys.size(); ++position) {
    auto key = read_platform_key(position, options.platform_keys[position]);
    if (!key) return std::unexpected(std::move(key.error()));
    if (std::ranges::find(platform_keys, key->id, &PlatformKey::id) != platform_keys.end()) {
      return bad_public_key(position, "has the id of one before it; keep one of them");
    }
    platform_keys.push_back(std::move(*key));
  }
  std::vector<Aes256Key> api_v3_keys;
  for (std::size_t position = 0; position < options.api_v3_keys.size(); ++position) {
    const auto key = aes_256_key(options.api_v3_keys[position]);
    if (!key) return bad_secret(position, "is no APIv3 key: that has exactly 32 characters");
    api_v3_keys.push_back(*key);
  }
  return std::make_shared<WechatPayV3Keys>(std::move(platform_keys), std::move(api_v3_keys));
}

}  // namespace yizhan::verify
