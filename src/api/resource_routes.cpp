// Devices, notifications and parcels on the API; the push server (push_server.h) offers the first two as well.
#include "api/api_state.h"
#include "api/push_resources.h"

namespace yizhan::api {
namespace {

http::ServerResponse api_form(const Result<ResourceAnswer>& answer, std::string_view path) {
  if (!answer) return answer_error(answer.error(), path);
  http::ServerResponse response = json_answer(answer->json);
  response.status = answer->status;
  return response;
}

ApiState::Handler resource(ResourceHandler handler) {
  return [handler](ApiState& state, http::ServerRequest& request, const http::PathParameters& parameters,
                   http::Responder responder) {
    serve_resource(state.resources, handler, api_form, state.audit_entry(request, {}), request, parameters,
                   std::move(responder));
  };
}

}  // namespace

void ApiState::add_resource_routes() {
  add("GET", "/api/v1/devices", Scope::kPushRead, resource(list_devices));
  add("POST", "/api/v1/notifications", Scope::kPushWrite, resource(add_notification));
  add("GET", "/api/v1/notifications", Scope::kPushRead, resource(list_notifications));
  add("GET", "/api/v1/notifications/{id}", Scope::kPushRead, resource(show_notification));
  add("PUT", "/api/v1/waybills/{tracking_no}", Scope::kOrdersWrite, resource(put_waybill));
  add("GET", "/api/v1/waybills/{tracking_no}", Scope::kOrdersRead, resource(show_waybill));
}

}  // namespace yizhan::api
