// Replays that are released bit by bit (store/replay_jobs.h): begin, look, pause, resume, cancel.
#include <fmt/format.h>

#include <charconv>

#include "api/answer_rows.h"
#include "api/api_state.h"
#include "api/replay_json.h"
#include "api/selection_request.h"

namespace yizhan::api {
namespace {

constexpr std::array<std::string_view, 3> kReplayParameters{"limit", "after", "order"};

http::ServerResponse job_answer(const Result<store::ReplayJob>& job, std::string_view path) {
  if (!job) return answer_error(job.error(), path);
  JsonWriter writer;
  write_replay(writer, *job);
  return json_answer(writer.take());
}

/// When the writer has done what was handed to it before.
void wake_runner(ApiState& state) {
  state.parts.commits.run([self = state.shared_from_this()](store::Store&) {
    http::asio::post(self->parts.io, [self] {
      if (self->parts.on_replays) self->parts.on_replays();
    });
  });
}

Result<std::int64_t> read_id(const http::PathParameters& parameters) {
  const std::string_view text = parameters["id"];
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return fail("parameter_invalid", "the id of a replay is a number");
  }
  return id;
}

/// One job a platform: all of them are begun, or none.
http::ServerResponse begin_jobs(store::Store& store, const std::vector<store::ReplayRequest>& requests,
                                std::string_view path) {
  JsonWriter writer;
  const auto done = store.transact("begin_replays.before_commit", [&](store::Session&) -> Result<void> {
    writer = JsonWriter();
    writer.begin_object().key("replays").begin_array();
    for (const store::ReplayRequest& request : requests) {
      const auto job = store::start_replay(store, request, store::AuditOrigin::kApi, utc_now());
      if (!job) return std::unexpected(job.error());
      write_replay(writer, *job);
    }
    writer.end_array().end_object();
    return {};
  });
  if (!done) return answer_error(done.error(), path);
  http::ServerResponse response = json_answer(writer.take());
  response.status = 202;
  return response;
}

void begin(ApiState& state, http::ServerRequest& request, const http::PathParameters&, http::Responder responder) {
  auto asked = read_replay_request(request.body);
  if (!asked) return responder.answer(answer_error(asked.error(), request.path));
  asked->request.actor = state.access->actor(request);
  store::Selection& selection = asked->request.selection;
  if (selection.ids.empty() && !selection.created_until) selection.created_until = utc_now();
  const auto waiting = std::make_shared<http::Responder>(std::move(responder));
  const bool taken = state.parts.reports.run([self = state.shared_from_this(), waiting, asked = std::move(*asked),
                                              path = std::string(request.path)](store::Store& store) mutable {
    auto causes = store.count_by_cause(asked.request.selection);
    auto& io = self->parts.io;
    http::asio::post(io, [self = std::move(self), waiting, asked = std::move(asked), path = std::move(path),
                          causes = std::move(causes)]() mutable {
      if (!causes) return waiting->answer(answer_error(causes.error(), path));
      if (auto signable = self->check_secret(asked.request.secret, *causes); !signable) {
        return waiting->answer(answer_error(signable.error(), path));
      }
      if (asked.preview) return waiting->answer(json_answer(replay_preview_json(*causes, asked.request.secret)));
      self->answer_from_writer(std::move(*waiting),
                               [self, requests = store::by_platform(asked.request, *causes), path = std::move(path)](
                                   store::Store& writer) { return begin_jobs(writer, requests, path); });
      wake_runner(*self);
    });
  });
  if (!taken) waiting->answer(answer_error({"store_busy", "too many look-ups wait"}, request.path));
}

void list_replays(ApiState& state, http::ServerRequest& request, const http::PathParameters&,
                  http::Responder responder) {
  const auto parameters = QueryParameters::read(request.query, kReplayParameters);
  if (!parameters) return responder.answer(answer_error(parameters.error(), request.path));
  const auto page = read_page(*parameters);
  if (!page) return responder.answer(answer_error(page.error(), request.path));
  state.answer_from(state.parts.reads, request.path, std::move(responder),
                    [page = *page, path = std::string(request.path)](store::Store& store) {
                      return answer_rows(store::list_replays(store, page), "replays", path, write_replay);
                    });
}

void show(ApiState& state, http::ServerRequest& request, const http::PathParameters& parameters,
          http::Responder responder) {
  const auto id = read_id(parameters);
  if (!id) return responder.answer(answer_error(id.error(), request.path));
  state.answer_from(state.parts.reads, request.path, std::move(responder),
                    [id = *id, path = std::string(request.path)](store::Store& store) {
                      const auto job = store::find_replay(store, id);
                      if (!job) return answer_error(job.error(), path);
                      if (*job) return job_answer(**job, path);
                      return answer_error({"replay_not_found", fmt::format("there is no replay {}", id)}, path);
                    });
}

ApiState::Handler control(store::ReplayAction action) {
  return [action](ApiState& state, http::ServerRequest& request, const http::PathParameters& parameters,
                  http::Responder responder) {
    const auto id = read_id(parameters);
    if (!id) return responder.answer(answer_error(id.error(), request.path));
    state.answer_from_writer(std::move(responder), [action, id = *id, entry = state.audit_entry(request, {}),
                                                    path = std::string(request.path)](store::Store& store) {
      return job_answer(store::control_replay(store, id, action, entry), path);
    });
    wake_runner(state);
  };
}

}  // namespace

void ApiState::add_replay_routes() {
  add("POST", "/api/v1/replays", Scope::kAdmin, begin);
  add("GET", "/api/v1/replays", Scope::kEventsRead, list_replays);
  add("GET", "/api/v1/replays/{id}", Scope::kEventsRead, show);
  add("POST", "/api/v1/replays/{id}/pause", Scope::kAdmin, control(store::ReplayAction::kPause));
  add("POST", "/api/v1/replays/{id}/resume", Scope::kAdmin, control(store::ReplayAction::kResume));
  add("POST", "/api/v1/replays/{id}/cancel", Scope::kAdmin, control(store::ReplayAction::kCancel));
}

}  // namespace yizhan::api
