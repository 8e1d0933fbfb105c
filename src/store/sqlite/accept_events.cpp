// OutboxWriter: events that are handed over.
#include <fmt/format.h>

#include <span>
#include <utility>

#include "store/sqlite/outbox_writer.h"

namespace yizhan::store::sqlite {
namespace {

/// What is wrong with one event and concerns its call alone; any other failure concerns the transaction.
bool concerns_the_call(int code) {
  return (code & 0xff) == SQLITE_CONSTRAINT || (code & 0xff) == SQLITE_TOOBIG;
}

}  // namespace

Result<Result<std::vector<Accepted>>> OutboxWriter::accept(const AcceptCall& call, const Moment& moment) {
  // One event fails as a whole by itself: its first INSERT is the one that can be refused. Only where earlier events of
  // a call would have to be taken back is a savepoint worth its price.
  const bool several = call.events.size() > 1;
  if (several) {
    if (auto begun = begin_call(); !begun) return std::unexpected(begun.error());
  }
  auto answer = store_events(call.events, moment);
  if (!answer) return answer;
  if (several) {
    if (auto ended = end_call(!*answer); !ended) return std::unexpected(ended.error());
  }
  if (*answer) hold_leases(call.events, **answer, moment);
  return answer;
}

Result<void> OutboxWriter::begin_call() {
  if (auto done = write_scheduled(); !done) return done;  // of other calls: they stay whatever becomes of this one
  if (const int code = savepoint_.run(); code != SQLITE_DONE) return std::unexpected(error(code, "begin a savepoint"));
  return {};
}

Result<void> OutboxWriter::end_call(bool take_back) {
  if (take_back) {
    scheduled_rows_.clear();
    if (const int code = roll_back_savepoint_.run(); code != SQLITE_DONE) {
      return std::unexpected(error(code, "take a call back"));
    }
  }
  if (const int code = release_savepoint_.run(); code != SQLITE_DONE) {
    return std::unexpected(error(code, "end a savepoint"));
  }
  return {};
}

Result<Result<std::vector<Accepted>>> OutboxWriter::store_events(const std::vector<NewEvent>& events,
                                                                 const Moment& moment) {
  std::vector<Accepted> answer;
  answer.reserve(events.size());
  for (const NewEvent& item : events) {
    auto accepted = accept_event(item, moment);
    if (!accepted) return std::unexpected(accepted.error());
    if (!*accepted) return Result<std::vector<Accepted>>(std::unexpected(accepted->error()));
    answer.push_back(std::move(**accepted));
  }
  return answer;
}

void OutboxWriter::hold_leases(const std::vector<NewEvent>& events, const std::vector<Accepted>& accepted,
                               const Moment& moment) {
  for (std::size_t i = 0; i < accepted.size(); ++i) {
    if (!accepted[i].leased) continue;
    leases_->hold(accepted[i].sequence,
                  {.ends = moment.steady + events[i].lease, .ordered = !events[i].event.order_key.empty()});
  }
}

Result<Result<Accepted>> OutboxWriter::accept_event(const NewEvent& item, const Moment& moment) {
  const Event& event = item.event;
  if (item.idempotency_key) {
    auto duplicate = find_duplicate(item, moment);
    if (!duplicate) return std::unexpected(duplicate.error());
    if (*duplicate) return std::move(**duplicate);
  }
  bool held = false;
  if (!event.order_key.empty()) {
    const auto waits = order_has_open_event(event);
    if (!waits) return std::unexpected(waits.error());
    held = *waits;
  }

  insert_event_.bind(1, std::string_view(event.id));
  insert_event_.bind(2, std::string_view(event.platform));
  insert_event_.bind(3, std::string_view(event.event_type));
  insert_event_.bind(4, std::string_view(event.callback_target));
  insert_event_.bind_blob(5, event.payload);
  insert_event_.bind(6, std::string_view(event.correlation));
  insert_event_.bind(7, std::string_view(event.order_key));
  insert_event_.bind(8, std::string_view(event.traceparent));
  item.idempotency_key ? insert_event_.bind(9, std::string_view(*item.idempotency_key)) : insert_event_.bind_null(9);
  insert_event_.bind(10, event.created_at);
  if (const int code = insert_event_.run(); code != SQLITE_DONE) {
    if (code == SQLITE_CONSTRAINT_UNIQUE) {
      return Result<Accepted>(fail("event_id_taken", fmt::format("an event with id {} is stored already", event.id)));
    }
    if (concerns_the_call(code)) return Result<Accepted>(std::unexpected(error(code, "store the event")));
    return std::unexpected(error(code, "store an event"));
  }

  Accepted accepted{.id = event.id, .sequence = connection_->last_insert_sequence()};
  accepted.leased = !held && !item.lease_token.empty() && item.first_attempt_at <= moment.wall;
  scheduled_rows_.push_back({.event = &item,
                             .sequence = accepted.sequence,
                             .lease_ends = accepted.leased ? std::optional(moment.wall + item.lease) : std::nullopt,
                             .held = held,
                             .updated_at = moment.wall});
  if (item.idempotency_key) {
    auto done = keys_.add(event.platform, *item.idempotency_key, accepted.sequence, moment.wall);
    if (!done) return std::unexpected(done.error());
  }
  minutes_.note(event.created_at, accepted.sequence);
  return accepted;
}

Result<void> OutboxWriter::write_scheduled() {
  const auto bind_row = [](Statement& statement, int first, const ScheduledRow& row) { bind(statement, first, row); };
  if (const int code = insert_scheduled_.insert(std::span(std::as_const(scheduled_rows_)), bind_row);
      code != SQLITE_DONE) {
    return std::unexpected(error(code, "schedule events"));
  }
  scheduled_rows_.clear();
  return {};
}

Result<void> OutboxWriter::write_accepted() {
  if (auto done = write_scheduled(); !done) return done;
  return minutes_.write();
}

void OutboxWriter::bind(Statement& statement, int first, const ScheduledRow& row) {
  const NewEvent& item = *row.event;
  int next = first;
  statement.bind(next++, row.sequence);
  statement.bind(next++, item.endpoint_key);
  statement.bind(next++, row.lease_ends.value_or(item.first_attempt_at));
  statement.bind(next++, item.first_attempt_at);
  row.lease_ends ? statement.bind(next, *row.lease_ends) : statement.bind_null(next);
  ++next;
  statement.bind(next++, row.updated_at);
  for (int counter = 0; counter < 3; ++counter) statement.bind(next++, std::int64_t{0});
  statement.bind(next++, std::int64_t{row.held});
  statement.bind(next++, to_string(EventStatus::kPending));
  row.lease_ends ? statement.bind(next, std::string_view(item.lease_token)) : statement.bind_null(next);
  ++next;
  const bool ordered = !item.event.order_key.empty();
  ordered ? statement.bind(next, std::string_view(item.event.platform)) : statement.bind_null(next);
  ++next;
  ordered ? statement.bind(next, std::string_view(item.event.order_key)) : statement.bind_null(next);
}

Result<std::optional<Result<Accepted>>> OutboxWriter::find_duplicate(const NewEvent& item, const Moment& moment) {
  const Event& event = item.event;
  const auto first = keys_.find(event.platform, *item.idempotency_key, moment.wall);
  if (!first) return std::unexpected(first.error());
  if (!*first) return std::nullopt;
  // It may be one of this transaction.
  if (auto done = write_scheduled(); !done) return std::unexpected(done.error());

  read_duplicate_.bind(1, **first);
  read_duplicate_.bind(2, std::string_view(event.event_type));
  read_duplicate_.bind(3, std::string_view(event.callback_target));
  read_duplicate_.bind_blob(4, event.payload);
  read_duplicate_.bind(5, std::string_view(event.correlation));
  read_duplicate_.bind(6, std::string_view(event.order_key));
  const ResetGuard guard(read_duplicate_);
  if (const int code = read_duplicate_.step(); code != SQLITE_ROW) {
    return std::unexpected(error(code, "read the first event of an idempotency key"));
  }
  std::string first_id(read_duplicate_.bytes(0));
  if (read_duplicate_.integer(1) == 0) {
    return Result<Accepted>(fail(
        "idempotency_conflict",
        fmt::format("the idempotency key {:?} of platform {} was used before, with other content, by event {}; repeat "
                    "that event unchanged, or use a new key",
                    *item.idempotency_key, event.platform, first_id)));
  }
  return Result<Accepted>(
      Accepted{.id = std::move(first_id),
               .status = parse_event_status(read_duplicate_.bytes(2)).value_or(EventStatus::kPending),
               .duplicate = true,
               .sequence = **first});
}

Result<bool> OutboxWriter::order_has_open_event(const Event& event) {
  if (auto done = write_scheduled(); !done) return std::unexpected(done.error());
  order_has_open_.bind(1, std::string_view(event.platform));
  order_has_open_.bind(2, std::string_view(event.order_key));
  const ResetGuard guard(order_has_open_);
  const int code = order_has_open_.step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return std::unexpected(error(code, "look for older events of a key"));
  return code == SQLITE_ROW;
}

}  // namespace yizhan::store::sqlite
