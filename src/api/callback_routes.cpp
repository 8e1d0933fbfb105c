// The record of what was received.
#include <fmt/format.h>

#include <charconv>

#include "api/answer_rows.h"
#include "api/api_state.h"
#include "api/callback_json.h"

namespace yizhan::api {
namespace {

void list_callbacks(ApiState& state, http::ServerRequest& request, const http::PathParameters&,
                    http::Responder responder) {
  const auto parameters = QueryParameters::read(request.query, kCallbackParameters);
  if (!parameters) return responder.answer(answer_error(parameters.error(), request.path));
  auto selection = read_callback_selection(*parameters);
  if (!selection) return responder.answer(answer_error(selection.error(), request.path));
  const auto page = read_page(*parameters);
  if (!page) return responder.answer(answer_error(page.error(), request.path));
  state.answer_from(
      state.parts.reads, request.path, std::move(responder),
      [selection = std::move(*selection), page = *page, path = std::string(request.path)](store::Store& store) {
        return answer_rows<store::CallbackView>(store.list_callbacks(selection, page), "callbacks", path,
                                                [](JsonWriter& writer, const store::CallbackView& view) {
                                                  writer.begin_object();
                                                  write_callback_members(writer, view);
                                                  writer.end_object();
                                                });
      });
}

http::ServerResponse show_callback(store::Store& store, std::int64_t id, const std::string& path) {
  const auto callback = store.find_callback(id, true);
  if (!callback) return answer_error(callback.error(), path);
  if (!*callback) return answer_error({"callback_not_found", fmt::format("there is no callback {}", id)}, path);
  JsonWriter writer;
  writer.begin_object();
  write_callback_members(writer, **callback);
  write_callback_content(writer, **callback);
  writer.end_object();
  return json_answer(writer.take());
}

void get_callback(ApiState& state, http::ServerRequest& request, const http::PathParameters& parameters,
                  http::Responder responder) {
  const std::string_view text = parameters["id"];
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return responder.answer(answer_error({"parameter_invalid", "a callback's id is a number"}, request.path));
  }
  state.answer_from(
      state.parts.reads, request.path, std::move(responder),
      [id, path = std::string(request.path)](store::Store& store) { return show_callback(store, id, path); });
}

}  // namespace

void ApiState::add_callback_routes() {
  add("GET", "/api/v1/callbacks", Scope::kCallbacksRead, list_callbacks);
  add("GET", "/api/v1/callbacks/{id}", Scope::kCallbacksRead, get_callback);
}

}  // namespace yizhan::api
