// Everything that only looks: each answer is made whole on a reading thread.
#include <fmt/format.h>

#include <set>

#include "api/api_state.h"
#include "api/list_search.h"
#include "api/selection_request.h"
#include "api/view_json.h"

namespace yizhan::api {
namespace {

constexpr int kMostAttempts = 1000;
constexpr std::array<std::string_view, 2> kAttemptParameters{"event_id", "limit"};
constexpr std::array<std::string_view, 3> kLedgerParameters{"created_from", "created_until", "by"};

void write_event(JsonWriter& writer, const store::EventView& view) {
  writer.begin_object();
  write_event_members(writer, view);
  writer.end_object();
}

http::ServerResponse show_event(store::Store& store, const std::string& id, const std::string& path) {
  const auto event = store.find_event(id, true);
  if (!event) return answer_error(event.error(), path);
  if (!*event) return answer_error({"event_not_found", fmt::format("there is no event '{}'", id)}, path);
  const auto attempts = store.attempts(id, kMostAttempts);
  if (!attempts) return answer_error(attempts.error(), path);
  JsonWriter writer;
  writer.begin_object();
  write_event_members(writer, **event);
  write_payload_members(writer, (*event)->event.payload);
  writer.key("attempts").begin_array();
  for (const store::AttemptView& attempt : *attempts) write_attempt(writer, attempt);
  writer.end_array().end_object();
  return json_answer(writer.take());
}

void get_event(ApiState& state, http::ServerRequest& request, const http::PathParameters& parameters,
               http::Responder responder) {
  state.answer_from(state.parts.reads, request.path, std::move(responder),
                    [id = std::string(parameters["id"]), path = std::string(request.path)](store::Store& store) {
                      return show_event(store, id, path);
                    });
}

/// Lists of what a selection and a page describe.
template <class Row>
void list(ApiState& state, http::ServerRequest& request, http::Responder responder, std::string_view name,
          FindRows<Row> find, WriteRow<Row> write) {
  const auto parameters = QueryParameters::read(request.query, kListParameters);
  if (!parameters) return responder.answer(answer_error(parameters.error(), request.path));
  auto selection = read_selection(*parameters);
  if (!selection) return responder.answer(answer_error(selection.error(), request.path));
  const auto page = read_page(*parameters);
  if (!page) return responder.answer(answer_error(page.error(), request.path));
  const ApiParts& parts = state.parts;
  std::make_shared<ListSearch<Row>>(parts.io, parts.reads, state.stopping, std::move(*selection), *page, find)
      ->start(name, request.path, write,
              [self = state.shared_from_this(), responder = std::move(responder)](
                  const http::ServerResponse& response) mutable { responder.answer(response); });
}

void list_events(ApiState& state, http::ServerRequest& request, const http::PathParameters&,
                 http::Responder responder) {
  list(state, request, std::move(responder), "events", &store::Store::list_events, write_event);
}

void list_dead_letters(ApiState& state, http::ServerRequest& request, const http::PathParameters&,
                       http::Responder responder) {
  list(state, request, std::move(responder), "dead_letters", &store::Store::list_dead_letters, write_dead_letter);
}

void list_attempts(ApiState& state, http::ServerRequest& request, const http::PathParameters&,
                   http::Responder responder) {
  const auto parameters = QueryParameters::read(request.query, kAttemptParameters);
  if (!parameters) return responder.answer(answer_error(parameters.error(), request.path));
  const auto limit = read_number(*parameters, "limit", 1, kMostAttempts, 100);
  if (!limit) return responder.answer(answer_error(limit.error(), request.path));
  state.answer_from(state.parts.reads, request.path, std::move(responder),
                    [event_id = std::string((*parameters)["event_id"]), limit = static_cast<int>(*limit),
                     path = std::string(request.path)](store::Store& store) {
                      const auto attempts = store.attempts(event_id, limit);
                      if (!attempts) return answer_error(attempts.error(), path);
                      JsonWriter writer;
                      writer.begin_object().key("attempts").begin_array();
                      for (const store::AttemptView& attempt : *attempts) write_attempt(writer, attempt);
                      writer.end_array().end_object();
                      return json_answer(writer.take());
                    });
}

http::ServerResponse show_ledger(const Ledger& ledger) {
  JsonWriter writer;
  writer.begin_object().key("lines").begin_array();
  for (const LedgerLine& line : ledger.lines) write_ledger_line(writer, line, true);
  writer.end_array().key("total");
  write_ledger_line(writer, ledger.total(), false);
  writer.boolean("balanced", ledger.balanced()).end_object();
  return json_answer(writer.take());
}

void get_ledger(ApiState& state, http::ServerRequest& request, const http::PathParameters&, http::Responder responder) {
  const auto parameters = QueryParameters::read(request.query, kLedgerParameters);
  if (!parameters) return responder.answer(answer_error(parameters.error(), request.path));
  const std::string_view by = (*parameters)["by"];
  if (!by.empty() && by != "minute" && by != "platform") {
    return responder.answer(answer_error(
        {"parameter_invalid", fmt::format("'by' is '{}'; it must be platform or minute", by)}, request.path));
  }
  const auto from = read_time(*parameters, "created_from");
  if (!from) return responder.answer(answer_error(from.error(), request.path));
  const auto until = read_time(*parameters, "created_until");
  if (!until) return responder.answer(answer_error(until.error(), request.path));
  state.answer_ledger(request.path, std::move(responder), {.range = {*from, *until}, .by_minute = by == "minute"},
                      show_ledger);
}

/// What the dispatcher knows, and endpoints that are disabled in the store though it has not met them.
void list_endpoints(ApiState& state, http::ServerRequest& request, const http::PathParameters&,
                    http::Responder responder) {
  state.answer_from(
      state.parts.reads, request.path, std::move(responder),
      [endpoints = state.parts.dispatching.endpoints(), path = std::string(request.path)](store::Store& store) mutable {
        const auto disabled = store.disabled_endpoints();
        if (!disabled) return answer_error(disabled.error(), path);
        std::set<std::int64_t> known;
        for (const EndpointState& endpoint : endpoints) known.insert(endpoint.key);
        for (const store::DisabledEndpoint& each : *disabled) {
          if (known.contains(each.endpoint_key)) continue;
          EndpointState& endpoint = endpoints.emplace_back();
          endpoint.key = each.endpoint_key;
          endpoint.platform = each.platform;
          endpoint.url = each.url;
          endpoint.disabled = true;
          endpoint.disabled_reason = each.reason;
          endpoint.disabled_at = each.disabled_at;
        }
        JsonWriter writer;
        writer.begin_object().key("endpoints").begin_array();
        for (const EndpointState& endpoint : endpoints) write_endpoint(writer, endpoint);
        writer.end_array().end_object();
        return json_answer(writer.take());
      });
}

}  // namespace

void ApiState::add_look_routes() {
  add("GET", "/api/v1/events", Scope::kEventsRead, list_events);
  add("GET", "/api/v1/events/{id}", Scope::kEventsRead, get_event);
  add("GET", "/api/v1/attempts", Scope::kEventsRead, list_attempts);
  add("GET", "/api/v1/dead-letters", Scope::kEventsRead, list_dead_letters);
  add("GET", "/api/v1/ledger", Scope::kEventsRead, get_ledger);
  add("GET", "/api/v1/endpoints", Scope::kEventsRead, list_endpoints);
}

}  // namespace yizhan::api
