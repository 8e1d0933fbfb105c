#include "api/problem.h"

#include <algorithm>
#include <array>

#include "base/log.h"

namespace yizhan::api {
namespace {

using http::Problem;

constexpr std::array kProblems{
    Problem{400, "json_invalid", "The body is not valid JSON", "The detail says at which byte. Nothing was stored."},
    Problem{400, "parameter_invalid", "A query parameter is unknown or has a bad value",
            "The detail names it and what is allowed."},
    Problem{400, "percent_encoding_invalid", "The query is not percent-encoded properly",
            "Encode it as RFC 3986 says."},
    Problem{401, "credentials_missing", "This needs an API key",
            "Send `Authorization: Bearer yz_…`. `yizhan keys create` makes a key."},
    Problem{401, "credentials_invalid", "The API key is not valid",
            "It is misspelt, unknown or revoked. `yizhan keys list` shows which exist."},
    Problem{401, "token_malformed", "The token is no JSON Web Token", "The detail says what is wrong with its form."},
    Problem{401, "token_algorithm_refused", "The token is not signed with HS256",
            "Only HS256 is accepted, whatever a token says. `yizhan keys generate` makes such tokens."},
    Problem{
        401, "token_signature_mismatch", "The token was signed with another secret",
        "`yizhan keys verify TOKEN` tells whether the token or the service has the wrong one; `yizhan keys generate` "
        "makes a matching pair."},
    Problem{401, "token_expired", "The token has expired", "Make a new one with `yizhan keys generate`."},
    Problem{401, "token_not_yet_valid", "The token is not valid yet", "Compare the clocks of who made it and of here."},
    Problem{401, "token_not_accepted", "This service takes no tokens",
            "No JWT secret is configured. Set push.jwt_secret (JWT_SECRET), or send an API key."},
    Problem{403, "token_role_insufficient", "The token's role may not do this",
            "Phones register with the anon key; everything else needs the service_role key, which stays on servers."},
    Problem{403, "scope_missing", "The API key may not do this",
            "The detail names the scope that is needed. Make a key that has it with `yizhan keys create --scopes`."},
    Problem{403, "cross_site_request", "The request comes from a page of another site",
            "Browsers may use the API only from its own origin. Programs leave the header Origin out."},
    Problem{
        403, "host_not_allowed", "The request is for another host",
        "Without keys the API answers only under localhost and loopback addresses, so that no web page can reach it "
        "under a name of its own. Use such an address, or create an API key and send it."},
    Problem{404, "event_not_found", "There is no such event", "Its id may be misspelt, or it was deleted."},
    Problem{404, "callback_not_found", "There is no such callback on record",
            "Its id may be misspelt, or it was a rejected or repeated one whose place others have taken."},
    Problem{404, "order_not_found", "There is no such order",
            "Its out_trade_no may be misspelt. POST one to create it."},
    Problem{404, "notification_not_found", "There is no such notification",
            "Its id may be misspelt. GET /api/v1/notifications finds one by its message_id."},
    Problem{404, "replay_not_found", "There is no such replay", "GET /api/v1/replays lists them."},
    Problem{404, "waybill_not_found", "There is no such parcel",
            "Its tracking number may be misspelt. PUT it to make it known."},
    Problem{409, "message_id_conflict", "The message_id stands for another recipient's notification",
            "A message_id stands for one notification to one recipient. Use a new one."},
    Problem{
        409, "order_conflict", "There is another order of this number",
        "Amount, currency, merchant, description or user differ from the one that exists. Use another out_trade_no."},
    Problem{409, "idempotency_conflict", "The idempotency key was used for another event",
            "Within seven days a key stands for one event. Use a new key for new content."},
    Problem{409, "replay_ended", "The replay has ended", "It is done, cancelled or failed; begin another one."},
    Problem{422, "field_missing", "A field is missing", "The detail names it."},
    Problem{422, "field_unknown", "A field is not known", "The detail names it and those that are known."},
    Problem{422, "field_invalid", "A field has a value that is not allowed",
            "The detail names it and what is allowed."},
    Problem{422, "too_many_events", "Too many events at once", "Send at most 1,000 in one array."},
    Problem{422, "no_events", "The array has no events", "Send at least one."},
    Problem{422, "unknown_platform", "The platform is not configured",
            "The detail lists those that are. Add it to the configuration, or correct its name."},
    Problem{422, "callback_target_invalid", "The callback target cannot be used",
            "It must be an http or https URL, or a path where the platform has a base URL."},
    Problem{422, "previous_secret_missing", "There is no previous secret to sign with",
            "The platform has one secret, or signs nothing. Name the one that is being replaced as the second of its "
            "`secrets`, or leave `secret` out."},
    Problem{422, "url_invalid", "The callback target is no proper URL", "The detail says why."},
    Problem{422, "selection_empty", "The selection selects everything",
            "Give at least one condition; to mean all events of a status, say that status."},
    Problem{422, "value_refused", "The store refuses a value", "The detail names the rule that it breaks."},
    Problem{503, "store_busy", "Too much is waiting to be stored", "Try again after the time in Retry-After."},
    Problem{503, "store_unavailable", "The store cannot be reached or written",
            "Nothing was stored. Try again after the time in Retry-After; `yizhan doctor` says what is wrong."},
    Problem{503, "store_corrupt", "The store is damaged", "Restore it; see the operations runbook."},
    Problem{503, "schema_outdated", "The store has an older schema",
            "Run `yizhan migrate`, or start the service again."},
    Problem{503, "store_newer", "The store was written by a newer version", "Start that version or a newer one."},
    Problem{503, "store_locked", "Another process serves this store", "Use that one, or stop it."},
    Problem{503, "commit_outcome_unknown", "Whether it was stored could not be found out",
            "Send it again with the same idempotency key: it is stored once."},
    Problem{503, "stopping", "The service is stopping", "Try again; another process or the next start answers."},
};

}  // namespace

std::vector<Problem> all_problems() {
  std::vector<Problem> all(kProblems.begin(), kProblems.end());
  const auto servers = http::server_problems();
  all.insert(all.end(), servers.begin(), servers.end());
  std::ranges::sort(all, [](const Problem& left, const Problem& right) {
    return std::pair(left.status, left.code) < std::pair(right.status, right.code);
  });
  return all;
}

const Problem& problem_of(std::string_view code) {
  const auto found = std::ranges::find(kProblems, code, &Problem::code);
  return found != kProblems.end() ? *found : http::server_problem(code);
}

http::ServerResponse answer_error(const Error& error, std::string_view path) {
  const Problem& problem = problem_of(error.code);
  const bool defect = problem.status == 500;
  if (defect) {
    log::error("api_error_unexpected", {{"path", path}, {"code", error.code}, {"reason", error.message}});
  }
  auto response = http::problem_response(problem, defect ? std::string_view{} : error.message, path);
  if (problem.status == 503) response.extra_header_lines = "Retry-After: 1\r\n";
  if (problem.status == 401) response.extra_header_lines = "WWW-Authenticate: Bearer realm=\"yizhan\"\r\n";
  return response;
}

}  // namespace yizhan::api
