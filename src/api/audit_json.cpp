#include "api/audit_json.h"

#include "base/json_scan.h"

namespace yizhan::api {

void write_audit_entry(JsonWriter& writer, const store::AuditEntry& entry) {
  writer.begin_object().number("id", entry.id).time("at", entry.at).text("origin", store::to_string(entry.origin));
  writer.text("actor", entry.actor).text("action", entry.action).text_or_null("object", entry.object);
  writer.text_or_null("reason", entry.reason).key("count");
  entry.count ? writer.number(*entry.count) : writer.null();
  writer.key("detail");
  json::read_document(entry.detail) ? writer.raw(entry.detail) : writer.text(entry.detail);
  writer.text("outcome", entry.outcome).end_object();
}

}  // namespace yizhan::api
