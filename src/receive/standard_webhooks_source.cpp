#include "receive/standard_webhooks_source.h"

#include <utility>

#include "receive/callback_keys.h"
#include "receive/field_reader.h"
#include "receive/signed_source.h"

namespace yizhan::receive {
namespace {

constexpr std::string_view kPublicKeyPrefix = "whpk_";

/// Good when one of them finds the signature good. Otherwise what the first says.
class EitherVerifier final : public verify::Verifier {
 public:
  EitherVerifier(SignedSource::Verifier first, SignedSource::Verifier second)
      : first_(std::move(first)), second_(std::move(second)) {}

  Result<void> verify(const verify::MessageToVerify& message) const override {
    auto verdict = first_->verify(message);
    if (verdict || second_->verify(message)) return {};
    return verdict;
  }

 private:
  const SignedSource::Verifier first_;
  const SignedSource::Verifier second_;
};

Result<SignedSource::Verifier> make_either_verifier(const std::vector<std::string>& secrets) {
  verify::SigningOptions v1{.scheme = SigningScheme::kStandardWebhooks};
  verify::SigningOptions v1a{.scheme = SigningScheme::kStandardWebhooksV1a};
  for (const std::string& secret : secrets) {
    (secret.starts_with(kPublicKeyPrefix) ? v1a : v1).secrets.push_back(secret);
  }
  if (v1a.secrets.empty()) return verify::make_verifier(v1);
  if (v1.secrets.empty()) return verify::make_verifier(v1a);
  auto first = verify::make_verifier(v1);
  if (!first) return first;
  auto second = verify::make_verifier(v1a);
  if (!second) return second;
  return std::make_shared<EitherVerifier>(*std::move(first), *std::move(second));
}

class StandardWebhooks final : public SignedSource {
 public:
  using SignedSource::SignedSource;

 private:
  Result<std::variant<Notice, Reply>> read_verified(const Request& request) const override {
    FieldReader headers(request.http);
    const std::string id = headers.identifier("webhook-id");
    if (headers.failed()) return headers.error();
    Notice notice;
    notice.event_type = "message";
    if (const auto document = json::read_document(request.http.body)) {
      FieldReader read(*document);
      std::string type = read.optional_identifier("type");
      if (!type.empty()) notice.event_type = std::move(type);
    }
    notice.idempotency_key = idempotency_key({id});
    add_key(notice, "message_id", id);
    return notice;
  }
};

}  // namespace

Result<std::shared_ptr<const Source>> make_standard_webhooks_source(const StandardWebhooksOptions& options) {
  return make_signed_source<StandardWebhooks>(kGenericPath, options.name, make_either_verifier(options.secrets),
                                              options.tolerance);
}

}  // namespace yizhan::receive
