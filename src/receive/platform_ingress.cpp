#include "receive/platform_ingress.h"

#include "receive/callback_keys.h"
#include "receive/field_reader.h"
#include "receive/signed_source.h"

namespace yizhan::receive {
namespace {

constexpr std::string_view kMessageReceived = "message.received";

class PlatformIngress final : public SignedSource {
 public:
  using SignedSource::SignedSource;

 private:
  Result<std::variant<Notice, Reply>> read_verified(const Request& request) const override {
    const auto document = json::read_document(request.http.body);
    if (!document) return std::unexpected(document.error());
    FieldReader read(*document);
    const std::string message_id = read.identifier("message_id");
    for (const std::string_view needed : {"channel", "open_id", "content"}) read.text(needed);
    if (read.failed()) return read.error();
    Notice notice;
    notice.event_type = kMessageReceived;
    notice.idempotency_key = idempotency_key({message_id});
    add_key(notice, "message_id", message_id);
    notice.caused = CausedEvent{std::string(kMessageReceived), request.http.body};
    return notice;
  }
};

}  // namespace

Result<std::shared_ptr<const Source>> make_platform_ingress_source(const PlatformIngressOptions& options) {
  return make_signed_source<PlatformIngress>(
      "/api/v1/customer-service/platforms/{platform}/webhook", options.platform,
      verify::make_verifier(
          {.scheme = SigningScheme::kXCs, .secrets = options.secrets, .signature_header = options.signature_header}),
      options.tolerance);
}

}  // namespace yizhan::receive
