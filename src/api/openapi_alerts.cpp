#include "api/openapi_alerts.h"

namespace yizhan::api {

const std::string_view kAlertPaths = R"json("/api/v1/alerts": {
  "get": {
    "operationId": "listAlerts",
    "summary": "What is wrong now, oldest first; with all=true the newest alerts, those that are over too, newest first. Needs the scope events:read.",
    "parameters": [
      {"name": "all", "in": "query", "schema": {"type": "boolean", "default": false}},
      {"$ref": "#/components/parameters/limit"}],
    "responses": {
      "200": {"description": "The alerts.", "content": {"application/json": {"schema": {"type": "object", "required": ["alerts"], "properties": {
        "alerts": {"type": "array", "items": {"$ref": "#/components/schemas/Alert"}}}}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
)json";

const std::string_view kAlertSchemas = R"json(
  "Alert": {"type": "object", "required": ["id", "cause", "rule", "subject", "state", "title", "facts", "count", "told", "raised_at", "last_held_at", "told_at", "cleared_at"], "properties": {
    "id": {"type": "string", "description": "The correlation of the events that tell of it."},
    "cause": {"type": "string", "description": "`<rule>:<subject>`; at most one alert of a cause is raised at a time."},
    "rule": {"enum": ["failures", "dead_letter", "endpoint_disabled", "breaker_open", "backlog_age", "provider_silence", "ledger_mismatch", "certificate_expiry", "store_space"]},
    "subject": {"type": "string"}, "state": {"enum": ["raised", "cleared"]}, "title": {"type": "string"},
    "facts": {"type": "array", "description": "Evidence; the last one, `next`, is a command that says more.", "items": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}},
    "count": {"type": "integer", "description": "Occurrences so far."}, "told": {"type": "integer", "description": "Alerts sent of it."},
    "raised_at": {"type": "string", "format": "date-time"}, "last_held_at": {"type": "string", "format": "date-time"},
    "told_at": {"type": "string", "format": "date-time"}, "cleared_at": {"type": ["string", "null"], "format": "date-time"}}},)json";

}  // namespace yizhan::api
