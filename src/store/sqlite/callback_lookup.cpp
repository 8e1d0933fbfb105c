#include "store/sqlite/callback_lookup.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <span>
#include <tuple>
#include <utility>

#include "store/receiving.h"

namespace yizhan::store::sqlite {
namespace {

constexpr std::int64_t kFoundForDays = 7;
/// A stretch is as long as what came, twice over, so that what is too much becomes less.
constexpr std::size_t kStretchPerAdded = 2;

/// Hashes that are read into a filter with each commit: some 50 µs.
constexpr std::int64_t kReadPortion = 256;

/// Entries in a bucket when as many are held as may be.
constexpr std::size_t kInBucket = 8;

}  // namespace

CallbackLookup::CallbackLookup(Connection& connection, std::size_t most_held, std::size_t filter_bytes)
    : connection_(&connection),
      most_held_(most_held),
      filter_bytes_(filter_bytes),
      held_(std::bit_ceil(std::max(most_held / kInBucket, 2UZ))) {}

Result<CallbackLookup> CallbackLookup::open(Connection& connection, std::size_t most_held, std::size_t filter_bytes) {
  CallbackLookup lookup(connection, most_held, filter_bytes);
  const std::pair<Statement*, std::string_view> statements[] = {
      {&lookup.next_day_, "SELECT min(day) FROM callback_lookup WHERE day > ?1"},
      {&lookup.find_, "SELECT callback_id FROM callback_lookup WHERE day = ?1 AND hash = ?2"},
      {&lookup.read_through_, "SELECT indexed_through FROM callback_lookup_state"},
      {&lookup.set_through_, "UPDATE callback_lookup_state SET indexed_through = ?1"},
      {&lookup.read_tail_, "SELECT callback_id, value FROM callback_keys WHERE callback_id > ?1 AND accepted = 1"},
      {&lookup.read_day_, "SELECT hash FROM callback_lookup WHERE day = ?1 AND hash > ?2 ORDER BY hash LIMIT ?3"},
  };
  for (const auto& [statement, text] : statements) {
    auto prepared = connection.prepare(text);
    if (!prepared) return std::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  // What an earlier process held in memory only may be in the tree already.
  auto insert = RowInserts::open(connection, "callback_lookup", "day, hash, callback_id", "INSERT OR IGNORE");
  if (!insert) return std::unexpected(insert.error());
  lookup.insert_ = std::move(*insert);
  return lookup;
}

Result<void> CallbackLookup::prepare(UtcTime now) {
  if (!loaded_) {
    if (auto done = load(now); !done) return done;
  }
  const std::int64_t today = to_unix_days(now);
  return today == days_as_of_ ? Result<void>() : look_for_days(today);
}

Result<void> CallbackLookup::load(UtcTime now) {
  const ResetGuard through_guard(read_through_);
  if (const int code = read_through_.step(); code != SQLITE_ROW) {
    return std::unexpected(connection_->error(code, "read how far callbacks are indexed"));
  }
  newest_id_ = read_through_.integer(0);
  read_tail_.bind(1, newest_id_);
  const ResetGuard tail_guard(read_tail_);
  int code = SQLITE_ROW;
  while ((code = read_tail_.step()) == SQLITE_ROW) {
    newest_id_ = std::max(newest_id_, read_tail_.integer(0));
    // Under this day, whichever it came on: its time in the window is rather longer than shorter.
    hold({.hash = value_hash(read_tail_.bytes(1)), .callback_id = read_tail_.integer(0), .day = to_unix_days(now)});
  }
  if (code != SQLITE_DONE) return std::unexpected(connection_->error(code, "read the keys of the newest callbacks"));
  round_began_at_ = newest_id_;
  loaded_ = true;
  return {};
}

CallbackLookup::Bucket& CallbackLookup::bucket_of(std::int64_t hash) {
  // The tree orders hashes as signed numbers.
  const std::uint64_t place = static_cast<std::uint64_t>(hash) ^ (std::uint64_t{1} << 63U);
  return held_[place >> (64 - std::countr_zero(held_.size()))];
}

void CallbackLookup::hold(const Entry& entry) {
  bucket_of(entry.hash).push_back(entry);
  ++held_count_;
}

Result<std::vector<std::int64_t>> CallbackLookup::find(std::string_view value, UtcTime now) {
  if (auto done = prepare(now); !done) return std::unexpected(done.error());
  const std::int64_t today = to_unix_days(now);
  const std::int64_t hash = value_hash(value);
  std::vector<std::int64_t> found;
  for (const Entry& entry : bucket_of(hash)) {
    if (entry.hash == hash && entry.day >= today - kFoundForDays) found.push_back(entry.callback_id);
  }
  for (const Day& day : days_) {
    if (day.complete && !day.filter.may_have(hash)) continue;
    find_.bind(1, day.day);
    find_.bind(2, hash);
    const ResetGuard guard(find_);
    int code = SQLITE_ROW;
    while ((code = find_.step()) == SQLITE_ROW) found.push_back(find_.integer(0));
    if (code != SQLITE_DONE) return std::unexpected(connection_->error(code, "look up the key of a callback"));
  }
  return found;
}

Result<void> CallbackLookup::look_for_days(std::int64_t today) {
  std::vector<Day> known = std::exchange(days_, {});
  std::int64_t after = today - kFoundForDays - 1;
  for (;;) {
    next_day_.bind(1, after);
    const ResetGuard guard(next_day_);
    const int code = next_day_.step();
    if (code != SQLITE_ROW) return std::unexpected(connection_->error(code, "look up the keys of callbacks"));
    if (next_day_.null(0)) break;
    after = next_day_.integer(0);
    const auto day = std::ranges::find(known, after, &Day::day);
    days_.push_back(day != known.end() ? std::move(*day) : Day{.day = after});
  }
  days_as_of_ = today;
  return {};
}

Result<void> CallbackLookup::add(std::string_view value, std::int64_t callback_id, UtcTime now) {
  if (auto done = prepare(now); !done) return done;
  if (added_.empty()) {
    next_to_write_before_ = next_to_write_;
    round_began_at_before_ = round_began_at_;
  }
  const Entry entry{.hash = value_hash(value), .callback_id = callback_id, .day = to_unix_days(now)};
  hold(entry);
  added_.push_back(entry.hash);
  newest_id_ = std::max(newest_id_, callback_id);
  return {};
}

Result<void> CallbackLookup::write_stretch() {
  if (added_.empty()) return {};
  if (auto done = read_portion(); !done) return done;
  if (held_count_ <= most_held_) return {};
  const std::size_t stretch = std::min(kStretchPerAdded * added_.size(), held_count_ - most_held_ + added_.size());
  in_order_.clear();
  while (in_order_.size() < stretch && next_to_write_ < held_.size()) {
    put_in_order(held_[next_to_write_]);
    written_.push_back(next_to_write_++);
  }
  const bool round_ends = in_order_.size() < stretch;  // the rest comes with the next commit
  if (auto done = write_in_order(); !done) return done;
  return round_ends ? begin_round() : Result<void>();
}

/// Adds what a bucket has. The bucket itself keeps its order, which a rollback relies on.
void CallbackLookup::put_in_order(const Bucket& bucket) {
  const auto begin = in_order_.insert(in_order_.end(), bucket.begin(), bucket.end());
  std::ranges::sort(begin, in_order_.end(), {}, [](const Entry& entry) { return std::tuple(entry.day, entry.hash); });
}

Result<void> CallbackLookup::write_in_order() {
  const int code = insert_.insert(std::span<const Entry>(in_order_), [](Statement& row, int first, const Entry& entry) {
    row.bind(first, entry.day);
    row.bind(first + 1, entry.hash);
    row.bind(first + 2, entry.callback_id);
  });
  if (code != SQLITE_DONE) return std::unexpected(connection_->error(code, "index the keys of callbacks"));
  for (const Entry& entry : in_order_) note_written(entry);
  return {};
}

void CallbackLookup::note_written(const Entry& entry) {
  auto day = std::ranges::find(days_, entry.day, &Day::day);
  if (day == days_.end()) day = days_.insert(day, Day{.day = entry.day, .complete = true});
  // Should the transaction be rolled back, the filter has a hash too many: the tree is asked once in vain.
  if (day->complete || day->reading) day->filter.add(entry.hash);
}

Result<void> CallbackLookup::read_portion() {
  keep_filters_small();
  const auto unread = std::ranges::find_if(days_, [](const Day& day) { return !day.complete && day.reading; });
  if (unread == days_.end()) return {};
  // No hash is behind the smallest.
  if (unread->read_up_to == kSmallestHash) unread->filter.add(kSmallestHash);
  read_day_.bind(1, unread->day);
  read_day_.bind(2, unread->read_up_to);
  read_day_.bind(3, kReadPortion);
  const ResetGuard guard(read_day_);
  int code = SQLITE_ROW;
  std::int64_t read = 0;
  for (; (code = read_day_.step()) == SQLITE_ROW; ++read) {
    unread->read_up_to = read_day_.integer(0);
    unread->filter.add(unread->read_up_to);
  }
  if (code != SQLITE_DONE) return std::unexpected(connection_->error(code, "read the keys of callbacks"));
  unread->complete = read < kReadPortion;
  return {};
}

/// Where the filters have become too large the oldest is given up: fewest values are that old.
void CallbackLookup::keep_filters_small() {
  std::size_t bytes = 0;
  for (const Day& day : days_) bytes += day.filter.bytes();
  for (Day& day : days_) {
    if (bytes <= filter_bytes_) return;
    bytes -= day.filter.bytes();
    day.filter = HashFilter();
    day.complete = day.reading = false;
  }
}

/// What was held when the round that ends here began has been written since.
Result<void> CallbackLookup::begin_round() {
  set_through_.bind(1, round_began_at_);
  if (const int code = set_through_.run(); code != SQLITE_DONE) {
    return std::unexpected(connection_->error(code, "note how far callbacks are indexed"));
  }
  round_began_at_ = newest_id_;
  next_to_write_ = 0;
  return {};
}

void CallbackLookup::commit() {
  for (const std::size_t bucket : written_) {
    held_count_ -= held_[bucket].size();
    held_[bucket].clear();
  }
  written_.clear();
  added_.clear();
}

void CallbackLookup::roll_back() {
  written_.clear();
  if (added_.empty()) return;
  // What came last stands last in its bucket.
  for (const std::int64_t hash : added_) bucket_of(hash).pop_back();
  held_count_ -= added_.size();
  added_.clear();
  next_to_write_ = next_to_write_before_;
  round_began_at_ = round_began_at_before_;
}

}  // namespace yizhan::store::sqlite
