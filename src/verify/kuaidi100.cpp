#include "verify/kuaidi100.h"

#include "verify/digest.h"
#include "verify/md5_with_secret.h"
#include "verify/received_signature.h"

namespace yizhan::verify {
namespace {

class Kuaidi100Verifier final : public FieldsVerifier {
 public:
  explicit Kuaidi100Verifier(Md5WithSecret salts) : salts_(std::move(salts)) {}

  Result<void> verify(const Fields& fields) const override {
    const auto signature = read_signature_field(fields, "sign", HmacEncoding::kHex, kMd5Size);
    if (!signature) return std::unexpected(signature.error());
    if (!salts_.verifies(fields["param"], *signature)) return signature_field_mismatch("sign");
    return {};
  }

 private:
  Md5WithSecret salts_;
};

}  // namespace

Result<std::shared_ptr<const FieldsVerifier>> make_kuaidi100_verifier(const std::vector<std::string>& salts) {
  auto made = Md5WithSecret::make("kuaidi100", salts);
  if (!made) return std::unexpected(std::move(made.error()));
  return std::make_shared<Kuaidi100Verifier>(std::move(*made));
}

}  // namespace yizhan::verify
