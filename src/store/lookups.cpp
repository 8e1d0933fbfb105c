#include "store/lookups.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>
#include <utility>

#include "store/previous_secret.h"
#include "store/selection_sql.h"

namespace yizhan::store {

EventView read_event_view(const SqlRow& row) {
  EventView view;
  view.sequence = row.integer(kEventSequence);
  view.event.id = text_of(row, kEventId);
  view.event.platform = text_of(row, kEventPlatform);
  view.event.event_type = text_of(row, kEventType);
  view.event.callback_target = text_of(row, kEventTarget);
  view.event.payload = text_of(row, kEventPayload);
  view.event.correlation = text_of(row, kEventCorrelation);
  view.event.order_key = text_of(row, kEventOrderKey);
  view.event.traceparent = text_of(row, kEventTraceparent);
  view.event.created_at = row.time(kEventCreatedAt);
  if (!row.null(kEventRemovedBytes)) view.removed_bytes = row.integer(kEventRemovedBytes);
  view.event.secret = secret_of(row.integer(kEventPreviousSecret));
  view.status = parse_event_status(row.bytes(kEventStatus)).value_or(EventStatus::kPending);
  view.attempt_count = static_cast<int>(row.integer(kEventAttemptCount));
  view.next_attempt_at = optional_time(row, kEventNextAttemptAt);
  view.last_error = text_of(row, kEventLastError);
  view.updated_at = row.time(kEventUpdatedAt);
  view.idempotency_key = text_of(row, kEventIdempotencyKey);
  view.lease_expires_at = optional_time(row, kEventLeaseExpiresAt);
  return view;
}

AttemptView read_attempt_view(const SqlRow& row) {
  AttemptView view;
  view.event_id = text_of(row, 0);
  view.attempt_no = static_cast<int>(row.integer(1));
  view.response_status = static_cast<int>(row.integer(2));
  view.error_class = text_of(row, 3);
  view.error_message = text_of(row, 4);
  view.duration_ms = row.integer(5);
  view.response_body = text_of(row, 6);
  view.created_at = row.time(7);
  return view;
}

Result<void> Lookups::disable_endpoint(const DisabledEndpoint& endpoint) {
  const Query statement{
      "INSERT INTO outbox_endpoints (endpoint_key, platform, url, reason, disabled_at) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT (endpoint_key) DO UPDATE SET reason = excluded.reason, disabled_at = excluded.disabled_at",
      {endpoint.endpoint_key, endpoint.platform, endpoint.url, endpoint.reason, endpoint.disabled_at}};
  const auto done = query(statement, {});
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<bool> Lookups::enable_endpoint(std::int64_t endpoint_key) {
  const auto done = query({"DELETE FROM outbox_endpoints WHERE endpoint_key = $1", {endpoint_key}}, {});
  if (!done) return std::unexpected(done.error());
  return *done > 0;
}

Result<std::vector<DisabledEndpoint>> Lookups::disabled_endpoints() {
  std::vector<DisabledEndpoint> endpoints;
  const Query statement{
      "SELECT endpoint_key, platform, url, reason, disabled_at FROM outbox_endpoints ORDER BY platform, url", {}};
  const auto done = query(statement, [&](const SqlRow& row) {
    endpoints.push_back({.endpoint_key = row.integer(0),
                         .platform = text_of(row, 1),
                         .url = text_of(row, 2),
                         .reason = text_of(row, 3),
                         .disabled_at = row.time(4)});
  });
  if (!done) return std::unexpected(done.error());
  return endpoints;
}

Result<void> Lookups::add_api_key(const ApiKey& key) {
  const Query statement{"INSERT INTO api_keys (id, name, scopes, hash, created_at) VALUES ($1, $2, $3, $4, $5)",
                        {key.id, key.name, key.scopes, key.hash, key.created_at}};
  const auto done = query(statement, {});
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::vector<ApiKey>> Lookups::api_keys() {
  std::vector<ApiKey> keys;
  const Query statement{"SELECT id, name, scopes, hash, created_at, revoked_at FROM api_keys ORDER BY created_at, id",
                        {}};
  const auto done = query(statement, [&](const SqlRow& row) {
    keys.push_back({.id = text_of(row, 0),
                    .name = text_of(row, 1),
                    .scopes = text_of(row, 2),
                    .hash = text_of(row, 3),
                    .created_at = row.time(4),
                    .revoked_at = optional_time(row, 5)});
  });
  if (!done) return std::unexpected(done.error());
  return keys;
}

Result<bool> Lookups::revoke_api_key(std::string_view id, UtcTime now) {
  const Query statement{"UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND (revoked_at IS NULL OR revoked_at > $2)",
                        {std::string(id), now}};
  const auto done = query(statement, {});
  if (!done) return std::unexpected(done.error());
  return *done > 0;
}

Result<std::optional<EventView>> Lookups::find_event(std::string_view id, bool with_payload) {
  std::optional<EventView> found;
  const auto done = query(event_query(id, with_payload), [&](const SqlRow& row) { found = read_event_view(row); });
  if (!done) return std::unexpected(done.error());
  return found;
}

Result<Ledger> Lookups::ledger(const LedgerRange& range, bool by_minute) {
  LedgerCount count{.range = range, .by_minute = by_minute};
  while (true) {
    const auto all = paced([&] { return count_on(count); });
    if (!all) return std::unexpected(all.error());
    if (*all) return std::move(count.ledger);
  }
}

Result<bool> Lookups::count_on(LedgerCount& count) {
  const bool bounded = count.range.created_from || count.range.created_until;
  if (bounded && dialect().first_sequence_from.empty()) {
    auto whole = lines_of(ledger_query(dialect(), count.range, count.by_minute));
    if (!whole) return std::unexpected(std::move(whole.error()));
    count.ledger = std::move(*whole);
    return true;
  }
  if (!count.until) {
    // First what was deleted: what is deleted meanwhile is then in nothing twice.
    auto deleted = lines_of(ledger_of_deleted_query(count.range, count.by_minute));
    if (!deleted) return std::unexpected(std::move(deleted.error()));
    const auto newest = newest_event();
    if (!newest) return std::unexpected(newest.error());
    count.ledger = std::move(*deleted);
    count.until = *newest;
  }
  auto piece = piece_of(count);
  if (!piece) return std::unexpected(std::move(piece.error()));
  count.after = piece->last;
  std::ranges::move(piece->ledger.lines, std::back_inserter(count.ledger.lines));
  if (piece->events == count.piece) return false;
  count.ledger.join_lines();
  return true;
}

Result<LedgerPiece> Lookups::ledger_piece(std::int64_t after, std::int64_t until, int most) {
  return piece_of({.by_minute = true, .piece = most, .after = after, .until = until});
}

Result<Ledger> Lookups::lines_of(const Query& statement) {
  Ledger counted;
  const auto done = query(statement, [&](const SqlRow& row) { counted.lines.push_back(read_ledger_line(row)); });
  if (!done) return std::unexpected(done.error());
  return counted;
}

Result<LedgerPiece> Lookups::piece_of(const LedgerCount& count) {
  LedgerPiece piece;
  const auto done = query(ledger_piece_query(dialect(), count), [&](const SqlRow& row) {
    piece.ledger.lines.push_back(read_ledger_line(row));
    piece.events += piece.ledger.lines.back().accepted;
    piece.last = std::max(piece.last, row.integer(kLedgerLastSequence));
  });
  if (!done) return std::unexpected(done.error());
  return piece;
}

void Lookups::leave_writers_time() {
  if (dialect().writes_of_others.empty() || std::chrono::steady_clock::now() >= writers_time_ends_) return;
  const auto others = number_of(dialect().writes_of_others);
  if (others && *others != std::exchange(writes_of_others_, *others)) {
    std::this_thread::sleep_until(writers_time_ends_);
  }
}

Result<std::int64_t> Lookups::newest_event() {
  return number_of("SELECT max(sequence) FROM outbox_events");
}

Result<std::int64_t> Lookups::number_of(std::string_view statement) {
  std::int64_t number = 0;
  const auto done = query({std::string(statement), {}}, [&](const SqlRow& row) { number = row.integer(0); });
  if (!done) return std::unexpected(done.error());
  return number;
}

}  // namespace yizhan::store
