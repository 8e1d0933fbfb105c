#include "api/openapi_document.h"

#include "api/openapi_alerts.h"
#include "api/openapi_push.h"
#include "api/openapi_replay.h"
#include "base/version.h"

namespace yizhan::api {
namespace {

constexpr std::string_view kIntroduction = R"json({
"openapi": "3.1.0",
"info": {
  "title": "Yizhan",
  "summary": "A relay station for callbacks: hand an event over, and it is delivered or accounted for.",
  "description": "Errors are application/problem+json with a stable `code`; GET /api/v1/problems lists them all. Times are RFC 3339, UTC, in microseconds.",
  "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
  "version": ")json";

constexpr std::string_view kAcceptPaths = R"json("},
"security": [{"apiKey": []}],
"paths": {
"/api/v1/events": {
  "post": {
    "operationId": "acceptEvents",
    "summary": "Hands over one event, or an array of them: all are stored, or none.",
    "description": "Answered when the events are durable. The same idempotency key with the same content answers with the first event's id; status 200 says that every event was such a duplicate. Needs the scope events:write.",
    "parameters": [
      {"name": "Idempotency-Key", "in": "header", "description": "For a single event; the same as its field idempotency_key.", "schema": {"type": "string", "minLength": 1, "maxLength": 255}},
      {"name": "traceparent", "in": "header", "description": "W3C Trace Context; sent on with the callback.", "schema": {"type": "string"}}
    ],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"oneOf": [
      {"$ref": "#/components/schemas/NewEvent"},
      {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"$ref": "#/components/schemas/NewEvent"}}
    ]}}}},
    "responses": {
      "200": {"description": "Known already; nothing was stored.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AcceptedAnswer"}}}},
      "202": {"description": "Stored.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AcceptedAnswer"}}}},
      "409": {"$ref": "#/components/responses/Problem"},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  },
  "get": {
    "operationId": "listEvents",
    "summary": "Events, newest first unless asked otherwise. Needs the scope events:read.",
    "parameters": [
      {"$ref": "#/components/parameters/id"}, {"$ref": "#/components/parameters/status"},
      {"$ref": "#/components/parameters/platform"}, {"$ref": "#/components/parameters/event_type"},
      {"$ref": "#/components/parameters/error_class"}, {"$ref": "#/components/parameters/correlation"},
      {"$ref": "#/components/parameters/created_from"}, {"$ref": "#/components/parameters/created_until"},
      {"$ref": "#/components/parameters/limit"}, {"$ref": "#/components/parameters/after"}, {"$ref": "#/components/parameters/order"}
    ],
    "responses": {
      "200": {"description": "A page.", "content": {"application/json": {"schema": {"type": "object", "required": ["events", "next"], "properties": {
        "events": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}},
        "next": {"$ref": "#/components/schemas/Next"}}}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/events/{id}": {
  "get": {
    "operationId": "showEvent",
    "summary": "One event with its payload and its attempts. Needs the scope events:read.",
    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
    "responses": {
      "200": {"description": "The event.", "content": {"application/json": {"schema": {"allOf": [
        {"$ref": "#/components/schemas/Event"},
        {"type": "object", "required": ["attempts"], "properties": {
          "payload": {"description": "As it was handed over."},
          "payload_base64": {"type": "string", "description": "In place of payload, where that is not JSON."},
          "attempts": {"type": "array", "items": {"$ref": "#/components/schemas/Attempt"}}}}]}}}},
      "404": {"$ref": "#/components/responses/Problem"},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/events/{id}/replay": {
  "post": {
    "operationId": "replayEvent",
    "summary": "Sets one event back to pending, due at once. Needs the scope admin.",
    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
    "requestBody": {"content": {"application/json": {"schema": {"type": "object", "additionalProperties": false, "properties": {
      "secret": {"$ref": "#/components/schemas/SigningSecret"}}}}}},
    "responses": {
      "200": {"description": "1, or 0 when the event was pending already.", "content": {"application/json": {"schema": {"type": "object", "required": ["replayed"], "properties": {"replayed": {"type": "integer"}}}}}},
      "404": {"$ref": "#/components/responses/Problem"},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/events/discard": {
  "post": {
    "operationId": "discardEvents",
    "summary": "Gives up open events or dead letters, with the reason on record. Needs the scope admin.",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "additionalProperties": false, "required": ["selection"], "properties": {
      "selection": {"$ref": "#/components/schemas/Selection"},
      "reason": {"type": "string", "minLength": 1, "maxLength": 512, "description": "Needed unless it is a preview."},
      "preview": {"type": "boolean", "description": "Only count what is selected."}}}}}},
    "responses": {
      "200": {"description": "How many.", "content": {"application/json": {"schema": {"type": "object", "properties": {"discarded": {"type": "integer"}, "count": {"type": "integer"}}}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/replay": {
  "post": {
    "operationId": "replayEvents",
    "summary": "Sets selected events back to pending, in steps, oldest first. Needs the scope admin.",
    "description": "Without ids and statuses the selection means dead letters. Each event is replayed once, and none that came in after the request.",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "additionalProperties": false, "required": ["selection"], "properties": {
      "selection": {"$ref": "#/components/schemas/Selection"},
      "secret": {"$ref": "#/components/schemas/SigningSecret"},
      "preview": {"type": "boolean", "description": "Only count what is selected."}}}}}},
    "responses": {
      "200": {"description": "How many.", "content": {"application/json": {"schema": {"type": "object", "properties": {"replayed": {"type": "integer"}, "count": {"type": "integer"}, "secret": {"$ref": "#/components/schemas/SigningSecret"}}}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
)json";

constexpr std::string_view kOtherPaths = R"json("/api/v1/attempts": {
  "get": {
    "operationId": "listAttempts",
    "summary": "Attempts of one event in their order, or of all, newest first. Needs the scope events:read.",
    "parameters": [{"name": "event_id", "in": "query", "schema": {"type": "string"}}, {"$ref": "#/components/parameters/limit"}],
    "responses": {
      "200": {"description": "Attempts.", "content": {"application/json": {"schema": {"type": "object", "required": ["attempts"], "properties": {
        "attempts": {"type": "array", "items": {"$ref": "#/components/schemas/Attempt"}}}}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/dead-letters": {
  "get": {
    "operationId": "listDeadLetters",
    "summary": "Events whose every attempt failed. Needs the scope events:read.",
    "parameters": [
      {"$ref": "#/components/parameters/id"}, {"$ref": "#/components/parameters/status"},
      {"$ref": "#/components/parameters/platform"}, {"$ref": "#/components/parameters/event_type"},
      {"$ref": "#/components/parameters/error_class"}, {"$ref": "#/components/parameters/correlation"},
      {"$ref": "#/components/parameters/created_from"}, {"$ref": "#/components/parameters/created_until"},
      {"$ref": "#/components/parameters/limit"}, {"$ref": "#/components/parameters/after"}, {"$ref": "#/components/parameters/order"}
    ],
    "responses": {
      "200": {"description": "A page.", "content": {"application/json": {"schema": {"type": "object", "required": ["dead_letters", "next"], "properties": {
        "dead_letters": {"type": "array", "items": {"$ref": "#/components/schemas/DeadLetter"}},
        "next": {"$ref": "#/components/schemas/Next"}}}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/ledger": {
  "get": {
    "operationId": "showLedger",
    "summary": "Where every event is, counted from the rows. Needs the scope events:read.",
    "description": "accepted = pending + retrying + delivered + dead_letter + discarded; a mismatch is an alarm. Reads every event of the range, piece by piece beside live traffic: seconds for millions. Eight are counted at a time, others are answered 503 `store_busy`.",
    "parameters": [
      {"$ref": "#/components/parameters/created_from"}, {"$ref": "#/components/parameters/created_until"},
      {"name": "by", "in": "query", "schema": {"enum": ["platform", "minute"], "default": "platform"}}
    ],
    "responses": {
      "200": {"description": "The ledger.", "content": {"application/json": {"schema": {"type": "object", "required": ["lines", "total", "balanced"], "properties": {
        "lines": {"type": "array", "items": {"$ref": "#/components/schemas/LedgerLine"}},
        "total": {"$ref": "#/components/schemas/LedgerLine"},
        "balanced": {"type": "boolean"}}}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/endpoints": {
  "get": {
    "operationId": "listEndpoints",
    "summary": "The endpoints that callbacks go to, and how they are. Needs the scope events:read.",
    "responses": {
      "200": {"description": "Endpoints.", "content": {"application/json": {"schema": {"type": "object", "required": ["endpoints"], "properties": {
        "endpoints": {"type": "array", "items": {"$ref": "#/components/schemas/Endpoint"}}}}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/endpoints/{key}/enable": {
  "post": {
    "operationId": "enableEndpoint",
    "summary": "Sends to a disabled endpoint again; its breaker is closed. Needs the scope admin.",
    "parameters": [{"name": "key", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^[0-9]+$"}}],
    "responses": {
      "200": {"description": "Enabled.", "content": {"application/json": {"schema": {"type": "object", "required": ["key", "was_disabled"], "properties": {
        "key": {"type": "string"}, "was_disabled": {"type": "boolean"}}}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/callbacks": {
  "get": {
    "operationId": "listCallbacks",
    "summary": "Callbacks that were received, newest first unless asked otherwise. Needs the scope callbacks:read.",
    "parameters": [
      {"name": "source", "in": "query", "description": "As configured.", "schema": {"type": "string"}},
      {"$ref": "#/components/parameters/event_type"},
      {"name": "verdict", "in": "query", "schema": {"$ref": "#/components/schemas/Verdict"}},
      {"name": "reason", "in": "query", "description": "Why it was rejected, or what was odd about it.", "schema": {"type": "string"}},
      {"name": "key", "in": "query", "description": "A value under which it can be found: transaction id, out_trade_no, tracking number, message id, delivery id, idempotency key.", "schema": {"type": "string"}},
      {"name": "key_name", "in": "query", "description": "Only this key: transaction_id, out_trade_no, tracking_no, message_id, delivery_id, refund_no, notify_id.", "schema": {"type": "string"}},
      {"name": "received_from", "in": "query", "description": "Inclusive.", "schema": {"type": "string", "format": "date-time"}},
      {"name": "received_until", "in": "query", "description": "Exclusive.", "schema": {"type": "string", "format": "date-time"}},
      {"$ref": "#/components/parameters/limit"}, {"$ref": "#/components/parameters/after"}, {"$ref": "#/components/parameters/order"}
    ],
    "responses": {
      "200": {"description": "A page.", "content": {"application/json": {"schema": {"type": "object", "required": ["callbacks", "next"], "properties": {
        "callbacks": {"type": "array", "items": {"$ref": "#/components/schemas/Callback"}},
        "next": {"$ref": "#/components/schemas/Next"}}}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/callbacks/{id}": {
  "get": {
    "operationId": "showCallback",
    "summary": "One callback with its headers and its body. Needs the scope callbacks:read.",
    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^[0-9]+$"}}],
    "responses": {
      "200": {"description": "The callback.", "content": {"application/json": {"schema": {"allOf": [
        {"$ref": "#/components/schemas/Callback"},
        {"type": "object", "required": ["headers"], "properties": {
          "headers": {"type": "string", "description": "A line for each, in the order received; secrets are redacted."},
          "body": {"type": "string", "description": "As it was received; of a rejected one its beginning."},
          "body_base64": {"type": "string", "description": "In place of body, where that is not UTF-8."}}}]}}}},
      "404": {"$ref": "#/components/responses/Problem"},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/pay/orders": {
  "post": {
    "operationId": "createOrder",
    "summary": "Stores an order that a payment notice will pay. Needs the scope orders:write.",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewOrder"}}}},
    "responses": {
      "200": {"description": "The same order was there already; as it stands.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
      "201": {"description": "Stored.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
      "409": {"$ref": "#/components/responses/Problem"},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/pay/orders/{out_trade_no}": {
  "get": {
    "operationId": "showOrder",
    "summary": "One order as it stands. Needs the scope orders:read.",
    "parameters": [{"$ref": "#/components/parameters/out_trade_no"}],
    "responses": {
      "200": {"description": "The order.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
      "404": {"$ref": "#/components/responses/Problem"},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/pay/orders/{out_trade_no}/close": {
  "post": {
    "operationId": "closeOrder",
    "summary": "Closes an unpaid order: a payment of it will be an alarm. One that was paid meanwhile stays paid; look at its state. Needs the scope orders:write.",
    "parameters": [{"$ref": "#/components/parameters/out_trade_no"}],
    "responses": {
      "200": {"description": "The order as it stands then.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
      "404": {"$ref": "#/components/responses/Problem"},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
)json";

constexpr std::string_view kServicePaths = R"json("/api/v1/problems": {
  "get": {"operationId": "listProblems", "summary": "Every error code with its status and what to do.", "security": [],
    "responses": {"200": {"description": "Problems.", "content": {"application/json": {"schema": {"type": "object", "required": ["problems"], "properties": {"problems": {"type": "array", "items": {"type": "object"}}}}}}}}}
},
"/api/v1/openapi.json": {
  "get": {"operationId": "describeApi", "summary": "This document.", "security": [],
    "responses": {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}}}
},
"/health": {
  "get": {"operationId": "health", "summary": "The process runs and answers.", "security": [],
    "responses": {"200": {"description": "It does.", "content": {"application/json": {"schema": {"type": "object"}}}}}}
},
"/ready": {
  "get": {"operationId": "ready", "summary": "Whether requests should be sent here.", "security": [],
    "responses": {"200": {"description": "Yes.", "content": {"application/json": {"schema": {"type": "object"}}}}, "503": {"$ref": "#/components/responses/Problem"}}}
},
"/metrics": {
  "get": {"operationId": "metrics", "summary": "For Prometheus. Needs the scope events:read.",
    "responses": {"200": {"description": "Metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}}, "default": {"$ref": "#/components/responses/Problem"}}}
},
"/": {
  "get": {"operationId": "root", "summary": "What this is and where to go on.", "security": [],
    "responses": {"200": {"description": "Links.", "content": {"application/json": {"schema": {"type": "object"}}}}}}
}
},
)json";

constexpr std::string_view kComponents = R"json("components": {
"securitySchemes": {"apiKey": {"type": "http", "scheme": "bearer", "description": "`yizhan keys create` makes one. Not needed on a loopback listener while no key exists."}},
"parameters": {
  "id": {"name": "id", "in": "query", "description": "Ids, separated by commas.", "schema": {"type": "string"}},
  "status": {"name": "status", "in": "query", "description": "Statuses, separated by commas.", "schema": {"type": "string"}},
  "out_trade_no": {"name": "out_trade_no", "in": "path", "required": true, "schema": {"type": "string"}},
  "tracking_no": {"name": "tracking_no", "in": "path", "required": true, "schema": {"type": "string", "minLength": 1, "maxLength": 64}},
  "platform": {"name": "platform", "in": "query", "schema": {"type": "string"}},
  "event_type": {"name": "event_type", "in": "query", "schema": {"type": "string"}},
  "error_class": {"name": "error_class", "in": "query", "description": "Of the last attempt.", "schema": {"$ref": "#/components/schemas/ErrorClass"}},
  "correlation": {"name": "correlation", "in": "query", "schema": {"type": "string"}},
  "created_from": {"name": "created_from", "in": "query", "description": "Inclusive.", "schema": {"type": "string", "format": "date-time"}},
  "created_until": {"name": "created_until", "in": "query", "description": "Exclusive.", "schema": {"type": "string", "format": "date-time"}},
  "limit": {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}},
  "after": {"name": "after", "in": "query", "description": "The `next` of the page before.", "schema": {"type": "string"}},
  "order": {"name": "order", "in": "query", "schema": {"enum": ["newest", "oldest"], "default": "newest"}}
},
"responses": {"Problem": {"description": "An error.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}},
"schemas": {)json";

constexpr std::string_view kSchemas = R"json(
  "NewEvent": {"type": "object", "additionalProperties": false, "required": ["platform", "event_type", "payload"], "properties": {
    "platform": {"type": "string", "minLength": 1, "maxLength": 64, "description": "As configured."},
    "event_type": {"type": "string", "minLength": 1, "maxLength": 128},
    "payload": {"description": "Any JSON value; it goes out byte for byte as it stands here."},
    "callback_target": {"type": ["string", "null"], "maxLength": 2048, "description": "A URL, or a path joined to the platform's base URL; empty: the base URL."},
    "idempotency_key": {"type": ["string", "null"], "minLength": 1, "maxLength": 255, "description": "Unique within the platform for at least 7 days."},
    "not_before": {"type": ["string", "null"], "format": "date-time", "description": "The first attempt is made then."},
    "correlation": {"type": ["string", "null"], "maxLength": 256, "description": "Free text to find the event by."},
    "order_key": {"type": ["string", "null"], "maxLength": 255, "description": "Events of one platform and key go out strictly in order."},
    "traceparent": {"type": ["string", "null"], "maxLength": 128, "description": "W3C Trace Context of this event; without it, the header of the request counts. Each attempt is sent as a span of its own in this trace."}}},
  "AcceptedAnswer": {"oneOf": [{"$ref": "#/components/schemas/Accepted"}, {"type": "array", "items": {"$ref": "#/components/schemas/Accepted"}}]},
  "Accepted": {"type": "object", "required": ["id", "status", "duplicate"], "properties": {
    "id": {"type": "string"}, "status": {"$ref": "#/components/schemas/Status"}, "duplicate": {"type": "boolean"}}},
  "Status": {"enum": ["pending", "retrying", "delivered", "dead_letter", "discarded"]},
  "ErrorClass": {"enum": ["dns", "connect", "tls", "timeout", "http_4xx", "http_5xx", "redirect", "response_too_large", "blocked_address", "protocol", "signing", "push_target_invalid", "push_ignored", "push_refused", "push_throttled", "push_unauthorized", "push_failed", "alert_refused", "alert_throttled", "alert_unconfirmed", "alert_failed"]},
  "Next": {"type": ["string", "null"], "description": "For `after`; null at the end. A page may be short, even empty, before the end: a search among many events is answered after 5 s with what it has found, and `next` goes on from there."},
  "Event": {"type": "object", "required": ["id", "platform", "event_type", "status", "attempt_count", "created_at", "updated_at"], "properties": {
    "id": {"type": "string"}, "platform": {"type": "string"}, "event_type": {"type": "string"}, "status": {"$ref": "#/components/schemas/Status"},
    "attempt_count": {"type": "integer"}, "callback_target": {"type": "string"},
    "next_attempt_at": {"type": ["string", "null"], "format": "date-time", "description": "While pending or retrying."},
    "last_error": {"type": ["string", "null"]},
    "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"},
    "idempotency_key": {"type": ["string", "null"]}, "correlation": {"type": ["string", "null"]}, "order_key": {"type": ["string", "null"]},
    "traceparent": {"type": ["string", "null"]},
    "lease_expires_at": {"type": ["string", "null"], "format": "date-time", "description": "While an attempt is in flight."},
    "secret": {"$ref": "#/components/schemas/SigningSecret", "description": "Only where a replay chose another one than current."},
    "payload_removed_bytes": {"type": "integer", "description": "Only where retention removed the payload: how long it was. Such an event cannot be replayed."}}},
  "Verdict": {"enum": ["accepted", "duplicate", "rejected"]},
  "Callback": {"type": "object", "required": ["id", "source", "verdict", "effect", "answer_status", "received_at", "peer", "target", "body_size", "duration_us", "duplicate_count", "keys", "event_ids"], "properties": {
    "id": {"type": "string"}, "source": {"type": "string"}, "verdict": {"$ref": "#/components/schemas/Verdict"},
    "reason": {"type": ["string", "null"]}, "event_type": {"type": ["string", "null"], "description": "As the source calls it."},
    "idempotency_key": {"type": ["string", "null"]},
    "effect": {"enum": ["none", "applied", "already_applied", "order_unknown", "amount_differs", "merchant_differs", "order_conflicts", "waybill_unknown"]},
    "answer_status": {"type": "integer"}, "received_at": {"type": "string", "format": "date-time"},
    "peer": {"type": "string"}, "target": {"type": "string"}, "body_size": {"type": "integer"},
    "body_removed_bytes": {"type": "integer", "description": "Only where retention removed the body: how much of it was stored."},
    "duration_us": {"type": "integer", "description": "From its last byte to the hand-over to the store."},
    "duplicate_count": {"type": "integer", "description": "Of an accepted one: how often it was repeated."},
    "first_id": {"type": ["string", "null"], "description": "Of a duplicate: the accepted one that it repeats."},
    "keys": {"type": "array", "items": {"type": "object", "required": ["name", "value"], "properties": {"name": {"type": "string"}, "value": {"type": "string"}}}},
    "event_ids": {"type": "array", "items": {"type": "string"}, "description": "The events that it caused."}}},
  "NewOrder": {"type": "object", "additionalProperties": false, "required": ["out_trade_no", "total_fee"], "properties": {
    "out_trade_no": {"type": "string", "minLength": 1, "maxLength": 64},
    "total_fee": {"type": "integer", "minimum": 1, "description": "In the currency's smallest unit: 100 is 1.00 CNY."},
    "currency": {"type": ["string", "null"], "pattern": "^[A-Z]{3}$", "default": "CNY"},
    "merchant": {"type": ["string", "null"], "maxLength": 64, "description": "mch_id, app_id or pid that it has to be paid to; empty: any."},
    "description": {"type": ["string", "null"], "maxLength": 256}, "user_id": {"type": ["string", "null"], "maxLength": 128}}},
  "Order": {"type": "object", "required": ["out_trade_no", "status", "state", "total_fee", "currency", "refund_fee", "created_at", "updated_at"], "properties": {
    "out_trade_no": {"type": "string"}, "status": {"enum": [-1, 0, 1, 2, 3]},
    "state": {"enum": ["closed", "unpaid", "paid", "refunded_in_part", "refunded"]},
    "total_fee": {"type": "integer"}, "currency": {"type": "string"}, "merchant": {"type": ["string", "null"]},
    "description": {"type": ["string", "null"]}, "user_id": {"type": ["string", "null"]},
    "provider": {"type": ["string", "null"]}, "transaction_id": {"type": ["string", "null"]},
    "refund_fee": {"type": "integer", "description": "Refunded so far."}, "paid_at": {"type": ["string", "null"], "format": "date-time"},
    "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"}}},
  "Attempt": {"type": "object", "required": ["event_id", "attempt_no", "created_at", "duration_ms"], "properties": {
    "event_id": {"type": "string"}, "attempt_no": {"type": "integer"}, "response_status": {"type": ["integer", "null"]},
    "error_class": {"oneOf": [{"$ref": "#/components/schemas/ErrorClass"}, {"type": "null"}]}, "error_message": {"type": ["string", "null"]},
    "duration_ms": {"type": "integer"}, "created_at": {"type": "string", "format": "date-time"},
    "response_body": {"type": "string", "description": "Its first part."}, "response_body_base64": {"type": "string", "description": "In its place, where that is not UTF-8."}}},
  "DeadLetter": {"type": "object", "required": ["event_id", "platform", "event_type", "attempt_count", "final_error", "created_at"], "properties": {
    "event_id": {"type": "string"}, "platform": {"type": "string"}, "event_type": {"type": "string"}, "callback_target": {"type": "string"},
    "attempt_count": {"type": "integer"}, "error_class": {"type": ["string", "null"]}, "final_error": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"}}},
  "Selection": {"type": "object", "additionalProperties": false, "minProperties": 1, "description": "Every condition must hold.", "properties": {
    "ids": {"type": "array", "maxItems": 1000, "items": {"type": "string"}},
    "statuses": {"type": "array", "items": {"$ref": "#/components/schemas/Status"}},
    "platform": {"type": "string"}, "event_type": {"type": "string"}, "error_class": {"$ref": "#/components/schemas/ErrorClass"},
    "correlation": {"type": "string"},
    "created_from": {"type": "string", "format": "date-time"}, "created_until": {"type": "string", "format": "date-time"}}},
  "LedgerLine": {"type": "object", "required": ["accepted", "pending", "retrying", "delivered", "dead_letter", "discarded", "mismatch"], "properties": {
    "platform": {"type": "string"}, "minute": {"type": "string", "format": "date-time"}, "accepted": {"type": "integer"},
    "pending": {"type": "integer"}, "retrying": {"type": "integer"}, "delivered": {"type": "integer"}, "dead_letter": {"type": "integer"},
    "discarded": {"type": "integer"}, "mismatch": {"type": "integer", "description": "0, or something is missing or counted twice."}}},
  "Endpoint": {"type": "object", "required": ["key", "platform", "url", "breaker", "in_flight", "queued", "disabled"], "properties": {
    "key": {"type": "string"}, "platform": {"type": "string"}, "url": {"type": "string", "description": "Without its query."},
    "breaker": {"enum": ["closed", "open", "half_open"]}, "paused_until": {"type": ["string", "null"], "format": "date-time"},
    "in_flight": {"type": "integer"}, "queued": {"type": "integer"}, "failures_in_row": {"type": "integer"},
    "last_error": {"type": ["string", "null"]}, "disabled": {"type": "boolean"}, "disabled_reason": {"type": ["string", "null"]},
    "disabled_at": {"type": ["string", "null"], "format": "date-time"}}},
  "Problem": {"type": "object", "required": ["type", "title", "status", "code"], "properties": {
    "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "code": {"type": "string"},
    "detail": {"type": "string"}, "instance": {"type": "string"}}}
}
}
})json";

}  // namespace

std::string openapi_document() {
  std::string document;
  document.reserve(56 * 1024);
  document += kIntroduction;
  document += version();
  document += kAcceptPaths;
  document += kOtherPaths;
  document += kPushPaths;
  document += kAlertPaths;
  document += replay_paths();
  document += kServicePaths;
  document += kComponents;
  document += kPushSchemas;
  document += kAlertSchemas;
  document += kReplaySchemas;
  document += kSchemas;
  return document;
}

}  // namespace yizhan::api
