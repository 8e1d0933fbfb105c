#include "verify/kdniao.h"

#include "verify/digest.h"
#include "verify/hex.h"
#include "verify/md5_with_secret.h"
#include "verify/received_signature.h"

namespace yizhan::verify {
namespace {

constexpr std::string_view kSignatureField = "DataSign";

class KdniaoVerifier final : public FieldsVerifier {
 public:
  explicit KdniaoVerifier(Md5WithSecret keys) : keys_(std::move(keys)) {}

  Result<void> verify(const Fields& fields) const override {
    const auto hex = read_signature_field(fields, kSignatureField, HmacEncoding::kBase64, 2 * kMd5Size);
    if (!hex) return std::unexpected(hex.error());
    const auto signature = decode_hex({reinterpret_cast<const char*>(hex->data()), hex->size()});
    if (!signature) return bad_signature_field(kSignatureField, "holds no hexadecimal text in its base64");
    if (!keys_.verifies(fields["RequestData"], *signature)) return signature_field_mismatch(kSignatureField);
    return {};
  }

 private:
  Md5WithSecret keys_;
};

}  // namespace

Result<std::shared_ptr<const FieldsVerifier>> make_kdniao_verifier(const std::vector<std::string>& api_keys) {
  auto made = Md5WithSecret::make("Kdniao", api_keys);
  if (!made) return std::unexpected(std::move(made.error()));
  return std::make_shared<KdniaoVerifier>(std::move(*made));
}

}  // namespace yizhan::verify
