#include "receive/github.h"

#include "http/form.h"
#include "receive/callback_keys.h"
#include "receive/field_reader.h"
#include "receive/signed_source.h"
#include "verify/presets.h"

namespace yizhan::receive {
namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

/// The JSON out of a form.
Result<std::string> read_payload(std::string_view form) {
  const auto fields = http::decode_form(form);
  if (!fields) return std::unexpected(fields.error());
  FieldReader read(*fields);
  std::string payload = read.text("payload");
  if (read.failed()) return read.error();
  if (auto document = json::read_document(payload); !document) return std::unexpected(std::move(document.error()));
  return payload;
}

class Github final : public SignedSource {
 public:
  using SignedSource::SignedSource;

 private:
  Result<std::variant<Notice, Reply>> read_verified(const Request& request) const override {
    FieldReader headers(request.http);
    Notice notice;
    notice.event_type = headers.identifier("X-GitHub-Event");
    const std::string delivery = headers.identifier("X-GitHub-Delivery");
    if (headers.failed()) return headers.error();
    if (request.http.header("Content-Type").starts_with(kForm)) {
      auto payload = read_payload(request.http.body);
      if (!payload) return std::unexpected(std::move(payload.error()));
      notice.clear_body = *std::move(payload);
    }
    notice.idempotency_key = idempotency_key({delivery});
    add_key(notice, "delivery_id", delivery);
    return notice;
  }
};

}  // namespace

Result<std::shared_ptr<const Source>> make_github_source(const GithubOptions& options) {
  return make_signed_source<Github>(kGenericPath, options.name,
                                    verify::make_verifier(verify::github_signing(options.secrets)));
}

}  // namespace yizhan::receive
