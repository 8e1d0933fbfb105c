#include "verify/easypay.h"

#include "verify/digest.h"
#include "verify/md5_with_secret.h"
#include "verify/received_signature.h"
#include "verify/sorted_fields.h"

namespace yizhan::verify {
namespace {

class EasypayVerifier final : public FieldsVerifier {
 public:
  explicit EasypayVerifier(Md5WithSecret keys) : keys_(std::move(keys)) {}

  Result<void> verify(const Fields& fields) const override {
    if (const std::string_view type = fields["sign_type"]; !type.empty() && type != "MD5") {
      return bad_signature_field("sign_type", "names another algorithm than MD5; set the merchant to MD5");
    }
    const auto signature = read_signature_field(fields, "sign", HmacEncoding::kHex, kMd5Size);
    if (!signature) return std::unexpected(signature.error());
    const std::string text = sorted_fields_text(fields, {"sign", "sign_type"}, EmptyValues::kDropped);
    if (!keys_.verifies(text, *signature)) return signature_field_mismatch("sign");
    return {};
  }

 private:
  Md5WithSecret keys_;
};

}  // namespace

Result<std::shared_ptr<const FieldsVerifier>> make_easypay_verifier(const std::vector<std::string>& keys) {
  auto made = Md5WithSecret::make("EasyPay", keys);
  if (!made) return std::unexpected(std::move(made.error()));
  return std::make_shared<EasypayVerifier>(std::move(*made));
}

}  // namespace yizhan::verify
