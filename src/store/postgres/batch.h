// One WriteBatch as one transaction, up to but without its COMMIT.
//
// Together: everything in one go, with one or two round trips; one value that the database refuses, or one row that
// somebody keeps locked, fails all of it. One by one: the same with savepoints, halving until what is to blame is
// alone, so that the rest is written. The second is for the rare batch in which the first did not work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/postgres/claim_marks.h"
#include "store/postgres/connection.h"
#include "store/postgres/idempotency.h"
#include "store/store.h"

namespace yizhan::store::postgres {

class Batch {
 public:
  /// The connection has no transaction open; all but `refused` outlive this. `refused` says for each accept call
  /// whether it was found wanting already: such calls are answered with the error and not written.
  Batch(Connection& connection, ClaimMarks& marks, const WriteBatch& batch,
        const std::vector<std::optional<Error>>& refused);

  Outcome<void> write_together();
  Outcome<void> write_one_by_one();

  /// Valid once written.
  WriteReply take_reply() { return std::move(reply_); }
  /// The transaction's id; empty when it changed nothing.
  const std::string& transaction_id() const { return transaction_id_; }
  /// The id of an event that this transaction stored, by which one can tell later that it took place; or empty.
  std::string evidence() const;
  bool buries() const;
  std::size_t keys_stored() const { return keys_stored_; }

 private:
  using Indices = std::span<const std::size_t>;
  /// An event that is being stored, and its answer.
  struct NewRow {
    const NewEvent* event;
    Accepted* accepted;
  };
  using NewRows = std::span<const NewRow>;

  void send_lane_locks(const Statement& statement, bool of_records_and_releases, Indices calls);
  void send_records(Indices records);
  void settle_lanes();
  void send_accepts(Indices calls, IdempotencyKeys& keys);
  void send_block(NewRows rows);
  void send_events(NewRows rows);
  void send_schedule(NewRows rows, bool ordered);
  void send_keys(NewRows rows);
  void send_announcements(NewRows rows);
  void send_releases(Indices releases);
  void send_claims();
  void send_claim(const ClaimRequest& claim, ClaimReply& reply);
  void answer_calls(Indices calls, IdempotencyKeys& keys);
  void answer_repetitions();

  Outcome<void> record_one_by_one();
  Outcome<void> accept(Indices calls);
  /// Calls `write` for all of `items` within a savepoint; where that fails, for each half; where one alone fails,
  /// `refuse`.
  Outcome<void> isolate(Indices items, const std::function<Outcome<void>(Indices)>& write,
                        const std::function<void(std::size_t, const Failure&)>& refuse);

  Connection& connection_;
  ClaimMarks& marks_;
  const WriteBatch& batch_;
  WriteReply reply_;
  std::vector<std::size_t> records_;   // all there are
  std::vector<std::size_t> calls_;     // those that are not refused already
  std::vector<std::size_t> releases_;  // all there are

  std::vector<std::string> lanes_;                                  // of records and releases; locked
  std::vector<NewRow> new_rows_;                                    // of the calls that are being stored
  std::map<const NewEvent*, Accepted*> keyed_;                      // those of them that carry a key
  std::vector<std::pair<Accepted*, const NewEvent*>> repetitions_;  // of one of them
  std::string transaction_id_;
  std::size_t keys_stored_ = 0;
};

}  // namespace yizhan::store::postgres
