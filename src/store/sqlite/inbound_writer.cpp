#include "store/sqlite/inbound_writer.h"

#include <fmt/format.h>

#include <span>
#include <utility>

namespace yizhan::store::sqlite {
namespace {

// In the order in which InboundWriter::bind() binds them.
constexpr std::string_view kCallbackColumns =
    "id, received_at, source, event_type, idempotency_key, verdict, reason, effect, answer_status, duration_us, "
    "first_id, event_ids, peer_address, target, body_size, headers, body";
constexpr std::string_view kKeyColumns = "callback_id, name, value, accepted";

}  // namespace

Result<InboundWriter> InboundWriter::open(Connection& connection, OutboxWriter& outbox) {
  auto lookup = CallbackLookup::open(connection);
  if (!lookup) return std::unexpected(lookup.error());
  auto blocks = CallbackBlocks::open(connection);
  if (!blocks) return std::unexpected(blocks.error());
  auto minutes = Minutes::open(connection, "inbound_minutes", "id");
  if (!minutes) return std::unexpected(minutes.error());
  auto orders = PayOrders::open(connection);
  if (!orders) return std::unexpected(orders.error());
  auto waybills = ExpressWaybills::open(connection);
  if (!waybills) return std::unexpected(waybills.error());
  InboundWriter writer(connection, outbox, std::move(*lookup), std::move(*blocks), std::move(*minutes),
                       std::move(*orders), std::move(*waybills));
  if (auto done = writer.prepare(); !done) return std::unexpected(done.error());
  return writer;
}

Result<void> InboundWriter::prepare() {
  // The second condition, true in any case, lets the index be used that leaves out accepted callbacks.
  const auto forget = [](std::string_view verdict) {
    return fmt::format(
        "DELETE FROM inbound_callbacks WHERE id IN (SELECT id FROM inbound_callbacks "
        "WHERE verdict = '{0}' AND verdict <> 'accepted' AND id <= (SELECT id FROM inbound_callbacks "
        "WHERE verdict = '{0}' AND verdict <> 'accepted' ORDER BY id DESC LIMIT 1 OFFSET ?1) ORDER BY id LIMIT ?2)",
        verdict);
  };
  const std::pair<Statement*, std::string> statements[] = {
      {&newest_id_, "SELECT coalesce(max(id), 0) FROM inbound_callbacks"},
      {&find_first_,
       "SELECT body = ?4 FROM inbound_callbacks WHERE id = ?1 AND source = ?2 AND idempotency_key = ?3 "
       "AND verdict = 'accepted'"},
      {&count_duplicate_, "UPDATE inbound_callbacks SET duplicate_count = duplicate_count + 1 WHERE id = ?1"},
      {&callback_exists_,
       "SELECT 1 FROM inbound_callbacks WHERE id = ?1 AND received_at = ?2 AND source = ?3 AND idempotency_key = ?4"},
      {&rejected_.forget, forget(to_string(Verdict::kRejected))},
      {&duplicates_.forget, forget(to_string(Verdict::kDuplicate))},
  };
  for (const auto& [statement, text] : statements) {
    auto prepared = connection_->prepare(text);
    if (!prepared) return std::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  auto callbacks = RowInserts::open(*connection_, "inbound_callbacks", kCallbackColumns);
  if (!callbacks) return std::unexpected(callbacks.error());
  insert_callbacks_ = std::move(*callbacks);
  auto keys = RowInserts::open(*connection_, "callback_keys", kKeyColumns);
  if (!keys) return std::unexpected(keys.error());
  insert_keys_ = std::move(*keys);
  return {};
}

void InboundWriter::commit() {
  lookup_.commit();
  last_id_.reset();
}

void InboundWriter::roll_back() {
  minutes_.roll_back();
  lookup_.roll_back();
  blocks_.roll_back();
  last_id_.reset();
  rows_.clear();
  key_rows_.clear();
}

Result<Result<Received>> InboundWriter::receive(const ReceiveCall& call, const Moment& moment) {
  if (auto refused = record_refusal(call)) return Result<Received>(std::unexpected(std::move(*refused)));
  if (call.rejected) {
    Received received;
    auto done = insert(call, rule_rejected(call), kept_body(call, Verdict::kRejected), moment, received);
    if (!done) return std::unexpected(done.error());
    return received;
  }
  const auto first = find_first(call, moment);
  if (!first) return std::unexpected(first.error());
  if (!*first) return take_in(call, moment);
  auto repeated = repeat(call, **first, moment);
  if (!repeated) return std::unexpected(repeated.error());
  return std::move(*repeated);
}

Result<std::optional<InboundWriter::First>> InboundWriter::find_first(const ReceiveCall& call, const Moment& moment) {
  const InboundCallback& callback = call.callback;
  const auto candidates = lookup_.find(cut_key_value(callback.idempotency_key), moment.wall);
  if (!candidates) return std::unexpected(candidates.error());
  for (const std::int64_t id : *candidates) {
    if (is_waiting(id)) {
      if (auto done = write_rows(); !done) return std::unexpected(done.error());
    }
    find_first_.bind(1, id);
    find_first_.bind(2, std::string_view(callback.source));
    find_first_.bind(3, std::string_view(callback.idempotency_key));
    find_first_.bind_blob(4, callback.body);
    const ResetGuard guard(find_first_);
    const int code = find_first_.step();
    if (code == SQLITE_ROW) return First{.id = id, .body_differs = find_first_.integer(0) == 0};
    if (code != SQLITE_DONE) return std::unexpected(error(code, "look for the first callback of a key"));
  }
  return std::nullopt;
}

Result<Received> InboundWriter::repeat(const ReceiveCall& call, const First& first, const Moment& moment) {
  Received received;
  received.first_id = first.id;
  received.body_differs = first.body_differs;
  const auto body = first.body_differs ? std::optional(kept_body(call, Verdict::kDuplicate)) : std::nullopt;
  if (auto done = insert(call, rule_duplicate(call), body, moment, received); !done) {
    return std::unexpected(done.error());
  }
  count_duplicate_.bind(1, first.id);
  if (const int code = count_duplicate_.run(); code != SQLITE_DONE) {
    return std::unexpected(error(code, "count a duplicate"));
  }
  return received;
}

Result<Result<Received>> InboundWriter::take_in(const ReceiveCall& call, const Moment& moment) {
  const auto decision = orders_.decide(call.effect, moment.wall);
  if (!decision) return std::unexpected(decision.error());
  ExpressDecision express;
  if (const auto* steps = std::get_if<ExpressEffect>(&call.effect)) {
    auto decided = waybills_.decide(*steps, moment.wall);
    if (!decided) return std::unexpected(decided.error());
    express = std::move(*decided);
  }
  const bool is_express = express.result != EffectResult::kNone;
  const Ruling ruling = rule_new(call, is_express ? express.result : decision->result);
  Received received;
  received.effect = ruling.effect;
  if (ruling.verdict == Verdict::kAccepted) {
    // First what may be refused: the rest of the call cannot be.
    const auto stored = store_events(call, moment, received);
    if (!stored) return std::unexpected(stored.error());
    if (!*stored) return Result<Received>(std::unexpected(stored->error()));
  }
  if (decision->result == EffectResult::kApplied) {
    if (auto done = orders_.write(*decision, call.effect, moment.wall); !done) return std::unexpected(done.error());
  }
  if (auto done = insert(call, ruling, kept_body(call, ruling.verdict), moment, received); !done) {
    return std::unexpected(done.error());
  }
  if (express.result == EffectResult::kApplied) {
    // After the callback's row, whose id the tracking events carry.
    if (auto done = waybills_.write(express, received.callback_id, moment.wall); !done) {
      return std::unexpected(done.error());
    }
  }
  return received;
}

Result<Result<void>> InboundWriter::store_events(const ReceiveCall& call, const Moment& moment, Received& received) {
  struct Group {
    const std::vector<NewEvent>* events;
    std::vector<Accepted>* accepted;
  };
  std::vector<Group> groups;
  if (received.effect == EffectResult::kApplied) groups.push_back({&call.effect_events, &received.effect_events});
  groups.push_back({&call.events, &received.events});
  std::size_t count = 0;
  for (const Group& group : groups) count += group.events->size();
  if (count == 0) return Result<void>();

  // One event fails as a whole by itself.
  const bool several = count > 1;
  if (several) {
    if (auto begun = outbox_->begin_call(); !begun) return std::unexpected(begun.error());
  }
  Result<void> answer;
  for (const Group& group : groups) {
    auto stored = outbox_->store_events(*group.events, moment);
    if (!stored) return std::unexpected(stored.error());
    if (!*stored) {
      answer = std::unexpected(stored->error());
      break;
    }
    *group.accepted = std::move(**stored);
  }
  if (several) {
    if (auto ended = outbox_->end_call(!answer); !ended) return std::unexpected(ended.error());
  }
  if (answer) {
    for (const Group& group : groups) outbox_->hold_leases(*group.events, *group.accepted, moment);
  }
  return answer;
}

Result<void> InboundWriter::insert(const ReceiveCall& call, const Ruling& ruling, std::optional<std::string_view> body,
                                   const Moment& moment, Received& received) {
  const auto id = take_id();
  if (!id) return std::unexpected(id.error());
  rows_.push_back({.id = *id,
                   .call = &call,
                   .ruling = ruling,
                   .first_id = received.first_id,
                   .event_ids = joined_ids(received),
                   .body = body});
  received.callback_id = *id;
  received.verdict = ruling.verdict;
  received.reason = ruling.reason;
  minutes_.note(call.callback.received_at, *id);
  if (auto done = blocks_.note(*id, call.callback.source, call.callback.event_type); !done) return done;
  if (ruling.verdict == Verdict::kRejected) rejected_.pace.added(1);
  if (ruling.verdict == Verdict::kDuplicate) duplicates_.pace.added(1);
  if (!body) return {};
  return insert_keys(call, moment, received);
}

Result<void> InboundWriter::insert_keys(const ReceiveCall& call, const Moment& moment, const Received& received) {
  const bool accepted = received.verdict == Verdict::kAccepted;
  for (const SearchKey& key : search_keys(call)) {
    key_rows_.push_back({.callback_id = received.callback_id, .key = key, .accepted = accepted});
    if (!accepted) continue;
    if (auto added = lookup_.add(key.value, received.callback_id, moment.wall); !added) return added;
  }
  return {};
}

/// One more than the newest, as SQLite would choose it.
Result<std::int64_t> InboundWriter::take_id() {
  if (!last_id_) {
    const ResetGuard guard(newest_id_);
    if (const int code = newest_id_.step(); code != SQLITE_ROW) {
      return std::unexpected(error(code, "find the newest callback"));
    }
    last_id_ = newest_id_.integer(0);
  }
  return ++*last_id_;
}

Result<void> InboundWriter::write_rows() {
  const auto bind_row = [](Statement& statement, int first, const auto& row) { bind(statement, first, row); };
  if (const int code = insert_callbacks_.insert(std::span(std::as_const(rows_)), bind_row); code != SQLITE_DONE) {
    return std::unexpected(error(code, "put callbacks on record"));
  }
  if (const int code = insert_keys_.insert(std::span(std::as_const(key_rows_)), bind_row); code != SQLITE_DONE) {
    return std::unexpected(error(code, "note the keys of callbacks"));
  }
  rows_.clear();
  key_rows_.clear();
  return {};
}

void InboundWriter::bind(Statement& statement, int first, const CallbackRow& row) {
  const InboundCallback& callback = row.call->callback;
  int next = first;
  statement.bind(next++, row.id);
  statement.bind(next++, callback.received_at);
  statement.bind(next++, std::string_view(callback.source));
  statement.bind(next++, std::string_view(callback.event_type));
  statement.bind(next++, std::string_view(callback.idempotency_key));
  statement.bind(next++, to_string(row.ruling.verdict));
  statement.bind(next++, row.ruling.reason);
  statement.bind(next++, to_string(row.ruling.effect));
  statement.bind(next++, std::int64_t{row.ruling.answer_status});
  statement.bind(next++, callback.duration.count());
  row.first_id ? statement.bind(next, *row.first_id) : statement.bind_null(next);
  ++next;
  statement.bind(next++, std::string_view(row.event_ids));
  statement.bind(next++, std::string_view(callback.peer));
  statement.bind(next++, std::string_view(callback.target));
  statement.bind(next++, callback.body_size);
  statement.bind(next++, std::string_view(callback.headers));
  row.body ? statement.bind_blob(next, *row.body) : statement.bind_null(next);
}

void InboundWriter::bind(Statement& statement, int first, const KeyRow& row) {
  statement.bind(first, row.callback_id);
  statement.bind(first + 1, row.key.name);
  statement.bind(first + 2, row.key.value);
  statement.bind(first + 3, std::int64_t{row.accepted});
}

Result<void> InboundWriter::finish(const InboundQuota& quota) {
  if (auto done = write_rows(); !done) return done;
  if (auto done = minutes_.write(); !done) return done;
  if (auto done = lookup_.write_stretch(); !done) return done;
  if (auto done = forget(rejected_, quota.rejected); !done) return done;
  return forget(duplicates_, quota.duplicates);
}

Result<void> InboundWriter::forget(Kept& kept, std::int64_t quota) {
  if (!kept.pace.due(quota)) return {};
  kept.forget.bind(1, quota);
  kept.forget.bind(2, QuotaPace::kPortion);
  if (const int code = kept.forget.run(); code != SQLITE_DONE) {
    return std::unexpected(error(code, "forget callbacks beyond their quota"));
  }
  kept.pace.looked(connection_->changes());
  return {};
}

Result<std::optional<bool>> InboundWriter::find_trace(const WriteBatch& batch, const WriteReply& reply) {
  // The last one that went on record: what is beyond the quota was the oldest.
  for (std::size_t i = reply.receives.size(); i-- > 0;) {
    if (!reply.receives[i]) continue;
    const InboundCallback& callback = batch.receives[i].callback;
    callback_exists_.bind(1, reply.receives[i]->callback_id);
    callback_exists_.bind(2, callback.received_at);
    callback_exists_.bind(3, std::string_view(callback.source));
    callback_exists_.bind(4, std::string_view(callback.idempotency_key));
    const ResetGuard guard(callback_exists_);
    const int code = callback_exists_.step();
    if (code != SQLITE_ROW && code != SQLITE_DONE) return std::unexpected(error(code, "find out what a commit did"));
    return code == SQLITE_ROW;
  }
  return std::nullopt;
}

}  // namespace yizhan::store::sqlite
