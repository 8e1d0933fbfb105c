#include "store/sqlite/express_waybills.h"

#include <utility>

namespace yizhan::store::sqlite {

Result<ExpressWaybills> ExpressWaybills::open(Connection& connection) {
  ExpressWaybills waybills(connection);
  const std::pair<Statement*, std::string_view> statements[] = {
      {&waybills.read_waybill_,
       "SELECT status_code, status_time, status_text FROM platform_express_waybills WHERE tracking_no = ?1"},
      {&waybills.find_step_,
       "SELECT 1 FROM platform_express_tracking_events WHERE tracking_no = ?1 AND event_key = ?2"},
      {&waybills.insert_step_,
       "INSERT INTO platform_express_tracking_events (id, tracking_no, event_key, status_code, received_code, "
       "event_time, event_text, location, carrier_code, is_late, callback_id, created_at) "
       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"},
      {&waybills.insert_notify_,
       "INSERT INTO notify_queue (id, tracking_event_id, next_attempt_at, created_at) VALUES (?1, ?2, ?3, ?3)"},
      {&waybills.write_waybill_,
       "UPDATE platform_express_waybills SET status_code = ?2, status_time = ?3, status_text = ?4, updated_at = ?5 "
       "WHERE tracking_no = ?1"},
  };
  for (const auto& [statement, text] : statements) {
    auto prepared = connection.prepare(text);
    if (!prepared) return std::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  return waybills;
}

Result<ExpressDecision> ExpressWaybills::decide(const ExpressEffect& effect, UtcTime now) {
  KnownParcels known;
  std::set<std::string_view> asked;
  for (const ExpressStep& step : effect.steps) {
    if (asked.insert(step.tracking_no).second) {
      if (auto done = read(step.tracking_no, known); !done) return std::unexpected(done.error());
    }
    if (!known.waybills.contains(step.tracking_no)) continue;
    std::string key = event_key(step);
    const auto stored = is_stored(step.tracking_no, key);
    if (!stored) return std::unexpected(stored.error());
    if (*stored) known.steps.emplace(step.tracking_no, std::move(key));
  }
  return decide_express(effect, known, now);
}

Result<void> ExpressWaybills::read(const std::string& tracking_no, KnownParcels& known) {
  read_waybill_.bind(1, std::string_view(tracking_no));
  const ResetGuard guard(read_waybill_);
  const int code = read_waybill_.step();
  if (code == SQLITE_DONE) return {};
  if (code != SQLITE_ROW) return std::unexpected(connection_->error(code, "read a waybill"));
  known.waybills.emplace(tracking_no, ParcelState{.status_code = std::string(read_waybill_.bytes(0)),
                                                  .status_time = parse_time(read_waybill_.bytes(1)),
                                                  .status_text = std::string(read_waybill_.bytes(2))});
  return {};
}

Result<bool> ExpressWaybills::is_stored(std::string_view tracking_no, std::string_view key) {
  find_step_.bind(1, tracking_no);
  find_step_.bind(2, key);
  const ResetGuard guard(find_step_);
  const int code = find_step_.step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    return std::unexpected(connection_->error(code, "look for a tracking event"));
  }
  return code == SQLITE_ROW;
}

Result<void> ExpressWaybills::write(const ExpressDecision& decision, std::int64_t callback_id, UtcTime now) {
  for (const NewStep& added : decision.steps) {
    if (auto done = insert(added, callback_id, now); !done) return done;
  }
  const std::string updated_at = to_store_text(now);
  for (const auto& [tracking_no, state] : decision.waybills) {
    const std::string status_time = state.status_time ? to_store_text(*state.status_time) : std::string();
    write_waybill_.bind(1, std::string_view(tracking_no));
    write_waybill_.bind_or_null(2, state.status_code);
    write_waybill_.bind_or_null(3, status_time);
    write_waybill_.bind_or_null(4, state.status_text);
    write_waybill_.bind(5, std::string_view(updated_at));
    if (const int code = write_waybill_.run(); code != SQLITE_DONE) {
      return std::unexpected(connection_->error(code, "change a waybill"));
    }
  }
  return {};
}

Result<void> ExpressWaybills::insert(const NewStep& added, std::int64_t callback_id, UtcTime now) {
  const ExpressStep& step = *added.step;
  const std::string id = ids_.make(now);
  const std::string event_time = to_store_text(step.event_time);
  const std::string created_at = to_store_text(now);
  insert_step_.bind(1, std::string_view(id));
  insert_step_.bind(2, std::string_view(step.tracking_no));
  insert_step_.bind(3, std::string_view(added.event_key));
  insert_step_.bind(4, std::string_view(step.status_code));
  insert_step_.bind_or_null(5, step.received_code);
  insert_step_.bind(6, std::string_view(event_time));
  insert_step_.bind_or_null(7, step.event_text);
  insert_step_.bind_or_null(8, step.location);
  insert_step_.bind_or_null(9, step.carrier_code);
  insert_step_.bind(10, std::int64_t{added.is_late});
  insert_step_.bind(11, callback_id);
  insert_step_.bind(12, std::string_view(created_at));
  if (const int code = insert_step_.run(); code != SQLITE_DONE) {
    return std::unexpected(connection_->error(code, "store a tracking event"));
  }
  if (!added.is_told) return {};
  const std::string queued_id = ids_.make(now);
  insert_notify_.bind(1, std::string_view(queued_id));
  insert_notify_.bind(2, std::string_view(id));
  insert_notify_.bind(3, std::string_view(created_at));
  if (const int code = insert_notify_.run(); code != SQLITE_DONE) {
    return std::unexpected(connection_->error(code, "queue what has to be told"));
  }
  return {};
}

}  // namespace yizhan::store::sqlite
