#include "api/openapi_push.h"

namespace yizhan::api {

const std::string_view kPushPaths = R"json("/api/v1/devices": {
  "get": {
    "operationId": "listDevices",
    "summary": "Phones that have registered at the push server. Needs the scope push:read.",
    "parameters": [
      {"name": "user_id", "in": "query", "schema": {"type": "string"}},
      {"name": "merchant_id", "in": "query", "schema": {"type": "string"}},
      {"name": "cid", "in": "query", "description": "As the push service calls the phone.", "schema": {"type": "string"}},
      {"name": "appid", "in": "query", "schema": {"type": "string"}},
      {"name": "active", "in": "query", "schema": {"type": "boolean"}},
      {"$ref": "#/components/parameters/limit"}, {"$ref": "#/components/parameters/after"}
    ],
    "responses": {
      "200": {"description": "A page.", "content": {"application/json": {"schema": {"type": "object", "required": ["devices", "next"], "properties": {
        "devices": {"type": "array", "items": {"$ref": "#/components/schemas/Device"}},
        "next": {"$ref": "#/components/schemas/Next"}}}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/notifications": {
  "post": {
    "operationId": "addNotification",
    "summary": "Has a notification sent to every device of a user or a merchant, or to one device. Needs the scope push:write.",
    "description": "Answered when it is durable. The same message_id again is the same notification: it changes the texts of one that was not yet sent, and nothing of one that was.",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewNotification"}}}},
    "responses": {
      "200": {"description": "It was there already; as it stands.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AddedNotification"}}}},
      "202": {"description": "Stored.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AddedNotification"}}}},
      "409": {"$ref": "#/components/responses/Problem"},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  },
  "get": {
    "operationId": "listNotifications",
    "summary": "Notifications, newest first unless asked otherwise. Needs the scope push:read.",
    "parameters": [
      {"name": "message_id", "in": "query", "schema": {"type": "string"}},
      {"name": "aud", "in": "query", "schema": {"$ref": "#/components/schemas/Audience"}},
      {"name": "recipient_id", "in": "query", "schema": {"type": "string"}},
      {"name": "tracking_no", "in": "query", "schema": {"type": "string"}},
      {"name": "send_status", "in": "query", "schema": {"enum": ["waiting", "processing", "retrying", "success", "failed", "no-targets"]}},
      {"$ref": "#/components/parameters/limit"}, {"$ref": "#/components/parameters/after"}, {"$ref": "#/components/parameters/order"}
    ],
    "responses": {
      "200": {"description": "A page.", "content": {"application/json": {"schema": {"type": "object", "required": ["notifications", "next"], "properties": {
        "notifications": {"type": "array", "items": {"$ref": "#/components/schemas/Notification"}},
        "next": {"$ref": "#/components/schemas/Next"}}}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/notifications/{id}": {
  "get": {
    "operationId": "showNotification",
    "summary": "One notification, and what became of it on each device. Needs the scope push:read.",
    "parameters": [
      {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
      {"name": "limit", "in": "query", "description": "Of the deliveries.", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1000}},
      {"name": "after", "in": "query", "description": "The `deliveries_next` of the page before.", "schema": {"type": "string"}}
    ],
    "responses": {
      "200": {"description": "The notification.", "content": {"application/json": {"schema": {"allOf": [
        {"$ref": "#/components/schemas/Notification"},
        {"type": "object", "required": ["deliveries", "deliveries_next"], "properties": {
          "deliveries": {"type": "array", "items": {"$ref": "#/components/schemas/Delivery"}},
          "deliveries_next": {"$ref": "#/components/schemas/Next"}}}]}}}},
      "404": {"$ref": "#/components/responses/Problem"},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
"/api/v1/waybills/{tracking_no}": {
  "put": {
    "operationId": "putWaybill",
    "summary": "Makes a parcel known, with the recipients of its order. Needs the scope orders:write.",
    "description": "Callbacks about a parcel that is not known are refused, so that the carrier sends them again. Empty or absent fields leave what is known.",
    "parameters": [{"$ref": "#/components/parameters/tracking_no"}],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "additionalProperties": false, "properties": {
      "carrier_code": {"type": ["string", "null"], "maxLength": 64},
      "order_id": {"type": ["string", "null"], "maxLength": 64, "description": "Of ml_orders, here or behind PostgREST. Needed with user_id and merchant_id."},
      "user_id": {"type": ["string", "null"], "maxLength": 255, "description": "Who is told of it."},
      "merchant_id": {"type": ["string", "null"], "maxLength": 255, "description": "Who is told of it, too."}}}}}},
    "responses": {
      "200": {"description": "The parcel as it stands then.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Waybill"}}}},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  },
  "get": {
    "operationId": "showWaybill",
    "summary": "One parcel: its state, whose it is, and what carriers said of it. Needs the scope orders:read.",
    "parameters": [{"$ref": "#/components/parameters/tracking_no"}],
    "responses": {
      "200": {"description": "The parcel.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Waybill"}}}},
      "404": {"$ref": "#/components/responses/Problem"},
      "default": {"$ref": "#/components/responses/Problem"}
    }
  }
},
)json";

const std::string_view kPushSchemas = R"json(
  "Audience": {"enum": ["user", "merchant", "device"]},
  "Device": {"type": "object", "required": ["id", "appid", "cid", "is_active", "last_seen_at", "created_at", "updated_at"], "properties": {
    "id": {"type": "string"}, "appid": {"type": "string"}, "cid": {"type": "string"},
    "user_id": {"type": ["string", "null"]}, "merchant_id": {"type": ["string", "null"]}, "platform": {"type": ["string", "null"]},
    "is_active": {"type": "boolean"}, "inactive_reason": {"type": ["string", "null"]},
    "last_seen_at": {"type": "string", "format": "date-time", "description": "When it registered last."},
    "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"}}},
  "NewNotification": {"type": "object", "additionalProperties": false, "required": ["aud", "recipient_id"], "description": "One of title, body, content and event_text_safe is needed.", "properties": {
    "message_id": {"type": ["string", "null"], "maxLength": 255, "description": "Tells it apart; made up when it is left out."},
    "aud": {"$ref": "#/components/schemas/Audience"},
    "recipient_id": {"type": "string", "minLength": 1, "maxLength": 255, "description": "A user_id, a merchant_id, or a device's cid."},
    "appid": {"type": ["string", "null"], "maxLength": 64, "default": "default", "description": "Of a device only."},
    "title": {"type": ["string", "null"], "maxLength": 256}, "body": {"type": ["string", "null"], "maxLength": 2048},
    "content": {"type": ["string", "null"], "maxLength": 2048, "description": "What is shown; else body, title, event_text_safe."},
    "event_text_safe": {"type": ["string", "null"], "maxLength": 256, "description": "Fit for a lock screen."},
    "payload": {"description": "Any JSON value for the app, at most 3,072 bytes."},
    "status_code": {"type": ["string", "null"], "maxLength": 64}, "tracking_no": {"type": ["string", "null"], "maxLength": 64},
    "order_id": {"type": ["string", "null"], "maxLength": 64}, "tracking_event_id": {"type": ["string", "null"], "maxLength": 64},
    "event_time": {"type": ["string", "null"], "format": "date-time"}}},
  "Notification": {"type": "object", "required": ["id", "aud", "recipient_id", "send_status", "targets", "delivered", "failed", "created_at", "updated_at"], "properties": {
    "id": {"type": "string"}, "message_id": {"type": ["string", "null"]}, "aud": {"$ref": "#/components/schemas/Audience"},
    "recipient_id": {"type": "string"}, "appid": {"type": ["string", "null"]},
    "title": {"type": ["string", "null"]}, "body": {"type": ["string", "null"]}, "content": {"type": ["string", "null"]},
    "event_text_safe": {"type": ["string", "null"]}, "status_code": {"type": ["string", "null"]}, "tracking_no": {"type": ["string", "null"]},
    "order_id": {"type": ["string", "null"]}, "tracking_event_id": {"type": ["string", "null"]},
    "event_time": {"type": ["string", "null"], "format": "date-time"}, "payload": {"description": "As it was handed over."},
    "send_status": {"oneOf": [{"enum": ["processing", "retrying", "success", "failed", "no-targets"]}, {"type": "null"}], "description": "null: it waits, to be sent or for a device."},
    "last_error": {"type": ["string", "null"]}, "targets": {"type": "integer", "description": "Devices."},
    "delivered": {"type": "integer"}, "failed": {"type": "integer"},
    "waits_until": {"type": ["string", "null"], "format": "date-time", "description": "For a device of the recipient."},
    "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"}}},
  "AddedNotification": {"allOf": [{"$ref": "#/components/schemas/Notification"}, {"type": "object", "required": ["duplicate"], "properties": {"duplicate": {"type": "boolean"}}}]},
  "Delivery": {"type": "object", "required": ["appid", "cid", "event_id", "request_id", "outcome", "updated_at"], "properties": {
    "appid": {"type": "string"}, "cid": {"type": "string"},
    "event_id": {"type": "string", "description": "GET /api/v1/events/{id} shows its attempts."},
    "request_id": {"type": "string", "description": "As the push service gets it, on every attempt."},
    "outcome": {"enum": ["outstanding", "delivered", "ignored", "failed"], "description": "ignored: the phone has been inactive for long and will not show it."},
    "last_error": {"type": ["string", "null"]}, "updated_at": {"type": "string", "format": "date-time"}}},
  "Waybill": {"type": "object", "required": ["id", "tracking_no", "events", "created_at", "updated_at"], "properties": {
    "id": {"type": "string"}, "tracking_no": {"type": "string"}, "carrier_code": {"type": ["string", "null"]},
    "order_id": {"type": ["string", "null"]}, "user_id": {"type": ["string", "null"]}, "merchant_id": {"type": ["string", "null"]},
    "status_code": {"type": ["string", "null"]}, "status_time": {"type": ["string", "null"], "format": "date-time"},
    "status_text": {"type": ["string", "null"]},
    "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"},
    "events": {"type": "array", "description": "Oldest first.", "items": {"type": "object", "required": ["id", "status_code", "event_time", "late", "created_at"], "properties": {
      "id": {"type": "string"}, "status_code": {"type": "string"}, "received_code": {"type": ["string", "null"]},
      "event_time": {"type": "string", "format": "date-time"}, "event_text": {"type": ["string", "null"]},
      "location": {"type": ["string", "null"]}, "carrier_code": {"type": ["string", "null"]},
      "late": {"type": "boolean", "description": "Older than what the parcel had reached."},
      "callback_id": {"type": ["string", "null"]}, "created_at": {"type": "string", "format": "date-time"}}}}}},
)json";

}  // namespace yizhan::api
