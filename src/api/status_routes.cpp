// How the service is: for load balancers, for Prometheus, and for whoever finds the port.
#include "api/api_state.h"
#include "api/metrics_text.h"
#include "api/openapi_document.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "base/version.h"

namespace yizhan::api {
namespace {

double uptime_seconds(const ApiState& state) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - state.started).count();
}

/// The process runs and answers. Says nothing about the store: restarting the process would not mend that.
void health(ApiState& state, http::ServerRequest&, const http::PathParameters&, http::Responder responder) {
  JsonWriter writer;
  writer.begin_object().text("status", "ok").text("version", version());
  writer.number("uptime_seconds", static_cast<std::int64_t>(uptime_seconds(state))).end_object();
  responder.answer(json_answer(writer.take()));
}

/// Whether requests should be sent here.
void ready(ApiState& state, http::ServerRequest& request, const http::PathParameters&, http::Responder responder) {
  if (state.stopping) return responder.answer(answer_error({"stopping", "the service is stopping"}, request.path));
  if (!state.parts.commits.healthy()) {
    return responder.answer(answer_error({"store_unavailable", "the last commit failed"}, request.path));
  }
  state.answer_from(state.parts.reads, request.path, std::move(responder),
                    [path = std::string(request.path)](store::Store& store) {
                      const auto alive = store.ping();
                      if (!alive) return answer_error({"store_unavailable", alive.error().message}, path);
                      return json_answer(R"({"status":"ready"})");
                    });
}

void metrics(ApiState& state, http::ServerRequest&, const http::PathParameters&, http::Responder responder) {
  state.ledger->get(
      [self = state.shared_from_this(), responder = std::move(responder)](const LedgerCache::Counted* ledger) mutable {
        const ApiParts& parts = self->parts;
        MetricsInput input;
        input.process = read_process_figures();
        input.uptime_seconds = uptime_seconds(*self);
        input.log_lines_dropped = log::lines_dropped();
        input.commits = parts.commits.counters();
        input.store_healthy = parts.commits.healthy();
        if (parts.server_counters) input.server = parts.server_counters();
        if (parts.client_counters) input.client = parts.client_counters();
        if (parts.receive_server_counters) input.receive_server = parts.receive_server_counters();
        if (parts.callback_counters) input.callbacks = parts.callback_counters();
        if (parts.push_server_counters) input.push_server = parts.push_server_counters();
        if (parts.notify_counters) input.notify = parts.notify_counters();
        if (parts.replay_counters) input.replays = parts.replay_counters();
        if (parts.alert_counters) input.alerts = parts.alert_counters();
        if (parts.retention_counters) input.retention = parts.retention_counters();
        input.accept_durations = self->accept_durations;
        input.endpoints = parts.dispatching.endpoints();
        input.deliveries = parts.dispatching.delivery_counters();
        input.ledger = ledger;
        input.platform_known = parts.platform_known;
        input.now = utc_now();
        http::ServerResponse response;
        response.content_type = "text/plain; version=0.0.4; charset=utf-8";
        response.body = metrics_text(input);
        responder.answer(response);
      });
}

void openapi(ApiState&, http::ServerRequest&, const http::PathParameters&, http::Responder responder) {
  responder.answer(json_answer(openapi_document()));
}

void problems(ApiState&, http::ServerRequest&, const http::PathParameters&, http::Responder responder) {
  JsonWriter writer;
  writer.begin_object().key("problems").begin_array();
  for (const http::Problem& problem : all_problems()) {
    writer.begin_object().text("code", problem.code).number("status", problem.status);
    writer.text("title", problem.title).text("advice", problem.advice).end_object();
  }
  writer.end_array().end_object();
  responder.answer(json_answer(writer.take()));
}

void root(ApiState&, http::ServerRequest&, const http::PathParameters&, http::Responder responder) {
  JsonWriter writer;
  writer.begin_object().text("name", "yizhan").text("version", version());
  writer.text("api", "/api/v1/openapi.json").text("problems", "/api/v1/problems");
  writer.text("health", "/health").text("ready", "/ready").text("metrics", "/metrics").end_object();
  responder.answer(json_answer(writer.take()));
}

}  // namespace

void ApiState::add_status_routes() {
  add_public("GET", "/", root);
  add_public("GET", "/health", health);
  add_public("GET", "/ready", ready);
  add_public("GET", "/api/v1/openapi.json", openapi);
  add_public("GET", "/api/v1/problems", problems);
  add("GET", "/metrics", Scope::kEventsRead, metrics);
}

}  // namespace yizhan::api
