// One WriteBatch as one transaction, its COMMIT included.
//
// At once: in one round trip, presuming what the database then checks. Together: asks first, in two. In both, one value
// that the database refuses, or one row that somebody keeps locked, fails all of it. One by one: the same with
// savepoints, halving until what is to blame is alone, so that the rest is written; for the rare batch in which the
// others did not work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/delivery_settling.h"
#include "store/postgres/commit.h"
#include "store/postgres/connection.h"
#include "store/postgres/idempotency.h"
#include "store/postgres/postgres_session.h"
#include "store/postgres/receives.h"
#include "store/postgres/writer_memory.h"
#include "store/store.h"

namespace yizhan::store::postgres {

/// Which calls were found wanting already: they are answered with the error and not written.
struct Refusals {
  std::vector<std::optional<Error>> accepts;
  std::vector<std::optional<Error>> receives;
};

class Batch {
 public:
  /// The connection has no transaction open; all but `refused` outlive this.
  Batch(Connection& connection, WriterMemory& memory, const WriteBatch& batch, const Refusals& refused);

  /// Whether nothing has to be known before the rows can be written: no event is in an order, none goes to a device, no
  /// callback has an effect, keys may be presumed to be new. Takes numbers for the callbacks.
  bool prepare_at_once();
  /// In one round trip, after prepare_at_once(). What fails may succeed in the next way: keys can turn out to be known.
  Outcome<void> write_at_once();
  /// Asks first for what has to be known; two round trips.
  Outcome<void> write_together();
  /// Around what cannot be written: it alone is refused.
  Outcome<void> write_one_by_one();
  /// The accepts alone, none of them refused or with an order or idempotency key, into the transaction that is open on
  /// the connection.
  Outcome<void> write_into_open();

  /// Valid once written.
  WriteReply take_reply() { return std::move(reply_); }
  /// After a failure: whether the batch may have been committed all the same, so that its fate has to be found out.
  bool in_doubt(const Failure& failure);
  /// Asks for it on another connection. One that was committed has its reply then.
  Outcome<Fate> fate(Connection& other);
  std::size_t keys_stored() const { return keys_stored_; }
  /// Callbacks that went on record with this verdict.
  std::int64_t received(Verdict verdict) const;

 private:
  using Indices = std::span<const std::size_t>;
  /// An event that is being stored, and its answer.
  struct NewRow {
    const NewEvent* event;
    Accepted* accepted;
  };
  using NewRows = std::span<const NewRow>;
  /// What a batch leaves behind, by which one can tell later that it took place.
  struct StoredEvent {
    Accepted* accepted;
    std::string_view lease_token;
  };
  struct StoredCallback {
    std::int64_t id;
    UtcTime received_at;  ///< its number may be given to another one
  };

  /// Calls that are written together: what they take part in of the batch.
  struct Calls {
    Indices accepts;
    Indices receives;
    IdempotencyKeys keys;  ///< of all their events
    Receives callbacks;
    bool ask_first() const { return !keys.empty() || !callbacks.empty(); }
    bool found_some() const { return keys.found_some() || callbacks.found_some(); }
  };
  Calls calls_of(Indices accepts, Indices receives);

  void send_lane_locks(const Statement& statement, bool of_records_and_releases, Indices accepts, Indices receives);
  void send_records(Indices records);
  /// Deliveries to devices: before their records are sent, and when these were answered.
  void send_delivery_look_ups(Indices records);
  void settle_deliveries(Indices records);
  void settle_lanes();
  void send_look_ups(Calls& calls);
  void send_calls(Calls& calls);
  void send_new_events();
  void send_block(NewRows rows);
  void send_events(NewRows rows);
  void send_schedule(NewRows rows, bool ordered);
  void send_keys(NewRows rows);
  void send_announcements(NewRows rows);
  void send_releases(Indices releases);
  void send_claims();
  void send_claim(const ClaimRequest& claim, ClaimReply& reply);
  /// Into new_rows_ what has to be stored of these events; none of them where one is refused.
  Result<void> add_events(std::span<const EventGroup> groups, IdempotencyKeys& keys);
  void answer_repetitions();
  /// Numbers for the callbacks of the batch after this.
  void send_id_request();

  Outcome<void> commit();
  bool buries() const;
  std::vector<StoredEvent> stored_events();
  std::optional<StoredCallback> last_callback() const;

  Outcome<void> record_one_by_one();
  Outcome<void> write_calls(Indices accepts, Indices receives);
  Outcome<void> write_calls_one_by_one();
  /// Calls `write` for all of `items` within a savepoint; where that fails, for each half; where one alone fails,
  /// `refuse`.
  Outcome<void> isolate(Indices items, const std::function<Outcome<void>(Indices)>& write,
                        const std::function<void(std::size_t, const Failure&)>& refuse);

  Connection& connection_;
  Backend backend_;
  WriterMemory& memory_;
  const WriteBatch& batch_;
  WriteReply reply_;
  std::vector<std::size_t> records_;   // all there are
  std::vector<std::size_t> accepts_;   // those that are not refused already
  std::vector<std::size_t> receives_;  // likewise
  std::vector<std::size_t> releases_;  // all there are

  PostgresSession session_;
  DeliverySettling deliveries_;
  std::vector<std::string> lanes_;                                  // of records and releases; locked
  std::vector<NewRow> new_rows_;                                    // of the calls that are being stored
  std::map<const NewEvent*, Accepted*> keyed_;                      // those of them that carry a key
  std::vector<std::pair<Accepted*, const NewEvent*>> repetitions_;  // of one of them
  std::vector<std::int64_t> callback_ids_;                          // for write_at_once()
  bool may_be_committed_ = false;
  std::size_t keys_stored_ = 0;
};

}  // namespace yizhan::store::postgres
