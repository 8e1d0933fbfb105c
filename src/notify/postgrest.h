// Recipients of orders that live behind Supabase or another PostgREST service.
//
//   GET  {url}/rest/v1/ml_orders?select=id,user_id,merchant_id&id=in.(…)      apikey: KEY [Authorization: Bearer KEY]
//   POST {url}/rest/v1/rpc/notify_get_order_recipients {"p_order_id":…,"p_token":…}      (RPC variant)
//
// The first asks for many orders at once, the second for one. Both answer rows with `user_id` and `merchant_id`.
//
// `200 []` may mean that row-level security hides the row. A service_role key that is sent as Bearer passes RLS, and so
// does the function: there the order does not exist. Otherwise the table is asked for any row at all
// (`?select=id&limit=1`): when there is none for us, it is hidden (or the table is empty, which nobody can tell from
// here), and last_error says which key was sent how, and the mend.
//
// A failure that is the service's, not one order's, answers the orders that were not asked for yet, too.
//
// Source: PostgREST "Errors" and "Row-level security"; the seed's runbook (shared/seeds, sections 1, 2, 4).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http/client.h"
#include "notify/recipients.h"

namespace yizhan::notify {

struct PostgrestOptions {
  std::string url;  ///< SUPA_URL: scheme and authority, `/rest/v1` is appended unless it is there
  std::string key;  ///< SUPA_KEY
  bool use_bearer = false;
  bool use_rpc = false;   ///< NOTIFY_WORKER_USE_RLS_SAFE_RPC
  std::string rpc_token;  ///< NOTIFY_WORKER_RPC_TOKEN
  Milliseconds timeout{10000};
  std::shared_ptr<const std::vector<http::Network>> extra_networks{};  ///< that it may be in; null: none
};

/// Codes of NoRecipients, beside those that need no question (recipients.h). kSkip: `order_not_found`. kFail, to be
/// mended: `order_hidden_by_rls`, `jwt_not_decoded` (PGRST301), `jwt_expired` (PGRST303), `supa_key_refused` (another
/// 401), `permission_denied` (42501, PGRST302, 403), `table_missing` (42P01, PGRST205), `column_missing` (42703,
/// PGRST204), `rpc_missing` (PGRST202, 42883), `rpc_refused` (P0001), `on_conflict_unmatched` (42P10), `duplicate_key`
/// (23505), `address_blocked`, `postgrest_refused` (any other 4xx). kPutOff: `schema_cache_unavailable` (PGRST002),
/// `database_overloaded` (class 53, PGRST003), `postgrest_unavailable` (no answer, 5xx), `postgrest_throttled` (429),
/// `postgrest_answer_invalid` (not what PostgREST says: a redirect, no JSON, cut off).
///
/// Fails with `url_invalid`, `supa_key_missing`, `supa_key_invalid`, `rpc_token_missing`. Neither key nor token stands
/// in any message.
Result<std::unique_ptr<RecipientFinder>> make_postgrest_recipients(http::Client& client, PostgrestOptions options);

}  // namespace yizhan::notify
