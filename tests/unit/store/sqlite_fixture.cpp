#include "sqlite_fixture.h"

#include <stdexcept>

namespace yizhan::store {

PlainSqlite::PlainSqlite(const std::string& path) {
  if (sqlite3_open_v2(path.c_str(), &database_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) {
    throw std::runtime_error("cannot open " + path);
  }
  sqlite3_busy_timeout(database_, 5000);
}

std::vector<std::string> PlainSqlite::run(const std::string& sql) {
  std::vector<std::string> rows;
  char* message = nullptr;
  const int code = sqlite3_exec(
      database_, sql.c_str(),
      [](void* taken, int columns, char** values, char**) {
        std::string row;
        for (int i = 0; i < columns; ++i) {
          if (i > 0) row += '|';
          row += values[i] == nullptr ? "NULL" : values[i];
        }
        static_cast<std::vector<std::string>*>(taken)->push_back(row);
        return 0;
      },
      &rows, &message);
  if (code != SQLITE_OK) rows = {std::string("error: ") + message};
  sqlite3_free(message);
  return rows;
}

void SqliteFixture::open() {
  auto factory = sqlite::open_factory(path(), OpenMode::kServe, [this] { return steady_; });
  ASSERT_TRUE(factory) << factory.error().message;
  factory_ = std::move(*factory);
  auto store = factory_->open_writer();
  ASSERT_TRUE(store) << store.error().message;
  store_ = std::move(*store);
}

void SqliteFixture::reopen() {
  store_.reset();
  factory_.reset();
  open();
}

NewEvent SqliteFixture::new_event(std::string payload) {
  NewEvent item;
  item.event.id = ids_.make(now_);
  item.event.platform = "demo";
  item.event.event_type = "order.created";
  item.event.callback_target = "/hook";
  item.event.payload = std::move(payload);
  item.event.created_at = now_;
  item.first_attempt_at = now_;
  item.endpoint_key = kEndpoint;
  return item;
}

WriteReply SqliteFixture::write(WriteBatch batch) {
  batch.now = now_;
  auto reply = store_->write(batch);
  EXPECT_TRUE(reply) << reply.error().message;
  return reply ? std::move(*reply) : WriteReply{};
}

Accepted SqliteFixture::accept(NewEvent event) {
  WriteBatch batch;
  batch.accepts.emplace_back().events.push_back(std::move(event));
  const WriteReply reply = write(std::move(batch));
  if (reply.accepts.size() != 1 || !reply.accepts[0] || reply.accepts[0]->size() != 1) {
    ADD_FAILURE() << "not accepted";
    return {};
  }
  return reply.accepts[0]->front();
}

ClaimReply SqliteFixture::claim(int limit, Milliseconds lease) {
  WriteBatch batch;
  batch.claims.push_back({.endpoint_key = kEndpoint, .limit = limit, .lease_token = token(), .lease = lease});
  WriteReply reply = write(std::move(batch));
  return reply.claims.size() == 1 ? std::move(reply.claims[0]) : ClaimReply{};
}

RecordReply SqliteFixture::record(std::int64_t sequence, std::string_view token, EventStatus next,
                                  UtcTime next_attempt_at) {
  WriteBatch batch;
  AttemptRecord& made = batch.records.emplace_back();
  made.sequence = sequence;
  made.lease_token = token;
  if (next == EventStatus::kDelivered) {
    made.outcome.response_status = 200;
  } else {
    made.outcome.error_class = ErrorClass::kHttp5xx;
    made.outcome.response_status = 503;
    made.outcome.error_message = "status 503";
  }
  made.outcome.response_head = "body";
  made.outcome.started_at = now_;
  made.outcome.duration = Milliseconds{12};
  made.next_status = next;
  made.next_attempt_at = next_attempt_at;
  made.recorded_at = now_;
  const WriteReply reply = write(std::move(batch));
  return reply.records.size() == 1 ? reply.records[0] : RecordReply::kLeaseLost;
}

EventView SqliteFixture::find(std::string_view id) {
  auto found = store_->find_event(id, true);
  EXPECT_TRUE(found) << found.error().message;
  EXPECT_TRUE(found && *found) << "no event " << id;
  return found && *found ? **found : EventView{};
}

std::string SqliteFixture::value(const std::string& sql) {
  const auto rows = PlainSqlite(path()).run(sql);
  return rows.empty() ? "" : rows.front();
}

std::vector<std::string> SqliteFixture::broken_events() {
  return PlainSqlite(path()).run(
      "SELECT e.id FROM outbox_events e LEFT JOIN outbox_schedule s USING (sequence) LEFT JOIN outbox_delivered d "
      "USING (sequence) LEFT JOIN outbox_abandoned a USING (sequence) WHERE (s.updated_at IS NOT NULL) + "
      "(d.updated_at IS NOT NULL) + (a.updated_at IS NOT NULL) <> 1");
}

}  // namespace yizhan::store
