#include "contract_test.h"

#include <fmt/format.h>

#include "base/random.h"

namespace yizhan::store::contract {

Node::Node(const std::string& url)
    : url_(url), factory_(open_factory(url)), store_(value_of(factory_->open_writer())) {}

Store& Node::shell() {
  if (!shell_) {
    shell_factory_ = open_factory(url_, OpenMode::kTool);
    shell_ = value_of(shell_factory_->open_reader());
  }
  return *shell_;
}

void Node::reopen() {
  store_.reset();
  store_ = value_of(factory_->open_writer());
}

NewEvent Node::event() {
  NewEvent made;
  made.event.id = ids_.make(now);
  made.event.platform = "crm";
  made.event.event_type = "order.paid";
  made.event.callback_target = "https://crm.example/callback";
  made.event.payload = R"({"order":1})";
  made.event.created_at = now;
  made.first_attempt_at = now;
  made.endpoint_key = kEndpoint;
  return made;
}

NewEvent Node::ordered_event(std::string order_key) {
  NewEvent made = event();
  made.event.order_key = std::move(order_key);
  return made;
}

NewEvent Node::keyed_event(std::string idempotency_key, std::string payload) {
  NewEvent made = event();
  made.idempotency_key = std::move(idempotency_key);
  made.event.payload = std::move(payload);
  return made;
}

Result<std::vector<Accepted>> Node::try_accept(std::vector<NewEvent> events) {
  WriteBatch batch;
  batch.now = now;
  batch.accepts.push_back({std::move(events)});
  auto reply = store_->write(batch);
  if (!reply) return std::unexpected(reply.error());
  return std::move(reply->accepts.at(0));
}

std::vector<Accepted> Node::accept(std::vector<NewEvent> events) {
  return value_of(try_accept(std::move(events)));
}

Accepted Node::accept(NewEvent event) {
  return accept(std::vector{std::move(event)}).at(0);
}

void Node::accept_delivered(std::int64_t events) {
  NewEvent first = event();
  first.event.platform = "erp";
  first.event.event_type = "a.b";
  const Accepted accepted = accept(std::move(first));
  const std::int64_t sequence = accepted.sequence;
  sql(fmt::format(
      "UPDATE cs_platform_event_outbox SET status = 'delivered' WHERE id = '{2}'; "
      "WITH RECURSIVE series(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < {1}) "
      "INSERT INTO outbox_events (sequence, id, platform, event_type, callback_target, payload, correlation, "
      "order_key, traceparent, created_at) SELECT e.sequence + i, 'e' || (e.sequence + i), e.platform, e.event_type, "
      "'', "
      "e.payload, '', '', '', e.created_at FROM series, outbox_events AS e WHERE e.sequence = {0}; "
      "INSERT INTO outbox_delivered (sequence, attempt_count, updated_at) "
      "SELECT sequence, 1, created_at FROM outbox_events WHERE sequence BETWEEN {0} + 1 AND {0} + {1}",
      sequence, events - 1, accepted.id));
}

WriteReply Node::write(const WriteBatch& batch) {
  return value_of(store_->write(batch));
}

ClaimReply Node::claim_reply(std::int64_t endpoint_key, int limit, Milliseconds lease) {
  WriteBatch batch;
  batch.now = now;
  batch.claims.push_back({endpoint_key, limit, random_hex(16), lease});
  return std::move(write(batch).claims.at(0));
}

std::vector<ClaimedEvent> Node::claim(std::int64_t endpoint_key, int limit, Milliseconds lease) {
  return claim_reply(endpoint_key, limit, lease).events;
}

ClaimedEvent Node::claim_one(Milliseconds lease) {
  auto claimed = claim(kEndpoint, 100, lease);
  if (claimed.size() != 1) throw std::runtime_error(std::to_string(claimed.size()) + " events are due, not one");
  return std::move(claimed.front());
}

AttemptRecord Node::result(const ClaimedEvent& claimed, EventStatus next_status) {
  AttemptRecord made;
  made.sequence = claimed.sequence;
  made.event_id = claimed.event.id;
  made.lease_token = claimed.lease_token;
  made.next_status = next_status;
  made.next_attempt_at = now;
  made.recorded_at = now;
  made.is_ordered = !claimed.event.order_key.empty();
  made.outcome.started_at = now - Milliseconds{12};
  made.outcome.duration = Milliseconds{12};
  made.outcome.response_status = 200;
  made.outcome.response_head = "ok";
  if (next_status != EventStatus::kDelivered) {
    made.outcome.error_class = ErrorClass::kHttp5xx;
    made.outcome.response_status = 503;
    made.outcome.error_message = "the platform answered 503";
  }
  return made;
}

RecordReply Node::record(const AttemptRecord& record) {
  WriteBatch batch;
  batch.now = now;
  batch.records.push_back(record);
  return write(batch).records.at(0);
}

RecordReply Node::deliver(const ClaimedEvent& claimed) {
  return record(result(claimed, EventStatus::kDelivered));
}

RecordReply Node::retry(const ClaimedEvent& claimed, Milliseconds after) {
  AttemptRecord made = result(claimed, EventStatus::kRetrying);
  made.next_attempt_at = now + after;
  return record(made);
}

RecordReply Node::bury(const ClaimedEvent& claimed) {
  return record(result(claimed, EventStatus::kDeadLetter));
}

void Node::release(Release release) {
  WriteBatch batch;
  batch.now = now;
  batch.releases.push_back(std::move(release));
  write(batch);
}

EventView Node::view(std::string_view id, bool with_payload) {
  auto found = value_of(store_->find_event(id, with_payload));
  if (!found) throw std::runtime_error("no event " + std::string(id));
  return *std::move(found);
}

EventStatus Node::status(std::string_view id) {
  return view(id).status;
}

std::int64_t Node::count(std::vector<EventStatus> statuses) {
  Selection selection;
  selection.statuses = std::move(statuses);
  return value_of(store_->count(selection));
}

LedgerLine Node::ledger() {
  const Ledger counted = value_of(store_->ledger({}, false));
  EXPECT_TRUE(counted.balanced());
  return counted.total();
}

SqlResult Node::sql(std::string_view text) {
  return value_of(shell().sql(text)).back();
}

std::vector<std::string> ids_of(const std::vector<ClaimedEvent>& claimed) {
  std::vector<std::string> ids;
  for (const ClaimedEvent& each : claimed) ids.push_back(each.event.id);
  return ids;
}

}  // namespace yizhan::store::contract
