#include "receive/hmac_source.h"

#include <utility>

#include "receive/callback_keys.h"
#include "receive/field_reader.h"
#include "receive/signed_source.h"

namespace yizhan::receive {
namespace {

class Hmac final : public SignedSource {
 public:
  Hmac(std::string path, Verifier verifier, Seconds tolerance, TextPlace idempotency_key, TextPlace event_type)
      : SignedSource(std::move(path), std::move(verifier), tolerance),
        idempotency_key_(std::move(idempotency_key)),
        event_type_(std::move(event_type)) {}

 private:
  Result<std::variant<Notice, Reply>> read_verified(const Request& request) const override {
    const auto id = read(idempotency_key_, request);
    if (!id) return std::unexpected(id.error());
    auto event_type = read(event_type_, request);
    if (!event_type) return std::unexpected(std::move(event_type.error()));
    Notice notice;
    notice.event_type = event_type->empty() ? "callback" : *std::move(event_type);
    notice.idempotency_key = id->empty() ? digest_key(request.http.body) : idempotency_key({*id});
    add_key(notice, "delivery_id", *id);
    return notice;
  }

  /// Empty where it is not there.
  static Result<std::string> read(const TextPlace& place, const Request& request) {
    if (!place.header.empty()) return read(FieldReader(request.http), place.header);
    if (place.field.empty()) return {};
    const auto document = json::read_document(request.http.body);
    if (!document) return std::unexpected(document.error());
    return read(FieldReader(*document), place.field);
  }

  static Result<std::string> read(FieldReader reader, std::string_view name) {
    std::string text = reader.optional_identifier(name);
    if (reader.failed()) return reader.error();
    return text;
  }

  const TextPlace idempotency_key_;
  const TextPlace event_type_;
};

}  // namespace

Result<std::shared_ptr<const Source>> make_hmac_source(const HmacOptions& options) {
  verify::SigningOptions signing = options.signing;
  signing.scheme = SigningScheme::kHmac;
  return make_signed_source<Hmac>(kGenericPath, options.name, verify::make_verifier(signing), options.tolerance,
                                  options.idempotency_key, options.event_type);
}

}  // namespace yizhan::receive
