#include "receive/signed_source.h"

#include "base/json_scan.h"
#include "receive/answers.h"
#include "receive/callback_keys.h"
#include "receive/field_reader.h"
#include "receive/verify_request.h"

namespace yizhan::receive {

Result<std::variant<Notice, Reply>> SignedSource::read(const Request& request) const {
  if (auto reply = answer_probe(request)) return *std::move(reply);
  if (auto good = verify_request(*verifier_, request, tolerance_); !good) {
    return std::unexpected(std::move(good.error()));
  }
  return read_verified(request);
}

Result<std::variant<Notice, Reply>> SignedSource::read_event(const Request& request, std::string_view type_member,
                                                             std::string_view id_member) {
  const auto document = json::read_document(request.http.body);
  if (!document) return std::unexpected(document.error());
  FieldReader read(*document);
  Notice notice;
  notice.event_type = read.identifier(type_member);
  const std::string id = read.identifier(id_member);
  if (read.failed()) return read.error();
  notice.idempotency_key = idempotency_key({id});
  add_key(notice, "delivery_id", id);
  return notice;
}

Reply SignedSource::answer(const Outcome& outcome) const {
  return json_answer(outcome);
}

}  // namespace yizhan::receive
