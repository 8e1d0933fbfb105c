#include "store/postgres/statements.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/inbound_sql.h"

namespace yizhan::store::postgres::statements {
namespace {

const Oid kInt8s = array_of(kInt8);
const Oid kInt4s = array_of(kInt4);
const Oid kTexts = array_of(kText);
const Oid kByteas = array_of(kBytea);
const Oid kTimes = array_of(kTimestamptz);
const Oid kBools = array_of(kBool);

/// The parameters $1, $2, … as a table: an array for each of the columns (separated by commas), row by row, and
/// `position` (from 1). Not `FROM unnest($1, $2, …)`: the server would first copy each array into a store of its own,
/// which takes a tenth of its time.
std::string rows(std::string_view columns) {
  std::string text = "(SELECT ";
  for (int parameter = 1; !columns.empty(); ++parameter) {
    const std::size_t end = std::min(columns.find(','), columns.size());
    text += fmt::format("unnest(${}) AS {}, ", parameter, columns.substr(0, end));
    columns.remove_prefix(std::min(end + 2, columns.size()));
  }
  return text + "generate_subscripts($1, 1) AS position)";
}

/// Ordered by the lock's number, so that no two transactions wait for each other. The seed 7201 keeps our locks apart
/// from an application's own; outbox_lock_lanes() of the schema uses the same.
std::string lock_lanes(std::string_view lock) {
  return fmt::format(
      "SELECT lane FROM (SELECT lane, {} AS locked FROM ("
      " SELECT lane, hashtextextended(lane, 7201) AS lock_key FROM ("
      "  SELECT order_lane AS lane FROM outbox_schedule WHERE sequence = ANY ($1) AND order_lane IS NOT NULL"
      "  UNION SELECT unnest($2)) AS lanes"
      " ORDER BY lock_key) AS ordered) AS tried WHERE locked IS NOT FALSE",
      lock);
}

/// What every kind of result has: the attempt that was made.
constexpr std::string_view kAttemptColumns =
    "sequence, token, response_status, duration_ms, response_body, created_at, recorded_at";
const std::vector<Oid> kAttemptTypes{kInt8s, kTexts, kInt4s, kInt4s, kByteas, kTimes, kTimes};

constexpr std::string_view kCallbackColumns =
    "id, received_at, body_size, duration_us, first_id, duplicate_count, answer_status, source, event_type,"
    " idempotency_key, verdict, reason, effect, event_ids, peer_address, target, headers, body";

constexpr std::string_view kInsertAttempts =
    "INSERT INTO outbox_attempts (sequence, attempt_no, response_status, duration_ms, response_body, created_at,"
    " error_class, error_message) SELECT sequence, attempt_no, response_status, duration_ms, response_body, created_at";

std::string prune_keys(std::string_view table) {
  return fmt::format(
      "DELETE FROM {0} WHERE ctid = ANY (ARRAY("
      " SELECT ctid FROM {0} WHERE created_at < statement_timestamp() - interval '7 days'"
      " ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED))",
      table);
}

/// Another node may be doing the same: what it holds is left to it.
std::string forget(std::string_view verdict) {
  return fmt::format(
      "DELETE FROM inbound_callbacks WHERE id = ANY (ARRAY("
      " SELECT id FROM inbound_callbacks WHERE verdict = '{0}'"
      " AND id <= (SELECT id FROM inbound_callbacks WHERE verdict = '{0}' ORDER BY verdict DESC, id DESC LIMIT 1 "
      "OFFSET $1)"
      " ORDER BY verdict, id LIMIT $2 FOR UPDATE SKIP LOCKED))",
      verdict);
}

std::vector<Oid> with(std::vector<Oid> types, std::initializer_list<Oid> more) {
  types.insert(types.end(), more);
  return types;
}

const std::string kScheduleRows = rows("endpoint_key, due, token, lease_ms, lane, follows");
constexpr std::string_view kScheduleText =
    "INSERT INTO outbox_schedule (sequence, endpoint_key, available_at, next_attempt_at, lease_expires_at, updated_at,"
    " attempt_count, attempts_made, run_start, held, status, lease_token, order_lane) "
    "SELECT currval('outbox_sequence') + position - 1, endpoint_key, coalesce(lease_end, due), due, lease_end, $7,"
    " 0, 0, 0, waits, 'pending', CASE WHEN lease_end IS NOT NULL THEN token END, lane FROM ("
    " SELECT *, CASE WHEN NOT waits THEN statement_timestamp() + lease_ms * interval '1 millisecond' END AS lease_end "
    "FROM ("
    "  SELECT *, {} AS waits FROM {} AS handed) AS handed) AS handed{}";
const std::vector<Oid> kScheduleTypes{kInt8s, kTimes, kTexts, kInt8s, kTexts, kBools, kTimestamptz};

}  // namespace

const Statement kRollback{"rollback", "ROLLBACK", {}};
const Statement kSavepoint{"savepoint", "SAVEPOINT item", {}};
const Statement kRollbackToSavepoint{"rollback_to_savepoint", "ROLLBACK TO SAVEPOINT item", {}};
const Statement kReleaseSavepoint{"release_savepoint", "RELEASE SAVEPOINT item", {}};
const Statement kCommit{"commit", "COMMIT", {}};

const Statement kLockLanes{
    "lock_lanes", lock_lanes("CASE WHEN pg_advisory_xact_lock(lock_key) IS NOT NULL THEN true END"), {kInt8s, kTexts}};
const Statement kTryLockLanes{"try_lock_lanes", lock_lanes("pg_try_advisory_xact_lock(lock_key)"), {kInt8s, kTexts}};

const Statement kRecordDelivered{
    "record_delivered",
    fmt::format(
        "WITH result AS {0}, closed AS ("
        " DELETE FROM outbox_schedule AS s USING result WHERE s.sequence = result.sequence AND s.lease_token = token"
        " RETURNING s.sequence, s.attempt_count + 1 AS attempt_count, s.attempts_made + 1 AS attempt_no,"
        "  response_status, duration_ms, response_body, created_at, recorded_at, position"
        "), delivered AS ("
        " INSERT INTO outbox_delivered (sequence, attempt_count, updated_at)"
        " SELECT sequence, attempt_count, recorded_at FROM closed"
        "), attempted AS ({1}, NULL, NULL FROM closed) "
        "SELECT position FROM closed",
        rows(kAttemptColumns), kInsertAttempts),
    kAttemptTypes};

const Statement kRecordRetry{
    "record_retry",
    fmt::format("WITH result AS {0}, retried AS ("
                " UPDATE outbox_schedule AS s SET status = 'retrying', attempt_count = s.attempt_count + 1,"
                "  attempts_made = s.attempts_made + 1, next_attempt_at = result.next_attempt_at,"
                "  available_at = result.next_attempt_at, last_error = error_message, lease_token = NULL,"
                "  lease_expires_at = NULL, updated_at = recorded_at"
                " FROM result WHERE s.sequence = result.sequence AND s.lease_token = token"
                " RETURNING s.sequence, s.attempts_made AS attempt_no, response_status, duration_ms, response_body,"
                "  created_at, error_class, error_message, position"
                "), attempted AS ({1}, error_class, error_message FROM retried) "
                "SELECT position FROM retried",
                rows(fmt::format("{}, error_class, error_message, next_attempt_at", kAttemptColumns)), kInsertAttempts),
    with(kAttemptTypes, {kTexts, kTexts, kTimes})};

const Statement kRecordDeadLetter{
    "record_dead_letter",
    fmt::format(
        "WITH result AS {0}, closed AS ("
        " DELETE FROM outbox_schedule AS s USING result WHERE s.sequence = result.sequence AND s.lease_token = token"
        " RETURNING s.sequence, s.attempt_count + 1 AS attempt_count, s.attempts_made + 1 AS attempt_no,"
        "  response_status, duration_ms, response_body, created_at, recorded_at, error_class, error_message, position"
        "), abandoned AS ("
        " INSERT INTO outbox_abandoned (sequence, status, attempt_count, last_error, updated_at)"
        " SELECT sequence, 'dead_letter', attempt_count, error_message, recorded_at FROM closed"
        "), buried AS ("
        " INSERT INTO cs_platform_event_dead_letters (event_id, platform, event_type, callback_target,"
        "  attempt_count, final_error, error_class, created_at)"
        " SELECT e.id, e.platform, e.event_type, e.callback_target, closed.attempt_count, error_message, error_class,"
        "  recorded_at FROM closed JOIN outbox_events AS e ON e.sequence = closed.sequence"
        " ON CONFLICT (event_id) DO UPDATE SET attempt_count = excluded.attempt_count,"
        "  final_error = excluded.final_error, error_class = excluded.error_class, created_at = excluded.created_at"
        "), attempted AS ({1}, error_class, error_message FROM closed) "
        "SELECT position FROM closed",
        rows(fmt::format("{}, error_class, error_message", kAttemptColumns)), kInsertAttempts),
    with(kAttemptTypes, {kTexts, kTexts})};

const Statement kLockUnlocked{
    "lock_unlocked",
    "SELECT sequence FROM outbox_schedule WHERE sequence = ANY ($1) ORDER BY sequence FOR UPDATE SKIP LOCKED",
    {kInt8s}};

const Statement kSettleLanes{"settle_lanes", "SELECT outbox_settle_lanes($1)", {kTexts}};

const Statement kFindKeys{
    "find_keys",
    "SELECT position, i.sequence, e.id, coalesce("
    "  (SELECT status FROM outbox_schedule AS s WHERE s.sequence = i.sequence),"
    "  (SELECT 'delivered' FROM outbox_delivered AS d WHERE d.sequence = i.sequence),"
    "  (SELECT status FROM outbox_abandoned AS a WHERE a.sequence = i.sequence)),"
    " e.event_type, e.callback_target, e.payload, e.correlation, e.order_key "
    "FROM " +
        rows("platform, idempotency_key") +
        " AS wanted "
        "JOIN outbox_idempotency AS i ON i.platform = wanted.platform AND i.idempotency_key = wanted.idempotency_key "
        "JOIN outbox_events AS e ON e.sequence = i.sequence",
    {kTexts, kTexts}};

// In one order, so that two nodes that store the same keys wait for each other and do not end in a deadlock.
const Statement kStoreKeys{
    "store_keys",
    "INSERT INTO outbox_idempotency (platform, idempotency_key, sequence, created_at) "
    "SELECT platform, idempotency_key, currval('outbox_sequence') + place, statement_timestamp() "
    "FROM " +
        rows("platform, idempotency_key, place") + " AS handed ORDER BY platform, idempotency_key",
    {kTexts, kTexts, kInt8s}};

const Statement kPruneKeys{"prune_keys", prune_keys("outbox_idempotency"), {kInt8}};

const Statement kNextBlock{"next_block", "SELECT nextval('outbox_sequence')", {}};

const Statement kStoreEvents{
    "store_events",
    "INSERT INTO outbox_events (sequence, created_at, id, platform, event_type, callback_target, payload, correlation,"
    " order_key, traceparent, idempotency_key) "
    "SELECT currval('outbox_sequence') + position - 1, created_at, id, platform, event_type, callback_target, payload,"
    " correlation, order_key, traceparent, idempotency_key "
    "FROM " +
        rows("created_at, id, platform, event_type, callback_target, payload, correlation, order_key, traceparent, "
             "idempotency_key") +
        " AS handed",
    {kTimes, kTexts, kTexts, kTexts, kTexts, kByteas, kTexts, kTexts, kTexts, kTexts}};

const Statement kSchedule{"schedule", fmt::format(kScheduleText, "false", kScheduleRows, ""), kScheduleTypes};

const Statement kScheduleOrdered{"schedule_ordered",
                                 "WITH stored AS (" +
                                     fmt::format(kScheduleText,
                                                 "lane IS NOT NULL AND (follows OR EXISTS ("
                                                 "SELECT FROM outbox_schedule AS s WHERE s.order_lane = handed.lane))",
                                                 kScheduleRows, " RETURNING sequence, held") +
                                     ") SELECT sequence FROM stored WHERE held",
                                 kScheduleTypes};

const Statement kAnnounce{"announce", "SELECT outbox_news(endpoint_key) FROM unnest($1) AS endpoint_key", {kInt8s}};

const Statement kLockOrders{
    "lock_orders",
    fmt::format("SELECT {} FROM pay_orders WHERE out_trade_no = ANY ($1) ORDER BY out_trade_no FOR UPDATE",
                kOrderColumns),
    {kTexts}};

const Statement kFindRefunds{
    "find_refunds",
    "SELECT r.provider, r.out_refund_no, r.out_trade_no FROM " + rows("provider, out_refund_no") +
        " AS wanted "
        "JOIN pay_refunds AS r ON r.provider = wanted.provider AND r.out_refund_no = wanted.out_refund_no",
    {kTexts, kTexts}};

const Statement kFindCallbacks{
    "find_callbacks",
    "SELECT position, i.callback_id, c.body "
    "FROM " +
        rows("source, idempotency_key") +
        " AS wanted "
        "JOIN inbound_idempotency AS i ON i.source = wanted.source AND i.idempotency_key = wanted.idempotency_key "
        "AND i.source = ANY ($1) AND i.idempotency_key = ANY ($2) "
        "JOIN inbound_callbacks AS c ON c.id = i.callback_id",
    {kTexts, kTexts}};

const Statement kTakeCallbackIds{
    "take_callback_ids", "SELECT nextval('inbound_callbacks_id_seq') FROM generate_series(1, $1)", {kInt8}};

const Statement kStoreCallbacks{"store_callbacks",
                                fmt::format("INSERT INTO inbound_callbacks ({0}) SELECT {0} FROM {1} AS handed",
                                            kCallbackColumns, rows(kCallbackColumns)),
                                {kInt8s, kTimes, kInt8s, kInt8s, kInt8s, kInt8s, kInt4s, kTexts, kTexts, kTexts, kTexts,
                                 kTexts, kTexts, kTexts, kTexts, kTexts, kTexts, kByteas}};

// In one order, as kStoreKeys.
const Statement kStoreCallbackKeys{"store_callback_keys",
                                   "INSERT INTO inbound_idempotency (source, idempotency_key, callback_id, created_at) "
                                   "SELECT source, idempotency_key, callback_id, statement_timestamp() "
                                   "FROM " +
                                       rows("source, idempotency_key, callback_id") +
                                       " AS handed ORDER BY source, idempotency_key",
                                   {kTexts, kTexts, kInt8s}};

const Statement kStoreSearchKeys{
    "store_search_keys",
    "INSERT INTO callback_keys (callback_id, name, value) SELECT callback_id, name, value FROM " +
        rows("callback_id, name, value") + " AS handed",
    {kInt8s, kTexts, kTexts}};

const Statement kCountDuplicates{"count_duplicates",
                                 "UPDATE inbound_callbacks AS c SET duplicate_count = c.duplicate_count + repeated "
                                 "FROM " +
                                     rows("id, repeated") + " AS handed WHERE c.id = handed.id",
                                 {kInt8s, kInt8s}};

const Statement kWriteOrders{
    "write_orders",
    "UPDATE pay_orders AS o SET status = handed.status, provider = handed.provider,"
    " transaction_id = handed.transaction_id, refund_fee = handed.refund_fee, paid_at = handed.paid_at,"
    " updated_at = handed.updated_at "
    "FROM " +
        rows("out_trade_no, status, provider, transaction_id, refund_fee, paid_at, updated_at") +
        " AS handed WHERE o.out_trade_no = handed.out_trade_no",
    {kTexts, kInt4s, kTexts, kTexts, kInt8s, kTimes, kTimes}};

const Statement kStoreRefunds{"store_refunds",
                              "INSERT INTO pay_refunds (provider, out_refund_no, out_trade_no, refund_fee, created_at) "
                              "SELECT provider, out_refund_no, out_trade_no, refund_fee, $5 "
                              "FROM " +
                                  rows("provider, out_refund_no, out_trade_no, refund_fee") + " AS handed",
                              {kTexts, kTexts, kTexts, kInt8s, kTimestamptz}};

const Statement kLockWaybills{
    "lock_waybills",
    "SELECT tracking_no, status_code, status_time, status_text FROM platform_express_waybills "
    "WHERE tracking_no = ANY ($1) ORDER BY tracking_no FOR UPDATE",
    {kTexts}};

const Statement kFindSteps{
    "find_steps",
    "SELECT position FROM unnest($1, $2) WITH ORDINALITY AS wanted (tracking_no, event_key, position) "
    "JOIN platform_express_tracking_events AS e"
    " ON e.tracking_no = wanted.tracking_no AND e.event_key = wanted.event_key AND e.tracking_no = ANY ($1)",
    {kTexts, kTexts}};

const Statement kStoreSteps{
    "store_steps",
    "INSERT INTO platform_express_tracking_events (id, tracking_no, event_key, status_code, received_code, event_time,"
    " event_text, location, carrier_code, is_late, callback_id, created_at) "
    "SELECT handed.*, $12 FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS handed",
    {kTexts, kTexts, kTexts, kTexts, kTexts, kTimes, kTexts, kTexts, kTexts, kBools, kInt8s, kTimestamptz}};

const Statement kQueueNotify{
    "queue_notify",
    "INSERT INTO notify_queue (id, tracking_event_id, next_attempt_at, created_at) "
    "SELECT id, tracking_event_id, $3, $3 FROM unnest($1, $2) AS handed (id, tracking_event_id)",
    {kTexts, kTexts, kTimestamptz}};

const Statement kWriteWaybills{
    "write_waybills",
    "UPDATE platform_express_waybills AS w SET status_code = handed.status_code, status_time = handed.status_time,"
    " status_text = handed.status_text, updated_at = $5 "
    "FROM unnest($1, $2, $3, $4) AS handed (tracking_no, status_code, status_time, status_text) "
    "WHERE w.tracking_no = handed.tracking_no",
    {kTexts, kTexts, kTimes, kTexts, kTimestamptz}};

const Statement kForgetRejected{"forget_rejected", forget(to_string(Verdict::kRejected)), {kInt8, kInt8}};
const Statement kForgetDuplicates{"forget_duplicates", forget(to_string(Verdict::kDuplicate)), {kInt8, kInt8}};
const Statement kPruneCallbackKeys{"prune_callback_keys", prune_keys("inbound_idempotency"), {kInt8}};

const Statement kRelease{"release",
                         "UPDATE outbox_schedule AS s SET lease_token = NULL, lease_expires_at = NULL,"
                         " endpoint_key = coalesce(given.endpoint_key, s.endpoint_key),"
                         " next_attempt_at = coalesce(not_before, s.next_attempt_at), available_at = "
                         "coalesce(not_before, s.next_attempt_at),"
                         " last_error = coalesce(error, s.last_error), updated_at = $6 "
                         "FROM " +
                             rows("sequence, token, endpoint_key, not_before, error") +
                             " AS given "
                             "WHERE s.sequence = given.sequence AND s.lease_token = given.token",
                         {kInt8s, kTexts, kInt8s, kTimes, kTexts, kTimestamptz}};

// `available_at` is the one that the index knows; whether it stands for a due time (judged by `now`) or for the end of
// a lease (judged by this server's clock) decides which clock counts. An endpoint that was disabled, perhaps by another
// node, keeps its events.
const Statement kClaim{
    "claim",
    "WITH claimed AS ("
    " UPDATE outbox_schedule SET lease_token = $3,"
    "  lease_expires_at = statement_timestamp() + $4 * interval '1 millisecond',"
    "  available_at = statement_timestamp() + $4 * interval '1 millisecond'"
    " WHERE sequence = ANY (ARRAY("
    "  SELECT sequence FROM outbox_schedule"
    "  WHERE endpoint_key = $1 AND NOT held AND available_at >= coalesce($6, '-infinity')"
    "   AND available_at <= greatest($5, statement_timestamp())"
    "   AND CASE WHEN lease_token IS NULL THEN available_at <= $5 ELSE available_at <= statement_timestamp() END"
    "   AND NOT EXISTS (SELECT FROM outbox_endpoints WHERE endpoint_key = $1)"
    "  ORDER BY available_at, sequence LIMIT $2 FOR UPDATE SKIP LOCKED))"
    " RETURNING sequence, status, attempt_count, attempt_count - run_start AS tries_in_run, next_attempt_at) "
    "SELECT e.sequence, id, platform, event_type, callback_target, payload, correlation, order_key, traceparent, "
    "created_at,"
    " status, attempt_count, tries_in_run, next_attempt_at, previous_secret "
    "FROM claimed JOIN outbox_events AS e ON e.sequence = claimed.sequence",
    {kInt8, kInt8, kText, kInt8, kTimestamptz, kTimestamptz}};

const Statement kNextAvailable{
    "next_available",
    "SELECT available_at FROM outbox_schedule WHERE endpoint_key = $1 AND NOT held AND available_at >= coalesce($3, "
    "'-infinity')"
    " AND lease_token IS DISTINCT FROM $2"
    " AND NOT EXISTS (SELECT FROM outbox_endpoints WHERE endpoint_key = $1) ORDER BY available_at LIMIT 1",
    {kInt8, kText, kTimestamptz}};

const Statement kTraceEvents{"trace_events",
                             "SELECT position, e.sequence, coalesce(s.lease_token = token, false) FROM " +
                                 rows("id, token") +
                                 " AS wanted JOIN outbox_events AS e ON e.id = wanted.id "
                                 "LEFT JOIN outbox_schedule AS s ON s.sequence = e.sequence",
                             {kTexts, kTexts}};

const Statement kTraceCallback{
    "trace_callback", "SELECT id FROM inbound_callbacks WHERE id = $1 AND received_at = $2", {kInt8, kTimestamptz}};

const Statement kTraceAttempts{
    "trace_attempts",
    "SELECT position FROM " + rows("sequence, started") +
        " AS wanted JOIN outbox_attempts AS a ON a.sequence = wanted.sequence AND a.created_at = started",
    {kInt8s, kTimes}};

const std::vector<const Statement*>& all() {
  static const std::vector<const Statement*> kStatements{&kRollback,
                                                         &kSavepoint,
                                                         &kRollbackToSavepoint,
                                                         &kReleaseSavepoint,
                                                         &kCommit,
                                                         &kLockLanes,
                                                         &kTryLockLanes,
                                                         &kRecordDelivered,
                                                         &kRecordRetry,
                                                         &kRecordDeadLetter,
                                                         &kLockUnlocked,
                                                         &kSettleLanes,
                                                         &kFindKeys,
                                                         &kStoreKeys,
                                                         &kPruneKeys,
                                                         &kNextBlock,
                                                         &kStoreEvents,
                                                         &kSchedule,
                                                         &kScheduleOrdered,
                                                         &kAnnounce,
                                                         &kLockOrders,
                                                         &kFindRefunds,
                                                         &kFindCallbacks,
                                                         &kTakeCallbackIds,
                                                         &kStoreCallbacks,
                                                         &kStoreCallbackKeys,
                                                         &kStoreSearchKeys,
                                                         &kCountDuplicates,
                                                         &kWriteOrders,
                                                         &kStoreRefunds,
                                                         &kLockWaybills,
                                                         &kFindSteps,
                                                         &kStoreSteps,
                                                         &kQueueNotify,
                                                         &kWriteWaybills,
                                                         &kForgetRejected,
                                                         &kForgetDuplicates,
                                                         &kPruneCallbackKeys,
                                                         &kRelease,
                                                         &kClaim,
                                                         &kNextAvailable};
  return kStatements;
}

}  // namespace yizhan::store::postgres::statements
