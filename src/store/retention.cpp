#include "store/retention.h"

#include <fmt/format.h>

#include "store/retention_parts.h"
#include "store/selection_sql.h"

namespace yizhan::store {
namespace {

Result<RetentionReply> retire(Session& session, const RetentionWork& work) {
  switch (work.batch.kind) {
    case RetentionKind::kEventBodies:
    case RetentionKind::kAttempts:
    case RetentionKind::kDelivered:
    case RetentionKind::kDiscarded:
    case RetentionKind::kDeadLetters:
      return retire_events(session, work);
    case RetentionKind::kCallbackBodies:
    case RetentionKind::kCallbacks:
      return retire_callbacks(session, work);
    case RetentionKind::kNotifyQueue:
    case RetentionKind::kNotifications:
    case RetentionKind::kTrackingEvents:
      break;
  }
  return retire_notifications(session, work);
}

/// What of the state says that a pass is another's: `$1` is who asks, `$2` the time.
const std::string& free_for_holder() {
  static const std::string kText =
      fmt::format("(holder IS NULL OR holder = $1 OR held_until < {{postgres|now()}}{})", "{sqlite|$2}");
  return kText;
}

const std::string& held_until() {
  static const std::string kText =
      fmt::format("{{postgres|now() + interval '{0} seconds'}}{{sqlite|$2 + {0} * 1000000}}", kPassHeldFor.count());
  return kText;
}

}  // namespace

std::string stored_parameter(int number) {
  return fmt::format("{{postgres|to_timestamp(${0} / 1000000.0)}}{{sqlite|${0}}}", number);
}

Result<RetentionReply> remove_batch(Store& store, const RetentionBatch& batch, std::string_view holder,
                                    const KeepLeaving& keep) {
  static const std::string kHold =
      fmt::format("UPDATE retention_state SET held_until = {} WHERE one = 1 AND holder = $1", held_until());
  RetentionReply reply;
  const auto done = store.transact("retention.before_commit", [&](Session& session) -> Result<void> {
    // What a crash of the server takes back goes again; nobody who is served has to wait for one more flush.
    session.send("{postgres|SET LOCAL synchronous_commit = off}", {});
    session.send(kHold, {std::string(holder), stored_time(batch.now)});
    if (auto held = session.finish(); !held) return held;
    if (session.changed() == 0) {
      return fail("retention_elsewhere", "another node took the pass over; this one leaves it to it");
    }
    auto removed = retire(session, {.batch = batch, .removes = true, .keep = keep});
    if (!removed) return std::unexpected(std::move(removed.error()));
    reply = *removed;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return reply;
}

Result<RetentionReply> look_at_batch(Store& store, const RetentionBatch& batch) {
  RetentionReply reply;
  const KeepLeaving nobody;
  const auto done = store.look([&](Session& session) -> Result<void> {
    auto looked = retire(session, {.batch = batch, .removes = false, .keep = nobody});
    if (!looked) return std::unexpected(std::move(looked.error()));
    reply = *looked;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return reply;
}

Result<RetentionState> retention_state(Store& store) {
  RetentionState state;
  const auto done = store.look([&](Session& session) -> Result<void> {
    session.send(
        "SELECT holder, next_at, last_at, last_removed, sampled_at, sampled_bytes FROM retention_state WHERE one = 1",
        {}, [&](const SqlRow& row) {
          state = {.holder = text_of(row, 0),
                   .next_at = optional_time(row, 1),
                   .last_at = optional_time(row, 2),
                   .last_removed = row.integer(3),
                   .sampled_at = optional_time(row, 4),
                   .sampled_bytes = row.integer(5)};
        });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return state;
}

Result<bool> begin_pass(Store& store, std::string_view holder, bool at_once, UtcTime first_at, UtcTime now) {
  static const std::string kFirst =
      fmt::format("UPDATE retention_state SET next_at = {} WHERE one = 1 AND next_at IS NULL", stored_parameter(1));
  static const std::string kTake = fmt::format(
      "UPDATE retention_state SET holder = $1, held_until = {} WHERE one = 1 AND {} AND ($3 = 1 OR next_at <= {})",
      held_until(), free_for_holder(), stored_parameter(2));
  bool taken = false;
  const auto done = store.transact({}, [&](Session& session) -> Result<void> {
    session.send(kFirst, {stored_time(first_at)});
    session.send(kTake, {std::string(holder), stored_time(now), std::int64_t{at_once}});
    if (auto sent = session.finish(); !sent) return sent;
    taken = session.changed() > 0;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return taken;
}

Result<void> end_pass(Store& store, std::string_view holder, std::int64_t removed, UtcTime next_at,
                      std::int64_t used_bytes, UtcTime now) {
  // Growth is judged over days: a pass that has just deleted says little.
  static const std::string kSample = fmt::format(
      "UPDATE retention_state SET sampled_at = {0}, sampled_bytes = $2 WHERE one = 1 AND "
      "(sampled_at IS NULL OR sampled_at < {{postgres|to_timestamp($1 / 1000000.0) - interval '2 days'}}"
      "{{sqlite|$1 - 172800000000}})",
      stored_parameter(1));
  static const std::string kEnd = fmt::format(
      "UPDATE retention_state SET holder = NULL, held_until = NULL, next_at = {}, last_at = {}, last_removed = $4 "
      "WHERE one = 1 AND holder = $1",
      stored_parameter(2), stored_parameter(3));
  return store.transact({}, [&](Session& session) -> Result<void> {
    session.send(kSample, {stored_time(now), used_bytes});
    session.send(kEnd, {std::string(holder), stored_time(next_at), stored_time(now), removed});
    return session.finish();
  });
}

Result<std::vector<WholeEvent>> read_whole_events(Session& session, const std::vector<std::string>& ids) {
  constexpr int kAllAttempts = 1'000'000;
  std::vector<WholeEvent> events(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    WholeEvent& event = events[i];
    const Query view = event_query(ids[i], true);
    session.send(view.text, {view.parameters.begin(), view.parameters.end()},
                 [&event](const SqlRow& row) { event.view = read_event_view(row); });
    const Query attempts = attempts_query(ids[i], kAllAttempts);
    session.send(attempts.text, {attempts.parameters.begin(), attempts.parameters.end()},
                 [&event](const SqlRow& row) { event.attempts.push_back(read_attempt_view(row)); });
  }
  if (auto done = session.finish(); !done) return std::unexpected(std::move(done.error()));
  std::erase_if(events, [](const WholeEvent& event) { return event.view.event.id.empty(); });
  return events;
}

}  // namespace yizhan::store
