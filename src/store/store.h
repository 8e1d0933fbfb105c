// The contract of the store: where every accepted event is, and the only truth about it. START HERE to understand what
// is durable, when, and who may change it. Two implementations, store/sqlite and store/postgres, pass one conformance
// suite (tests/store_contract).
//
// A Store is one connection and belongs to one thread. store/group_commit.h makes one out of many callers' writes.
//
// Time: every moment is passed in as `now`, except that PostgreSQL judges leases by its own clock, so that nodes whose
// clocks differ agree on whose lease has ended; the embedded store judges them by the monotonic clock of the one
// process that owns the file.
//
// Errors (code): `store_unavailable` (busy, full, lost, restarting: nothing was changed; try again), `store_corrupt`,
// `store_newer` (the schema was written by a newer version), `schema_outdated` (by an older one: `yizhan migrate`),
// `store_locked` (another process serves this file),
// `commit_outcome_unknown` (the connection broke during commit and what became of it could not be found out in time),
// `idempotency_conflict`, `order_conflict`, `event_id_taken`, `value_refused` (a CHECK constraint), `sql_error`.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "domain/attempt.h"
#include "domain/event.h"
#include "domain/ledger.h"
#include "domain/signing_secret.h"
#include "store/express_store.h"
#include "store/inbound.h"

namespace yizhan::store {

/// Where events without a known endpoint wait: handed over by SQL, they are given their endpoint by the first claim.
inline constexpr std::int64_t kUnrouted = 0;

/// Keys under which StoreFactory::open_news() tells of other things than events: new rows of `notify_queue`, and
/// notifications to be fanned out. No endpoint has them.
inline constexpr std::int64_t kNotifyNews = 1;
inline constexpr std::int64_t kFanOutNews = 2;

/// An event as it was handed over. Its fields never change afterwards.
struct Event {
  std::string id;               ///< 1–64 characters; a UUIDv7 unless handed over by SQL under an id of its own
  std::string platform;         ///< 1–64 characters
  std::string event_type;       ///< 1–128 characters
  std::string callback_target;  ///< as handed over: a URL, a path, or empty for the platform's base URL
  std::string payload;          ///< raw bytes, sent as they are
  std::string correlation;      ///< free text to find the event by, at most 256 bytes; may be empty
  std::string order_key;        ///< events of one platform and key go out strictly in order; empty: no order
  std::string traceparent;      ///< W3C trace context as taken in; may be empty
  UtcTime created_at{};
  SigningSecret secret = SigningSecret::kCurrent;  ///< no part of what is handed over: a replay chooses it
};

struct NewEvent {
  Event event;
  std::optional<std::string> idempotency_key;  ///< 1–255 bytes, unique within the platform for at least 7 days
  UtcTime first_attempt_at{};                  ///< created_at, or the caller's not_before
  std::int64_t endpoint_key = kUnrouted;       ///< stable_key() of the endpoint (dispatch/endpoint.h)
  /// Takes the event for the caller in the same transaction, as a claim would: it may be sent as soon as this is
  /// durable. Ignored for an event that has to wait (future first attempt, or behind others of its order_key). Empty:
  /// unclaimed.
  std::string lease_token;
  Milliseconds lease{};
};

/// All events of one call are stored, or none.
struct AcceptCall {
  std::vector<NewEvent> events;
};

struct Accepted {
  std::string id;  ///< of the stored event: the first one's where this is a duplicate
  EventStatus status = EventStatus::kPending;
  bool duplicate = false;     ///< same idempotency key, same content: nothing was stored
  bool leased = false;        ///< lease_token holds it
  std::int64_t sequence = 0;  ///< the store's own number of the event; later calls name the event by it
};

/// One callback that was verified, or rejected, to be put on record with all that follows from it.
struct ReceiveCall {
  InboundCallback callback;
  bool rejected = false;  ///< it goes on record and has neither effect nor events
  std::vector<CallbackKey> keys;
  Effect effect;
  /// Stored when the effect is applied (EffectResult::kApplied).
  std::vector<NewEvent> effect_events;
  /// Stored with every newly accepted callback, whatever its effect.
  std::vector<NewEvent> events;
  /// An unfit effect makes the callback rejected with the effect as reason, so that the source sends it again. False:
  /// it is accepted, with the effect as reason, and not sent again.
  bool reject_unfit = true;
  // The HTTP status that the sender gets, by outcome; for the record.
  int answer_accepted = 200;
  int answer_duplicate = 200;
  int answer_rejected = 400;
};

/// What became of it.
struct Received {
  std::int64_t callback_id = 0;  ///< its own row
  Verdict verdict = Verdict::kAccepted;
  EffectResult effect = EffectResult::kNone;
  std::string reason;                      ///< as on record
  std::optional<std::int64_t> first_id{};  ///< of a duplicate: the accepted callback that it repeats
  bool body_differs = false;               ///< of a duplicate: its body is not the first one's
  std::vector<Accepted> effect_events;     ///< in the call's order; empty unless they were stored
  std::vector<Accepted> events;
};

/// Takes due events of one endpoint. Never changes a status.
struct ClaimRequest {
  std::int64_t endpoint_key = kUnrouted;
  int limit = 20;
  std::string lease_token;  ///< fresh, at most 64 characters
  Milliseconds lease{};
};

struct ClaimedEvent {
  Event event;
  std::int64_t sequence = 0;
  std::string lease_token;
  EventStatus status = EventStatus::kPending;
  int attempt_count = 0;  ///< attempts so far, as the outbox shows it
  int tries_in_run = 0;   ///< failed attempts since it was accepted, or last set back to pending
  UtcTime next_attempt_at{};
};

/// The result of one attempt, with what was decided. Recorded only if `lease_token` still holds the event.
struct AttemptRecord {
  std::int64_t sequence = 0;
  std::string event_id;
  std::string lease_token;
  AttemptOutcome outcome;
  EventStatus next_status = EventStatus::kDelivered;  ///< delivered, retrying or dead_letter
  UtcTime next_attempt_at{};                          ///< for retrying
  UtcTime recorded_at{};
  /// A delivery to a device (kPushPlatform): its row in `push_deliveries`, the sum in its notification, and a device
  /// whose cid is not valid any more (ErrorClass::kPushTargetInvalid), change with it.
  bool is_push = false;
  /// False only where the event has no order key: nothing waits behind it, and a store need not look.
  bool is_ordered = true;
};

enum class RecordReply {
  kRecorded,
  kLeaseLost,  ///< another holds the event now, or it was set by hand: the result was not recorded
};

/// Gives a claimed event back unsent; no attempt is counted. Without effect when the lease is lost.
struct Release {
  std::int64_t sequence = 0;
  std::string lease_token;
  std::optional<std::int64_t> endpoint_key;  ///< moves the event to its endpoint
  std::optional<UtcTime> not_before;         ///< next_attempt_at becomes this
  std::optional<std::string> last_error;     ///< why it waits, for the operator
  bool is_ordered = true;                    ///< as of AttemptRecord
};

/// What is written in one transaction, in this order: records, accepts, receives, releases, claims.
struct WriteBatch {
  std::vector<AttemptRecord> records;
  std::vector<AcceptCall> accepts;
  std::vector<ReceiveCall> receives;
  std::vector<Release> releases;
  std::vector<ClaimRequest> claims;
  UtcTime now{};

  bool empty() const {
    return records.empty() && accepts.empty() && receives.empty() && releases.empty() && claims.empty();
  }
};

struct ClaimReply {
  /// By next_attempt_at, then age. Within half a second after a full claim the next may pass over events that have come
  /// to stand before those (given back, set by hand); if it finds fewer than its limit it answers that more may be
  /// available now.
  std::vector<ClaimedEvent> events;
  /// When the endpoint's next event that was not claimed here is due (or its lease ends); empty when there is none.
  std::optional<UtcTime> next_available_at;
};

/// Answers, each in the order of the batch.
struct WriteReply {
  std::vector<RecordReply> records;
  std::vector<Result<std::vector<Accepted>>> accepts;  ///< an error here concerns that call only; the others are stored
  std::vector<Result<Received>> receives;              ///< likewise
  std::vector<ClaimReply> claims;
};

struct EndpointDue {
  std::int64_t endpoint_key = kUnrouted;
  UtcTime available_at{};  ///< when its first event is due, or its first lease ends
};

/// An endpoint that answered 410, or that an operator stopped. Its events wait, they are not claimed.
struct DisabledEndpoint {
  std::int64_t endpoint_key = 0;
  std::string platform;
  std::string url;
  std::string reason;
  UtcTime disabled_at{};
};

/// An event as an operator sees it.
struct EventView {
  Event event;  ///< payload only where the call says so
  EventStatus status = EventStatus::kPending;
  int attempt_count = 0;
  std::optional<UtcTime> next_attempt_at;  ///< while open
  std::string last_error;
  UtcTime updated_at{};
  std::string idempotency_key;
  std::optional<UtcTime> lease_expires_at;  ///< while an attempt is in flight
  std::int64_t sequence = 0;                ///< the store's own number of it: lists go by it
  /// How long the payload was that retention took away, the stored answers with it; such an event is not sent again.
  std::optional<std::int64_t> removed_bytes{};
};

struct AttemptView {
  std::string event_id;
  int attempt_no = 0;
  int response_status = 0;
  std::string error_class;
  std::string error_message;
  std::int64_t duration_ms = 0;
  std::string response_body;  ///< its first part, at most kStoredResponseBytes, raw
  UtcTime created_at{};       ///< when the attempt began
};

struct DeadLetterView {
  std::string event_id;
  std::string platform;
  std::string event_type;
  std::string callback_target;
  int attempt_count = 0;
  std::string error_class;
  std::string final_error;
  UtcTime created_at{};
};

/// Which events; every condition given must hold. For lists, and for replay and discard.
struct Selection {
  std::vector<std::string> ids;
  std::vector<EventStatus> statuses;
  std::string platform;
  std::string event_type;
  std::string error_class;  ///< of the last attempt
  std::string correlation;
  std::optional<UtcTime> created_from;   ///< inclusive
  std::optional<UtcTime> created_until;  ///< exclusive
};

/// How many events of a selection belong to a platform and had their last attempt fail in one way.
struct CauseCount {
  std::string platform;
  std::string error_class;  ///< empty: it did not fail, or there was none
  std::int64_t count = 0;
};

/// Events of each state that one call looks at for a page, where it has to search: some 100 ms beside full load.
inline constexpr int kListPiece = 20'000;

/// One page; newest first unless `oldest_first`. `after` is the `next` of the page before.
struct Page {
  int limit = 100;
  std::int64_t after = 0;
  bool oldest_first = false;
  int piece = kListPiece;
};

template <class Row>
struct Rows {
  std::vector<Row> rows;
  std::int64_t next = 0;  ///< Page::after of the following page; 0 at the end
};

struct ApiKey {
  std::string id;  ///< shown; 12 hexadecimal digits
  std::string name;
  std::string scopes;  ///< space-separated: `events:write events:read admin`
  std::string hash;    ///< lower-case hex SHA-256 of the secret part
  UtcTime created_at{};
  std::optional<UtcTime> revoked_at;  ///< may lie ahead: until then it is valid

  bool valid_at(UtcTime now) const { return !revoked_at || *revoked_at > now; }
};

/// Events a piece of the ledger is counted of: some 40 ms beside full load.
inline constexpr int kLedgerPiece = 20'000;
/// Of the events created in it. What retention deleted is known by the minute, and belongs to it when its minute begins
/// in it.
struct LedgerRange {
  std::optional<UtcTime> created_from{};
  std::optional<UtcTime> created_until{};
};
/// A ledger that is being counted: Store::count_on().
struct LedgerCount {
  LedgerRange range{};
  bool by_minute = false;
  int piece = kLedgerPiece;             ///< events at a time
  Ledger ledger{};                      ///< what has been counted
  std::int64_t after = 0;               ///< counted to here
  std::optional<std::int64_t> until{};  ///< to be counted to here; unknown before the first piece
};
/// A stretch of the events, counted.
struct LedgerPiece {
  Ledger ledger;            ///< by platform and minute
  std::int64_t events = 0;  ///< how many they are
  std::int64_t last = 0;    ///< the sequence of the last one; 0: there is none
};

class Session;

/// What is done in one transaction of Store::transact(). It may be called several times, from the beginning, when
/// others were in the way.
using SessionWork = std::function<Result<void>(Session&)>;

/// What a statement of `yizhan sql` gave.
struct SqlResult {
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
  std::int64_t changed_rows = 0;
};

class Store : public ExpressStore {
 public:
  // ---- the way of the data
  // -------------------------------------------------------------------------------------------

  /// One transaction. On an error nothing was changed (but see `commit_outcome_unknown`). When a commit's outcome is in
  /// doubt the store settles it before it answers: after reopening the file or the connection, by looking for what the
  /// batch would have stored.
  virtual Result<WriteReply> write(const WriteBatch& batch) = 0;

  /// The endpoints that have open events, by key, from the first key greater than `after`. Costs one index probe each.
  virtual Result<std::vector<EndpointDue>> endpoints_due(std::int64_t after, int limit) = 0;

  /// Events whose lease was held by a process that is known to be gone become claimable at once. The embedded store
  /// calls for it once at start, by the process that owns the file; with PostgreSQL leases simply end.
  virtual Result<void> recover_leases(UtcTime now) = 0;

  // ---- what operators do
  // ---------------------------------------------------------------------------------------------

  /// Sets events back to pending for a new run of the schedule, due at `now`, their attempts kept, their dead letter
  /// removed. At most `limit` in this call, oldest first; answers how many. Call again until it answers 0. A selection
  /// of dead letters, retrying or delivered events; pending ones are left alone, and so are those whose payload
  /// retention has removed.
  virtual Result<std::int64_t> replay(const Selection& selection, int limit, UtcTime now) = 0;
  /// Gives up open events or dead letters, with the reason on record.
  virtual Result<std::int64_t> discard(const Selection& selection, int limit, std::string_view reason, UtcTime now) = 0;
  /// Counts, like the next, stretch by stretch, each of its own moment: seconds for millions.
  virtual Result<std::int64_t> count(const Selection& selection) = 0;
  /// Most first. Looks at the last attempt of every event selected.
  virtual Result<std::vector<CauseCount>> count_by_cause(const Selection& selection) = 0;

  virtual Result<void> disable_endpoint(const DisabledEndpoint& endpoint) = 0;
  /// False when it was not disabled.
  virtual Result<bool> enable_endpoint(std::int64_t endpoint_key) = 0;
  virtual Result<std::vector<DisabledEndpoint>> disabled_endpoints() = 0;

  virtual Result<void> add_api_key(const ApiKey& key) = 0;
  virtual Result<std::vector<ApiKey>> api_keys() = 0;
  /// The key ends at `at`, now or later. False where there is no such key, or it ends before that.
  virtual Result<bool> revoke_api_key(std::string_view id, UtcTime at) = 0;

  // ---- looking
  // -------------------------------------------------------------------------------------------------------

  virtual Result<std::optional<EventView>> find_event(std::string_view id, bool with_payload) = 0;
  /// Where the conditions leave few of many events, a page may have fewer rows than its limit, even none, although
  /// `next` is set: it has searched Page::piece events, and goes on from there when it is asked.
  virtual Result<Rows<EventView>> list_events(const Selection& selection, const Page& page) = 0;
  /// Of one event by attempt_no, or, with an empty id, of all, newest first.
  virtual Result<std::vector<AttemptView>> attempts(std::string_view event_id, int limit) = 0;
  /// Of events that are dead letters, or were discarded as such. Pages as of list_events().
  virtual Result<Rows<DeadLetterView>> list_dead_letters(const Selection& selection, const Page& page) = 0;

  /// Counted from the rows, per platform (and minute), and from what retention deleted. Reads every event created in
  /// the range: seconds for millions. Every line balances, whatever happens meanwhile. Counts piece by piece, each of
  /// its own moment; where a long look holds up who writes (an embedded file), with pauses for them. What retention
  /// deletes meanwhile may be in no piece, and is in none twice.
  virtual Result<Ledger> ledger(const LedgerRange& range, bool by_minute) = 0;
  /// The same for who pauses by himself: counts one piece. True when it was the last. Where nothing tells which events
  /// are of a time, a range is one piece.
  virtual Result<bool> count_on(LedgerCount& count) = 0;
  /// Of the next `most` events whose sequence is over `after` and not over `until`, without what retention deleted.
  virtual Result<LedgerPiece> ledger_piece(std::int64_t after, std::int64_t until, int most) = 0;
  /// The sequence of the event that was stored last; 0 where there is none.
  virtual Result<std::int64_t> newest_event() = 0;

  /// Runs one or several statements in the runbook's dialect (`NOW()` and the schema `public.` exist on both engines);
  /// answers the result of each.
  virtual Result<std::vector<SqlResult>> sql(std::string_view text) = 0;

  // ---- what was received, and orders
  // -------------------------------------------------------------------------------

  virtual Result<std::optional<CallbackView>> find_callback(std::int64_t id, bool with_body) = 0;
  virtual Result<Rows<CallbackView>> list_callbacks(const CallbackSelection& selection, const Page& page) = 0;

  /// Stores an unpaid order. The same order again (amount, currency, merchant, description, user) is answered with what
  /// is there; another one under the same number is `order_conflict`.
  virtual Result<CreatedOrder> create_pay_order(const PayOrder& order) = 0;
  virtual Result<std::optional<PayOrder>> find_pay_order(std::string_view out_trade_no) = 0;
  /// 0 → −1. Answers the order as it stands then: one that was paid meanwhile stays paid. Empty: there is no such
  /// order.
  virtual Result<std::optional<PayOrder>> close_pay_order(std::string_view out_trade_no, UtcTime now) = 0;

  // ---- tables that both engines write alike
  // ------------------------------------------------------------------------------

  /// Runs `work` (session.h) and commits; on an error nothing is changed. `before_commit` names the fail point
  /// (base/fail_point.h). For the parts of the store that are written once, as functions of a Store: audit.h, alerts.h,
  /// observations.h, replay_jobs.h, retention.h.
  virtual Result<void> transact(std::string_view before_commit, const SessionWork& work) = 0;
  /// Runs `work`, which only reads.
  virtual Result<void> look(const SessionWork& work) = 0;

  /// For the writer, before its first batch; otherwise the default holds.
  virtual void set_inbound_quota(const InboundQuota& quota) = 0;

  /// A round trip; for /ready.
  virtual Result<void> ping() = 0;
  /// What the operator should know: durability settings that are off, and the like. One sentence each.
  virtual Result<std::vector<std::string>> warnings() = 0;

  /// Housekeeping that nobody waits for, such as the embedded store's checkpoints. Group commit calls it when the
  /// answers of a commit are on their way. Costs nothing when there is nothing to do; what fails is tried again the
  /// next time.
  virtual void tidy() {}

  /// Makes the room of events that were closed free again where the engine leaves that to somebody: PostgreSQL's own
  /// autovacuum looks once a minute, and a busy table has grown to many times its size by then, for good. Milliseconds
  /// where it is done often. Not inside transact(); for a connection that nobody waits for.
  virtual Result<void> sweep() { return {}; }
};

enum class OpenMode {
  kServe,  ///< owns an embedded file: takes its lock, checkpoints it; migrates
  kTool,   ///< a command beside a running service: reads and edits, never checkpoints, never migrates
  /// Likewise, of a schema of any version, also one that was never ours: only ExpressStore::check_express_schema() may
  /// be called.
  kExamine,
};

/// `sqlite:PATH` or `postgresql://…` / `postgres://…`.
struct StoreUrl {
  enum class Engine { kSqlite, kPostgres } engine = Engine::kSqlite;
  std::string text;  ///< the path, or the connection URL
};
Result<StoreUrl> parse_store_url(std::string_view text);

/// Hears what other processes change, for as long as it lives.
class News {
 public:
  virtual ~News() = default;
};

/// Where stores come from: knows the URL, opens as many connections as threads need. Thread-safe. Opened with kServe it
/// holds the embedded file's lock until it is destroyed.
class StoreFactory {
 public:
  virtual ~StoreFactory() = default;
  /// The connection that writes. The embedded store allows one at a time in a kServe factory.
  virtual Result<std::unique_ptr<Store>> open_writer() = 0;
  /// A connection for looking and, in kTool mode, for editing.
  virtual Result<std::unique_ptr<Store>> open_reader() = 0;
  /// Brings the schema to this version; safe when several nodes do it at once. Answers how many migrations ran.
  virtual Result<int> migrate() = 0;
  virtual Result<int> schema_version() = 0;
  /// The process that serves the embedded store; empty where nobody does, or where several may (PostgreSQL).
  virtual std::optional<pid_t> served_by() { return std::nullopt; }
  /// Calls `on_news` (on a thread of its own) soon after somebody else committed events that may be due: with their
  /// endpoint, kUnrouted if unknown, and whenever news may have been missed. Null with SQLite: its poll finds them.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): an engine that has news keeps it.
  virtual Result<std::unique_ptr<News>> open_news(std::function<void(std::int64_t endpoint_key)> /*on_news*/) {
    return std::unique_ptr<News>();
  }
};

Result<std::unique_ptr<StoreFactory>> open_store(const StoreUrl& url, OpenMode mode);

}  // namespace yizhan::store
