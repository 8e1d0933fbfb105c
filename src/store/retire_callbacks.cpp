// Retention of callbacks: by their ids, from the old end.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "store/inbound_sql.h"
#include "store/receiving.h"
#include "store/retention_parts.h"

namespace yizhan::store {
namespace {

using Type = SessionColumn::Type;

struct FoundCallback {
  std::int64_t id = 0;
  std::vector<std::string> event_ids;
};

constexpr std::string_view kCandidates =
    "SELECT id, received_at, event_ids, removed_bytes IS NULL AND body IS NOT NULL AND "
    "{postgres|octet_length}{sqlite|length}(body) > 0 FROM inbound_callbacks "
    "WHERE id > $1 AND id < (SELECT max(id) FROM inbound_callbacks) ORDER BY id LIMIT $2";

constexpr std::array<SessionColumn, 1> kCallbackId{{{"id", Type::kInteger}}};
constexpr std::array<SessionColumn, 1> kEventId{{{"id"}}};

/// A callback belongs to what it caused for as long as that is open.
Result<void> leave_open_ones(Session& session, std::vector<FoundCallback>& leaving) {
  std::vector<std::vector<SessionValue>> ids;
  for (const FoundCallback& each : leaving) {
    for (const std::string& id : each.event_ids) ids.push_back({id});
  }
  std::set<std::string> open;
  session.send_each(
      "SELECT e.id FROM outbox_events AS e JOIN outbox_schedule AS s ON s.sequence = e.sequence "
      "WHERE e.id {postgres|= ANY ($1)}{sqlite|= $1}",
      kEventId, ids, [&](const SqlRow& row) { open.insert(text_of(row, 0)); });
  if (auto done = session.finish(); !done) return done;
  std::erase_if(leaving, [&](const FoundCallback& each) {
    return std::ranges::any_of(each.event_ids, [&](const std::string& id) { return open.contains(id); });
  });
  return {};
}

Result<std::vector<CallbackView>> read_whole(Session& session, const std::vector<FoundCallback>& leaving) {
  std::vector<CallbackView> callbacks;
  std::vector<std::int64_t> ids;
  for (const FoundCallback& each : leaving) {
    ids.push_back(each.id);
    const Query query = callback_query(each.id, true);
    session.send(query.text, {query.parameters.begin(), query.parameters.end()},
                 [&](const SqlRow& row) { callbacks.push_back(read_callback_view(row)); });
  }
  if (auto done = session.finish(); !done) return std::unexpected(std::move(done.error()));
  std::vector<std::vector<SessionValue>> rows;
  for (const std::int64_t id : ids) rows.push_back({id});
  session.send_each(
      "SELECT callback_id, name, value FROM callback_keys WHERE callback_id {postgres|= ANY ($1)}{sqlite|= $1}",
      kCallbackId, rows, [&](const SqlRow& row) {
        for (CallbackView& view : callbacks) {
          if (view.id == row.integer(0)) view.keys.push_back({.name = text_of(row, 1), .value = text_of(row, 2)});
        }
      });
  if (auto done = session.finish(); !done) return std::unexpected(std::move(done.error()));
  return callbacks;
}

Result<std::int64_t> change_each_callback(Session& session, std::string_view text,
                                          const std::vector<FoundCallback>& leaving) {
  std::vector<std::vector<SessionValue>> rows;
  for (const FoundCallback& each : leaving) rows.push_back({each.id});
  session.send_each(fmt::format("{} {{postgres|= ANY ($1)}}{{sqlite|= $1}}", text), kCallbackId, rows);
  if (auto done = session.finish(); !done) return std::unexpected(std::move(done.error()));
  return session.changed();
}

/// SQLite's index of search keys is by day: of days before the oldest callback nothing is looked for any more.
Result<void> prune_lookup(Session& session, int rows) {
  session.send(
      "{sqlite|DELETE FROM callback_lookup WHERE (day, hash, callback_id) IN (SELECT day, hash, callback_id "
      "FROM callback_lookup WHERE day < (SELECT received_at / 86400000000 - 1 FROM inbound_callbacks ORDER BY id LIMIT "
      "1) "
      "ORDER BY day LIMIT $1)}",
      {std::int64_t{rows} * 4});
  return session.finish();
}

/// Nor is a block looked into that is older. One that still stands may be left without a callback of some source or
/// type: reading it finds nothing there.
Result<void> prune_blocks(Session& session, int rows) {
  session.send(
      fmt::format("{{sqlite|DELETE FROM callback_blocks WHERE (name, value, block) IN (SELECT name, value, block "
                  "FROM callback_blocks WHERE block < (SELECT min(id) / {} FROM inbound_callbacks) "
                  "ORDER BY block LIMIT $1)}}",
                  kCallbackBlock),
      {std::int64_t{rows} * 4});
  return session.finish();
}

}  // namespace

Result<RetentionReply> retire_callbacks(Session& session, const RetentionWork& work) {
  const RetentionBatch& batch = work.batch;
  const bool bodies = batch.kind == RetentionKind::kCallbackBodies;
  RetentionReply reply{.after = batch.after};
  std::vector<FoundCallback> leaving;
  bool any_old = false;
  session.send(std::string(kCandidates), {batch.after, std::int64_t{batch.rows}}, [&](const SqlRow& row) {
    ++reply.looked_at;
    const bool old = row.time(1) < batch.limit;
    if (!old && !reply.young_after) reply.young_after = reply.after;
    reply.after = row.integer(0);
    any_old = any_old || old;
    if (old && (!bodies || row.integer(3) != 0)) {
      leaving.push_back({.id = row.integer(0), .event_ids = split_ids(row.bytes(2))});
    }
  });
  if (auto done = session.finish(); !done) return std::unexpected(std::move(done.error()));
  reply.ended = !any_old;
  if (!leaving.empty()) {
    if (auto done = leave_open_ones(session, leaving); !done) return std::unexpected(std::move(done.error()));
  }
  reply.removed = static_cast<std::int64_t>(leaving.size());
  if (!work.removes || leaving.empty()) return reply;

  if (work.keep) {
    auto whole = read_whole(session, leaving);
    if (!whole) return std::unexpected(std::move(whole.error()));
    if (auto kept = work.keep({.kind = batch.kind, .events = {}, .callbacks = std::move(*whole)}); !kept) {
      return std::unexpected(std::move(kept.error()));
    }
  }
  if (bodies) {
    const auto removed = change_each_callback(session,
                                              "UPDATE inbound_callbacks SET removed_bytes = {postgres|octet_length}"
                                              "{sqlite|length}(body), body = {postgres|''}{sqlite|x''} "
                                              "WHERE removed_bytes IS NULL AND id",
                                              leaving);
    if (!removed) return std::unexpected(removed.error());
    reply.removed = *removed;
    return reply;
  }
  // Its trigger takes the search keys away.
  const auto removed = change_each_callback(session, "DELETE FROM inbound_callbacks WHERE id", leaving);
  if (!removed) return std::unexpected(removed.error());
  reply.removed = *removed;
  if (auto done = prune_lookup(session, batch.rows); !done) return std::unexpected(std::move(done.error()));
  if (auto done = prune_blocks(session, batch.rows); !done) return std::unexpected(std::move(done.error()));
  return reply;
}

}  // namespace yizhan::store
