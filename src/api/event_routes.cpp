// POST /api/v1/events, the API's hot path: the I/O thread spends some microseconds on an event, most of them in the
// kernel.
#include <chrono>

#include "api/api_state.h"
#include "api/new_events.h"
#include "base/fail_point.h"
#include "base/json_text.h"

namespace yizhan::api {
namespace {

void append_accepted(std::string& out, const store::Accepted& accepted) {
  out += R"({"id":)";
  append_json_string(out, accepted.id);  // an older event's id may have come by SQL
  out += R"(,"status":")";
  out += to_string(accepted.status);
  out += accepted.duplicate ? R"(","duplicate":true})" : R"(","duplicate":false})";
}

http::ServerResponse describe(const std::vector<store::Accepted>& accepted, bool array) {
  http::ServerResponse response;
  bool all_duplicates = true;
  std::string& body = response.body;
  body.reserve(accepted.size() * 96 + 2);
  if (array) body += '[';
  for (const store::Accepted& each : accepted) {
    if (body.size() > 1) body += ',';
    append_accepted(body, each);
    all_duplicates = all_duplicates && each.duplicate;
  }
  if (array) body += ']';
  response.status = all_duplicates ? 200 : 202;
  return response;
}

/// Prepares every event or, where one is refused, none.
Result<void> prepare_all(store::Intake& intake, NewEvents& made) {
  store::AcceptCall prepared;
  auto& events = made.call.events;
  for (std::size_t i = 0; i < events.size(); ++i) {
    auto ready = intake.prepare(events[i]);
    if (ready) continue;
    prepared.events.assign(std::make_move_iterator(events.begin()),
                           std::make_move_iterator(events.begin() + static_cast<std::ptrdiff_t>(i)));
    if (!prepared.events.empty()) intake.abandoned(prepared);
    Error error = std::move(ready.error());
    if (made.array) error.message = "event [" + std::to_string(i) + "]: " + error.message;
    return std::unexpected(std::move(error));
  }
  return {};
}

void accept_events(ApiState& state, http::ServerRequest& request, const http::PathParameters&,
                   http::Responder responder) {
  const SteadyTime begun = std::chrono::steady_clock::now();
  const EventHeaders headers{request.header("idempotency-key"), request.header("traceparent")};
  auto made = read_new_events(request.body, headers, state.ids, utc_now());
  if (made) {
    if (auto prepared = prepare_all(state.parts.intake, *made); !prepared) {
      made = std::unexpected(std::move(prepared.error()));
    }
  }
  if (!made) return responder.answer(answer_error(made.error(), request.path));

  state.parts.commits.accept(
      std::move(made->call),
      [self = state.shared_from_this(), array = made->array, begun, responder = std::move(responder)](
          Result<std::vector<store::Accepted>> accepted, store::AcceptCall call) mutable {
        if (!accepted) {
          self->parts.intake.abandoned(call);
          return responder.answer(answer_error(accepted.error(), "/api/v1/events"));
        }
        const auto response = describe(*accepted, array);
        self->parts.intake.accepted(*accepted, std::move(call));
        fail_point("api.before_answer");
        self->accept_durations.add(std::chrono::steady_clock::now() - begun);
        responder.answer(response);
      });
}

}  // namespace

void ApiState::add_event_routes() {
  add("POST", "/api/v1/events", Scope::kEventsWrite, accept_events);
}

}  // namespace yizhan::api
