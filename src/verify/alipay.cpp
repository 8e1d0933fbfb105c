#include "verify/alipay.h"

#include <array>

#include "verify/keys_in_force.h"
#include "verify/received_signature.h"
#include "verify/rsa.h"
#include "verify/sorted_fields.h"

namespace yizhan::verify {
namespace {

class AlipayVerifier final : public FieldsVerifier {
 public:
  explicit AlipayVerifier(std::vector<RsaPublicKey> keys) : keys_(std::move(keys)) {}

  Result<void> verify(const Fields& fields) const override {
    if (const std::string_view type = fields["sign_type"]; !type.empty() && type != "RSA2") {
      return bad_signature_field("sign_type", "names another algorithm than RSA2; set the application to RSA2");
    }
    if (fields["sign"].empty()) return signature_field_missing("sign");
    const std::string text = sorted_fields_text(fields, {"sign", "sign_type"}, EmptyValues::kKept);
    const std::array<std::string_view, 1> pieces{text};
    bool right_form = false;
    for (const RsaPublicKey& key : keys_) {
      const auto signature = decode_signature(HmacEncoding::kBase64, fields["sign"], key.signature_size());
      if (!signature) continue;
      right_form = true;
      if (key.verifies(pieces, *signature)) return {};
    }
    if (!right_form) return bad_signature_field("sign", kWrongForm);
    return signature_field_mismatch("sign");
  }

 private:
  std::vector<RsaPublicKey> keys_;  // of one length or several
};

}  // namespace

Result<std::shared_ptr<const FieldsVerifier>> make_alipay_verifier(const std::vector<std::string>& public_keys) {
  if (auto good = check_public_key_count("Alipay", public_keys.size(), kMaxSecrets); !good) {
    return std::unexpected(std::move(good.error()));
  }
  std::vector<RsaPublicKey> keys;
  for (std::size_t position = 0; position < public_keys.size(); ++position) {
    auto key = RsaPublicKey::parse(public_keys[position]);
    if (!key) return bad_public_key(position, key.error().message);
    keys.push_back(std::move(*key));
  }
  return std::make_shared<AlipayVerifier>(std::move(keys));
}

}  // namespace yizhan::verify
