// By which value which accepted callback is found: its search keys, among them its idempotency key. It answers with
// candidates; the callback's own row decides.
//
// Values come at random, and a tree into which every commit writes at random is rewritten page by page with each of
// them. So what is new is held in memory, and goes to the tree (`callback_lookup`) in its order, a stretch with each
// commit: the entries of one stretch share their pages. What is in memory only is also on disk, in `callback_keys`: all
// that is newer than `callback_lookup_state.indexed_through`. A start, and a reader, find it there.
//
// The tree is cut by day, so that it has a day's size where it grows. The idempotency window is 7 full days.
//
// Nearly every value is new, and no tree has it: a filter of each day's hashes, in memory, says so without asking the
// tree. It is complete from the day's first entry, or, of a tree that was there at the start, when all of it has been
// read, a portion with each commit; until then the tree is asked.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/sqlite/hash_filter.h"
#include "store/sqlite/row_inserts.h"

namespace yizhan::store::sqlite {

class CallbackLookup {
 public:
  /// As many are held in memory: some 6 MB. A stretch of 400 then meets some 20 pages of a tree of a million.
  static constexpr std::size_t kHeld = 128 * 1024;
  /// Bytes of all filters together: enough for some 30 million callbacks in the window. What is beyond goes unfiltered.
  static constexpr std::size_t kFilterBytes = 32 << 20;

  static Result<CallbackLookup> open(Connection& connection, std::size_t most_held = kHeld,
                                     std::size_t filter_bytes = kFilterBytes);

  /// Ids of accepted callbacks of the last 7 days, and perhaps some more, that may carry the value.
  Result<std::vector<std::int64_t>> find(std::string_view value, UtcTime now);
  Result<void> add(std::string_view value, std::int64_t callback_id, UtcTime now);

  /// Before the transaction's commit: writes a stretch of what is held, when that has become too much, and reads a
  /// portion of the tree into the filters.
  Result<void> write_stretch();
  void commit();
  void roll_back();

 private:
  struct Entry {
    std::int64_t hash;
    std::int64_t callback_id;
    std::int64_t day;
  };
  /// Entries whose hashes begin alike, in the order in which they came: so few that looking through them costs one
  /// access to memory, where a search tree of all of them costs one for each of its levels.
  using Bucket = std::vector<Entry>;

  static constexpr std::int64_t kSmallestHash = std::numeric_limits<std::int64_t>::min();

  /// A day of the window that the tree has.
  struct Day {
    std::int64_t day = 0;
    HashFilter filter{};
    bool complete = false;                    ///< the filter has all hashes of the day
    bool reading = true;                      ///< it is getting there; else the day goes without a filter
    std::int64_t read_up_to = kSmallestHash;  ///< of the tree, with this hash
  };

  CallbackLookup(Connection& connection, std::size_t most_held, std::size_t filter_bytes);
  Bucket& bucket_of(std::int64_t hash);
  void hold(const Entry& entry);
  /// Before the first use, and the first of a day.
  Result<void> prepare(UtcTime now);
  /// What an earlier process, or connection, held in memory.
  Result<void> load(UtcTime now);
  Result<void> look_for_days(std::int64_t today);
  void put_in_order(const Bucket& bucket);
  Result<void> write_in_order();
  void note_written(const Entry& entry);
  Result<void> begin_round();
  Result<void> read_portion();
  void keep_filters_small();

  Connection* connection_;
  std::size_t most_held_;
  std::size_t filter_bytes_;
  Statement next_day_, find_, read_tail_, read_through_, set_through_, read_day_;
  RowInserts insert_;

  bool loaded_ = false;
  std::vector<Bucket> held_;  ///< a power of two of them, in the order of their hashes: that of the tree within a day
  std::size_t held_count_ = 0;
  std::int64_t newest_id_ = 0;
  std::vector<Day> days_;
  std::int64_t days_as_of_ = 0;  ///< the day when days_ was looked up; 0: never

  // A round goes once through the buckets: what was held when it began is in the tree when it ends.
  std::size_t next_to_write_ = 0;
  std::int64_t round_began_at_ = 0;  ///< the newest callback then

  // Of the transaction.
  std::vector<std::int64_t> added_;   ///< hashes
  std::vector<std::size_t> written_;  ///< buckets
  std::size_t next_to_write_before_ = 0;
  std::int64_t round_began_at_before_ = 0;
  std::vector<Entry> in_order_;  ///< what is being written; kept for its memory
};

}  // namespace yizhan::store::sqlite
