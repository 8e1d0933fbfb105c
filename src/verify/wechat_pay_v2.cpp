#include "verify/wechat_pay_v2.h"

#include <algorithm>
#include <array>

#include "verify/aes.h"
#include "verify/base64.h"
#include "verify/digest.h"
#include "verify/hmac.h"
#include "verify/md5_with_secret.h"
#include "verify/received_signature.h"
#include "verify/sorted_fields.h"

namespace yizhan::verify {
namespace {

constexpr std::size_t kHmacSize = kSha256Size;

class WechatPayV2Keys final : public WechatPayV2 {
 public:
  WechatPayV2Keys(Md5WithSecret md5_keys, const std::vector<std::string>& api_keys) : md5_keys_(std::move(md5_keys)) {
    for (const std::string& key : api_keys) {
      keys_.push_back({key, std::make_unique<HmacKey>(HmacAlgorithm::kSha256, key), aes_256_key(md5_hex(key)).value()});
    }
  }

  Result<void> verify(const Fields& fields) const override {
    const auto size = signature_size(fields);
    if (!size) return std::unexpected(size.error());
    const auto signature = read_signature_field(fields, "sign", HmacEncoding::kHex, *size);
    if (!signature) return std::unexpected(signature.error());

    std::string text = sorted_fields_text(fields, {"sign"}, EmptyValues::kDropped);
    text += "&key=";
    const bool good = *size == kMd5Size ? md5_keys_.verifies(text, *signature) : hmac_verifies(text, *signature);
    if (!good) return signature_field_mismatch("sign");
    return {};
  }

  Result<std::string> decrypt_refund(std::string_view req_info) const override {
    const auto ciphertext = decode_base64(req_info);
    if (!ciphertext || ciphertext->empty()) {
      return fail("ciphertext_malformed", "The field req_info is missing, or is not base64.");
    }
    for (const Key& key : keys_) {
      auto plain = decrypt_aes_256_ecb(key.encryption, *ciphertext);
      if (plain && plain->starts_with('<')) return plain;
    }
    return fail("decryption_failed",
                "No API key in force decrypts req_info: compare the key configured with the merchant platform's.");
  }

 private:
  struct Key {
    std::string text;
    std::unique_ptr<HmacKey> hmac;
    Aes256Key encryption;
  };

  // Which of the two algorithms it is shows in the length of what it makes.
  static Result<std::size_t> signature_size(const Fields& fields) {
    const std::string_view type = fields["sign_type"];
    if (type == "HMAC-SHA256") return kHmacSize;
    if (type == "MD5") return kMd5Size;
    if (!type.empty())
      return bad_signature_field("sign_type", "names an algorithm that is neither MD5 nor HMAC-SHA256");
    return fields["sign"].size() == 2 * kHmacSize ? kHmacSize : kMd5Size;
  }

  bool hmac_verifies(std::string_view text, std::span<const unsigned char> signature) const {
    return std::ranges::any_of(keys_, [&](const Key& key) {
      return key.hmac->verifies(std::array<std::string_view, 2>{text, key.text}, signature);
    });
  }

  Md5WithSecret md5_keys_;
  std::vector<Key> keys_;
};

}  // namespace

Result<std::shared_ptr<const WechatPayV2>> WechatPayV2::make(const std::vector<std::string>& api_keys) {
  auto md5_keys = Md5WithSecret::make("WeChat Pay v2", api_keys);
  if (!md5_keys) return std::unexpected(std::move(md5_keys.error()));
  return std::make_shared<WechatPayV2Keys>(std::move(*md5_keys), api_keys);
}

}  // namespace yizhan::verify
