#include "api/openapi_replay.h"

#include <fmt/format.h>

namespace yizhan::api {
namespace {

constexpr std::string_view kReplayPaths = R"json("/api/v1/replays": {
  "post": {
    "operationId": "beginReplays",
    "summary": "Has the events of a selection released bit by bit, beside live events; one replay for each platform. Needs the scope admin.",
    "description": "Without ids and statuses the selection means dead letters; events that come to match later are not meant. With preview nothing begins.",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewReplay"}}}},
    "responses": {
      "200": {"description": "A preview: how many, by platform and by how the last attempt failed.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ReplayPreview"}}}},
      "202": {"description": "They have begun.", "content": {"application/json": {"schema": {"type": "object", "required": ["replays"], "properties": {"replays": {"type": "array", "items": {"$ref": "#/components/schemas/Replay"}}}}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  },
  "get": {
    "operationId": "listReplays",
    "summary": "Replays, newest first unless asked otherwise. Needs the scope events:read.",
    "parameters": [{"$ref": "#/components/parameters/limit"}, {"$ref": "#/components/parameters/after"}, {"$ref": "#/components/parameters/order"}],
    "responses": {
      "200": {"description": "A page.", "content": {"application/json": {"schema": {"type": "object", "required": ["replays", "next"], "properties": {
        "replays": {"type": "array", "items": {"$ref": "#/components/schemas/Replay"}},
        "next": {"$ref": "#/components/schemas/Next"}}}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/replays/{id}": {
  "get": {
    "operationId": "showReplay",
    "summary": "One replay, and how far it has come. Needs the scope events:read.",
    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}],
    "responses": {
      "200": {"description": "The replay.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Replay"}}}},
      "404": {"$ref": "#/components/responses/Problem"},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
)json";

constexpr std::string_view kAuditPaths = R"json("/api/v1/audit": {
  "get": {
    "operationId": "listAudit",
    "summary": "Who did what: every change that people made, newest first unless asked otherwise. Needs the scope admin.",
    "parameters": [
      {"name": "actor", "in": "query", "description": "Only where this text is in who did it.", "schema": {"type": "string"}},
      {"name": "action", "in": "query", "description": "Only this action, or its first word: replay.", "schema": {"type": "string"}},
      {"name": "object", "in": "query", "description": "Only about this event, key, order or replay.", "schema": {"type": "string"}},
      {"name": "origin", "in": "query", "schema": {"enum": ["cli", "api", "console", "sql", "service"]}},
      {"name": "from", "in": "query", "schema": {"type": "string", "format": "date-time"}},
      {"name": "until", "in": "query", "schema": {"type": "string", "format": "date-time"}},
      {"$ref": "#/components/parameters/limit"}, {"$ref": "#/components/parameters/after"}, {"$ref": "#/components/parameters/order"}
    ],
    "responses": {
      "200": {"description": "A page.", "content": {"application/json": {"schema": {"type": "object", "required": ["entries", "next"], "properties": {
        "entries": {"type": "array", "items": {"$ref": "#/components/schemas/AuditEntry"}},
        "next": {"$ref": "#/components/schemas/Next"}}}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
)json";

/// What is done to one replay under way; each answers it as it is then.
std::string control_path(std::string_view action, std::string_view summary) {
  return fmt::format(R"json("/api/v1/replays/{{id}}/{0}": {{
  "post": {{
    "operationId": "{0}Replay",
    "summary": "{1} Needs the scope admin.",
    "parameters": [{{"name": "id", "in": "path", "required": true, "schema": {{"type": "integer"}}}}],
    "responses": {{
      "200": {{"description": "As it is then.", "content": {{"application/json": {{"schema": {{"$ref": "#/components/schemas/Replay"}}}}}}}},
      "404": {{"$ref": "#/components/responses/Problem"}},
      "409": {{"$ref": "#/components/responses/Problem"}},
      "default": {{"$ref": "#/components/responses/Problem"}}
    }}
  }}
}},
)json",
                     action, summary);
}

}  // namespace

std::string replay_paths() {
  return std::string(kReplayPaths) +
         control_path("pause", "Releases nothing more for now; what was released goes its way.") +
         control_path("resume", "Goes on where it stood.") +
         control_path("cancel", "Ends a replay; what was not released stays as it is.") + std::string(kAuditPaths);
}

const std::string_view kReplaySchemas =
    R"json(  "SigningSecret": {"enum": ["current", "previous"], "description": "Which of the platform's secrets sign: those in force, or the second of them alone, which is being replaced. A platform that has none to replace is answered 422, previous_secret_missing."},
  "NewReplay": {"type": "object", "required": ["selection"], "additionalProperties": false, "properties": {
    "selection": {"$ref": "#/components/schemas/Selection"},
    "rate": {"type": "integer", "minimum": 1, "description": "Events a second at most; without it, as the endpoint bears it."},
    "reason": {"type": "string", "maxLength": 512},
    "target": {"type": "string", "description": "The callback_target that the events get."},
    "secret": {"$ref": "#/components/schemas/SigningSecret"},
    "preview": {"type": "boolean"}}},
  "ReplayPreview": {"type": "object", "required": ["matching", "causes"], "properties": {
    "matching": {"type": "integer"}, "secret": {"$ref": "#/components/schemas/SigningSecret"},
    "causes": {"type": "array", "items": {"type": "object", "required": ["platform", "error_class", "count"], "properties": {
      "platform": {"type": "string"}, "error_class": {"type": ["string", "null"]}, "count": {"type": "integer"}}}}}},
  "Replay": {"type": "object", "required": ["id", "state", "platform", "matching", "released", "delivered", "dead_again", "still_open"], "properties": {
    "id": {"type": "integer"}, "state": {"enum": ["running", "paused", "cancelled", "done", "failed"]},
    "platform": {"type": "string"}, "selection": {"$ref": "#/components/schemas/Selection"},
    "actor": {"type": "string"}, "reason": {"type": ["string", "null"]}, "rate": {"type": ["integer", "null"]},
    "target": {"type": ["string", "null"]}, "secret": {"$ref": "#/components/schemas/SigningSecret"}, "matching": {"type": "integer", "description": "Events selected when it was begun."},
    "released": {"type": "integer"}, "left_alone": {"type": "integer", "description": "Changed by others before their turn came."},
    "delivered": {"type": "integer"}, "dead_again": {"type": "integer"}, "ended": {"type": "integer", "description": "Discarded or deleted after they were released."},
    "still_open": {"type": "integer"}, "to_release": {"type": "integer"},
    "events_per_second": {"type": "integer", "description": "How fast it may go now."},
    "estimate_seconds": {"type": ["integer", "null"]}, "last_error": {"type": ["string", "null"]},
    "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"},
    "finished_at": {"type": ["string", "null"], "format": "date-time"}}},
  "AuditEntry": {"type": "object", "required": ["id", "at", "origin", "actor", "action", "outcome"], "properties": {
    "id": {"type": "integer"}, "at": {"type": "string", "format": "date-time"},
    "origin": {"enum": ["cli", "api", "console", "sql", "service"]}, "actor": {"type": "string"},
    "action": {"type": "string"}, "object": {"type": ["string", "null"]}, "reason": {"type": ["string", "null"]},
    "count": {"type": ["integer", "null"]}, "detail": {"type": "object"}, "outcome": {"type": "string", "description": "done, or the code of the error."}}},
)json";

}  // namespace yizhan::api
