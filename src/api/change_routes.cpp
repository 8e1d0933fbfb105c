// What operators change: replay, discard, enable an endpoint. Writing happens on the writer's thread, between commits.
#include <fmt/format.h>

#include <charconv>

#include "api/api_state.h"
#include "api/bulk_change.h"
#include "api/selection_request.h"
#include "base/json_writer.h"
#include "base/log.h"

namespace yizhan::api {
namespace {

http::ServerResponse answer_number(std::string_view name, const Result<std::int64_t>& number, std::string_view path) {
  if (!number) return answer_error(number.error(), path);
  JsonWriter writer;
  writer.begin_object().number(name, *number).end_object();
  return json_answer(writer.take());
}

/// `secret`: of a replay.
void preview(ApiState& state, std::string_view path, store::Selection selection, std::optional<SigningSecret> secret,
             http::Responder responder) {
  state.answer_from(state.parts.reports, path, std::move(responder),
                    [selection = std::move(selection), secret, path = std::string(path)](store::Store& store) {
                      const auto count = store.count(selection);
                      if (!count) return answer_error(count.error(), path);
                      JsonWriter writer;
                      writer.begin_object().number("count", *count);
                      if (secret) writer.text("secret", to_string(*secret));
                      return json_answer(writer.end_object().take());
                    });
}

/// Goes on where the platforms of what is selected have the secret, answers where one has not.
void when_signable(ApiState& state, std::string_view path, store::Selection selection, SigningSecret secret,
                   http::Responder responder, std::move_only_function<void(http::Responder)> go_on) {
  if (secret == SigningSecret::kCurrent) return go_on(std::move(responder));
  const auto waiting = std::make_shared<http::Responder>(std::move(responder));
  const bool taken = state.parts.reports.run([self = state.shared_from_this(), waiting, secret,
                                              path = std::string(path), selection = std::move(selection),
                                              go_on = std::move(go_on)](store::Store& store) mutable {
    auto counted = store.count_by_cause(selection);
    auto& io = self->parts.io;
    http::asio::post(io, [self = std::move(self), waiting, secret, path = std::move(path), counted = std::move(counted),
                          go_on = std::move(go_on)]() mutable {
      if (!counted) return waiting->answer(answer_error(counted.error(), path));
      if (auto signable = self->check_secret(secret, *counted); !signable) {
        return waiting->answer(answer_error(signable.error(), path));
      }
      go_on(std::move(*waiting));
    });
  });
  if (!taken) waiting->answer(answer_error({"store_busy", "too many look-ups wait"}, path));
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
  when_signable(state, request.path, asked->selection, asked->secret, std::move(responder),
                [self = state.shared_from_this(), path = std::string(request.path), asked = *asked,
                 entry = state.audit_entry(request, {})](http::Responder signable) {
                  if (asked.preview) return preview(*self, path, asked.selection, asked.secret, std::move(signable));
                  change(
                      *self, path, "replayed", asked.selection,
                      [entry, secret = asked.secret](store::Store& store, const store::Selection& selection, int) {
                        return store::replay_audited(store, entry, selection, secret, utc_now());
                      },
                      std::move(signable));
                });
}

void discard(ApiState& state, http::ServerRequest& request, const http::PathParameters&, http::Responder responder) {
  auto asked = read_change_request(request.body, true);
  if (!asked) return responder.answer(answer_error(asked.error(), request.path));
  if (asked->preview) return preview(state, request.path, std::move(asked->selection), {}, std::move(responder));
  change(
      state, request.path, "discarded", std::move(asked->selection),
      [entry = state.audit_entry(request, {}), reason = std::move(asked->reason)](
          store::Store& store, const store::Selection& selection, int) {
        return store::discard_audited(store, entry, selection, reason, utc_now());
      },
      std::move(responder));
}

/// `one` names one event by its id.
void replay_named(ApiState& state, std::string path, store::Selection one, SigningSecret secret,
                  store::AuditEntry entry, http::Responder responder) {
  const auto waiting = std::make_shared<http::Responder>(std::move(responder));
  state.parts.commits.run([self = state.shared_from_this(), waiting, one = std::move(one), secret,
                           entry = std::move(entry), path = std::move(path)](store::Store& store) mutable {
    Result<std::int64_t> replayed = 0;
    const auto event = store.find_event(one.ids.front(), false);
    if (!event) {
      replayed = std::unexpected(event.error());
    } else if (!*event) {
      replayed = fail("event_not_found", fmt::format("there is no event '{}'", one.ids.front()));
    } else {
      replayed = store::replay_audited(store, entry, one, secret, utc_now());
    }
    auto& io = self->parts.io;
    http::asio::post(io, [self = std::move(self), waiting, replayed = std::move(replayed), path = std::move(path)] {
      if (replayed && *replayed > 0) self->parts.dispatching.store_changed();
      waiting->answer(answer_number("replayed", replayed, path));
    });
  });
}

void replay_one(ApiState& state, http::ServerRequest& request, const http::PathParameters& parameters,
                http::Responder responder) {
  const auto secret = read_replay_secret(request.body);
  if (!secret) return responder.answer(answer_error(secret.error(), request.path));
  store::Selection one;
  one.ids = {std::string(parameters["id"])};
  when_signable(state, request.path, one, *secret, std::move(responder),
                [self = state.shared_from_this(), path = std::string(request.path), one, secret = *secret,
                 entry = state.audit_entry(request, {})](http::Responder signable) {
                  replay_named(*self, path, one, secret, entry, std::move(signable));
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
