// Recipients of orders that live behind Supabase or another PostgREST service.
//
//   GET  {url}/rest/v1/ml_orders?select=id,user_id,merchant_id&id=in.(…)      apikey: KEY [Authorization: Bearer KEY]
//   POST {url}/rest/v1/rpc/notify_get_order_recipients {"p_order_id":…,"p_token":…}      (RPC variant)
//
// `200 []` may mean that row-level security hides the row: that is told apart by the role claim of the key (a
// service_role that is sent as Bearer passes RLS), by a count, or by the RPC, and said in last_error with the mend.
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

/// Codes of NoRecipients: `order_not_found`, `order_hidden_by_rls`, `order_without_recipients`, `order_missing`,
/// `waybill_unknown`; `jwt_not_decoded` (PGRST301), `jwt_expired` (PGRST303), `on_conflict_unmatched` (42P10),
/// `duplicate_key` (23505), `permission_denied` (42501), `table_missing` (42P01, PGRST205), `rpc_missing` (PGRST202):
/// kFail, each also alarmed in the log once a minute; `schema_cache_unavailable` (PGRST002), `database_overloaded`
/// (class 53), `postgrest_unavailable` (connect, time-out, 5xx), `postgrest_throttled` (429): kPutOff.
/// Fails with `url_invalid`, `supa_key_missing`, `rpc_token_missing`.
Result<std::unique_ptr<RecipientFinder>> make_postgrest_recipients(http::Client& client, PostgrestOptions options);

}  // namespace yizhan::notify
