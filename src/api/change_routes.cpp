// What operators change: replay, discard, enable an endpoint. Writing happens on the writer's thread, between commits.
#include <fmt/format.h>

#include <charconv>

#include "api/api_state.h"
#include "api/bulk_change.h"
#include "api/json_writer.h"
#include "api/selection_request.h"
#include "base/log.h"

namespace yizhan::api {
namespace {

http::ServerResponse answer_number(std::string_view name, const Result<std::int64_t>& number, std::string_view path) {
  if (!number) return answer_error(number.error(), path);
  JsonWriter writer;
  writer.begin_object().number(name, *number).end_object();
  return json_answer(writer.take());
}

void preview(ApiState& state, std::string_view path, store::Selection selection, http::Responder responder) {
  state.answer_from(state.parts.reports, path, std::move(responder),
                    [selection = std::move(selection), path = std::string(path)](store::Store& store) {
                      return answer_number("count", store.count(selection), path);
                    });
}

/// Changes what is selected, then answers `{"<name>": how many}`.
void change(ApiState& state, std::string_view path, std::string_view name, store::Selection selection,
            BulkChange::Change how, http::Responder responder) {
  const ApiParts& parts = state.parts;
  std::make_shared<BulkChange>(parts.io, parts.commits, parts.reports, parts.dispatching, std::move(selection),
                               std::move(how))
      ->start([name, path = std::string(path), responder = std::move(responder)](Result<std::int64_t> changed) mutable {
        if (changed) log::info("events_changed", {{"change", name}, {"events", *changed}});
        responder.answer(answer_number(name, changed, path));
      });
}

void replay(ApiState& state, http::ServerRequest& request, const http::PathParameters&, http::Responder responder) {
  auto asked = read_change_request(request.body, false);
  if (!asked) return responder.answer(answer_error(asked.error(), request.path));
  if (asked->preview) return preview(state, request.path, std::move(asked->selection), std::move(responder));
  change(
      state, request.path, "replayed", std::move(asked->selection),
      [entry = state.audit_entry(request, {})](store::Store& store, const store::Selection& selection, int) {
        return store::replay_audited(store, entry, selection, utc_now());
      },
      std::move(responder));
}

void discard(ApiState& state, http::ServerRequest& request, const http::PathParameters&, http::Responder responder) {
  auto asked = read_change_request(request.body, true);
  if (!asked) return responder.answer(answer_error(asked.error(), request.path));
  if (asked->preview) return preview(state, request.path, std::move(asked->selection), std::move(responder));
  change(
      state, request.path, "discarded", std::move(asked->selection),
      [entry = state.audit_entry(request, {}), reason = std::move(asked->reason)](
          store::Store& store, const store::Selection& selection, int) {
        return store::discard_audited(store, entry, selection, reason, utc_now());
      },
      std::move(responder));
}

void replay_one(ApiState& state, http::ServerRequest& request, const http::PathParameters& parameters,
                http::Responder responder) {
  const auto waiting = std::make_shared<http::Responder>(std::move(responder));
  state.parts.commits.run([self = state.shared_from_this(), waiting, id = std::string(parameters["id"]),
                           entry = state.audit_entry(request, {}),
                           path = std::string(request.path)](store::Store& store) mutable {
    Result<std::int64_t> replayed = 0;
    const auto event = store.find_event(id, false);
    if (!event) {
      replayed = std::unexpected(event.error());
    } else if (!*event) {
      replayed = fail("event_not_found", fmt::format("there is no event '{}'", id));
    } else {
      store::Selection one;
      one.ids = {id};
      replayed = store::replay_audited(store, entry, one, utc_now());
    }
    auto& io = self->parts.io;
    http::asio::post(io, [self = std::move(self), waiting, replayed = std::move(replayed), path = std::move(path)] {
      if (replayed && *replayed > 0) self->parts.dispatching.store_changed();
      waiting->answer(answer_number("replayed", replayed, path));
    });
  });
}

void enable_endpoint(ApiState& state, http::ServerRequest& request, const http::PathParameters& parameters,
                     http::Responder responder) {
  const std::string_view text = parameters["key"];
  std::int64_t key = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), key);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return responder.answer(answer_error({"parameter_invalid", "an endpoint's key is a number"}, request.path));
  }
  const auto waiting = std::make_shared<http::Responder>(std::move(responder));
  state.parts.commits.run([self = state.shared_from_this(), waiting, key,
                           entry = state.audit_entry(request, "endpoint.enable"),
                           path = std::string(request.path)](store::Store& store) mutable {
    Result<bool> was_disabled = false;
    const auto done = store::audited(store, entry, [&](store::AuditEntry& completed) -> Result<void> {
      was_disabled = store.enable_endpoint(key);
      if (!was_disabled) return std::unexpected(was_disabled.error());
      completed.object = std::to_string(key);
      if (!*was_disabled) completed.action.clear();
      return {};
    });
    if (!done) was_disabled = std::unexpected(done.error());
    auto& io = self->parts.io;
    http::asio::post(
        io, [self = std::move(self), waiting, key, was_disabled = std::move(was_disabled), path = std::move(path)] {
          if (!was_disabled) return waiting->answer(answer_error(was_disabled.error(), path));
          self->parts.dispatching.endpoint_enabled(key);
          JsonWriter writer;
          writer.begin_object().text("key", std::to_string(key)).boolean("was_disabled", *was_disabled).end_object();
          waiting->answer(json_answer(writer.take()));
        });
  });
}

}  // namespace

void ApiState::add_change_routes() {
  add("POST", "/api/v1/replay", Scope::kAdmin, replay);
  add("POST", "/api/v1/events/discard", Scope::kAdmin, discard);
  add("POST", "/api/v1/events/{id}/replay", Scope::kAdmin, replay_one);
  add("POST", "/api/v1/endpoints/{key}/enable", Scope::kAdmin, enable_endpoint);
}

}  // namespace yizhan::api
