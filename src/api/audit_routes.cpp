// The audit trail (store/audit.h), to look at.
#include <fmt/format.h>

#include "api/answer_rows.h"
#include "api/api_state.h"
#include "api/audit_json.h"
#include "api/selection_request.h"

namespace yizhan::api {
namespace {

constexpr std::array<std::string_view, 9> kAuditParameters{"actor", "action", "object", "origin", "from",
                                                           "until", "limit",  "after",  "order"};

Result<store::AuditSelection> read_audit_selection(const QueryParameters& parameters) {
  store::AuditSelection selection;
  selection.actor = parameters["actor"];
  selection.action = parameters["action"];
  selection.object = parameters["object"];
  if (const std::string_view origin = parameters["origin"]; !origin.empty()) {
    selection.origin = store::parse_audit_origin(origin);
    if (!selection.origin) {
      return fail("parameter_invalid",
                  fmt::format("'origin' is '{}'; it must be cli, api, console, sql or service", origin));
    }
  }
  const auto from = read_time(parameters, "from");
  if (!from) return std::unexpected(from.error());
  const auto until = read_time(parameters, "until");
  if (!until) return std::unexpected(until.error());
  selection.from = *from;
  selection.until = *until;
  return selection;
}

void list_audit_entries(ApiState& state, http::ServerRequest& request, const http::PathParameters&,
                        http::Responder responder) {
  const auto parameters = QueryParameters::read(request.query, kAuditParameters);
  if (!parameters) return responder.answer(answer_error(parameters.error(), request.path));
  auto selection = read_audit_selection(*parameters);
  if (!selection) return responder.answer(answer_error(selection.error(), request.path));
  const auto page = read_page(*parameters);
  if (!page) return responder.answer(answer_error(page.error(), request.path));
  state.answer_from(
      state.parts.reports, request.path, std::move(responder),
      [selection = std::move(*selection), page = *page, path = std::string(request.path)](store::Store& store) {
        return answer_rows(store::list_audit(store, selection, page), "entries", path, write_audit_entry);
      });
}

}  // namespace

void ApiState::add_audit_routes() {
  add("GET", "/api/v1/audit", Scope::kAdmin, list_audit_entries);
}

}  // namespace yizhan::api
