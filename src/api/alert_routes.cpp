// What is wrong now, and what was.
#include <fmt/format.h>

#include <array>

#include "api/alert_json.h"
#include "api/api_state.h"
#include "api/selection_request.h"

namespace yizhan::api {
namespace {

constexpr std::array<std::string_view, 2> kAlertParameters{"all", "limit"};
constexpr int kMostAlerts = 1000;

void list_alerts(ApiState& state, http::ServerRequest& request, const http::PathParameters&,
                 http::Responder responder) {
  const auto parameters = QueryParameters::read(request.query, kAlertParameters);
  if (!parameters) return responder.answer(answer_error(parameters.error(), request.path));
  const std::string_view all = (*parameters)["all"];
  if (!all.empty() && all != "true" && all != "false") {
    const Error error{"parameter_invalid", fmt::format("'all' is '{}'; it must be true or false", all)};
    return responder.answer(answer_error(error, request.path));
  }
  const auto limit = read_number(*parameters, "limit", 1, kMostAlerts, 100);
  if (!limit) return responder.answer(answer_error(limit.error(), request.path));
  state.answer_from(
      state.parts.reads, request.path, std::move(responder),
      [past = all == "true", limit = static_cast<int>(*limit), path = std::string(request.path)](store::Store& store) {
        const auto alerts = past ? store::newest_alerts(store, limit) : store::open_alerts(store);
        if (!alerts) return answer_error(alerts.error(), path);
        JsonWriter writer;
        writer.begin_object().key("alerts").begin_array();
        int rest = limit;
        for (const store::AlertEpisode& alert : *alerts) {
          if (rest-- > 0) write_alert(writer, alert);
        }
        writer.end_array().end_object();
        return json_answer(writer.take());
      });
}

}  // namespace

void ApiState::add_alert_routes() {
  add("GET", "/api/v1/alerts", Scope::kEventsRead, list_alerts);
}

}  // namespace yizhan::api
