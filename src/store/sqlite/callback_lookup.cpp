#include "store/sqlite/callback_lookup.h"

#include <algorithm>
#include <limits>

#include "store/receiving.h"

namespace yizhan::store::sqlite {
namespace {

constexpr std::int64_t kWindowDays = 7;
/// A stretch is as long as what came, twice over, so that what is too much becomes less.
constexpr std::size_t kStretchPerAdded = 2;

constexpr std::pair<std::int64_t, std::int64_t> kBeforeAll{std::numeric_limits<std::int64_t>::min(),
                                                           std::numeric_limits<std::int64_t>::min()};

std::int64_t day_of(UtcTime time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

}  // namespace

Result<CallbackLookup> CallbackLookup::open(Connection& connection, std::size_t most_held) {
  CallbackLookup lookup(connection, most_held);
  lookup.written_up_to_ = kBeforeAll;
  const std::pair<Statement*, std::string_view> statements[] = {
      {&lookup.next_day_, "SELECT min(day) FROM callback_lookup WHERE day > ?1"},
      {&lookup.find_, "SELECT callback_id FROM callback_lookup WHERE day = ?1 AND hash = ?2"},
      {&lookup.insert_, "INSERT OR IGNORE INTO callback_lookup (day, hash, callback_id) VALUES (?1, ?2, ?3)"},
      {&lookup.read_through_, "SELECT indexed_through FROM callback_lookup_state"},
      {&lookup.set_through_, "UPDATE callback_lookup_state SET indexed_through = ?1"},
      {&lookup.read_tail_, "SELECT callback_id, value FROM callback_keys WHERE callback_id > ?1 AND accepted = 1"},
  };
  for (const auto& [statement, text] : statements) {
    auto prepared = connection.prepare(text);
    if (!prepared) return std::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  return lookup;
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
    held_.emplace(Place{day_of(now), value_hash(read_tail_.bytes(1))}, read_tail_.integer(0));
  }
  if (code != SQLITE_DONE) return std::unexpected(connection_->error(code, "read the keys of the newest callbacks"));
  round_began_at_ = newest_id_;
  loaded_ = true;
  return {};
}

Result<std::vector<std::int64_t>> CallbackLookup::find(std::string_view value, UtcTime now) {
  if (!loaded_) {
    if (auto done = load(now); !done) return std::unexpected(done.error());
  }
  const std::int64_t today = day_of(now);
  if (today != days_as_of_) {
    if (auto done = look_for_days(today); !done) return std::unexpected(done.error());
  }
  const std::int64_t hash = value_hash(value);
  std::vector<std::int64_t> found;
  // In memory the days are few: they are those since what is held was written last.
  for (auto at = held_.begin(); at != held_.end();) {
    const std::int64_t day = at->first.first;
    if (day >= today - kWindowDays) {
      const auto [first, last] = held_.equal_range({day, hash});
      for (auto entry = first; entry != last; ++entry) found.push_back(entry->second);
    }
    at = held_.upper_bound({day, std::numeric_limits<std::int64_t>::max()});
  }
  for (const std::int64_t day : days_) {
    find_.bind(1, day);
    find_.bind(2, hash);
    const ResetGuard guard(find_);
    int code = SQLITE_ROW;
    while ((code = find_.step()) == SQLITE_ROW) found.push_back(find_.integer(0));
    if (code != SQLITE_DONE) return std::unexpected(connection_->error(code, "look up the key of a callback"));
  }
  return found;
}

Result<void> CallbackLookup::look_for_days(std::int64_t today) {
  days_.clear();
  std::int64_t after = today - kWindowDays - 1;
  for (;;) {
    next_day_.bind(1, after);
    const ResetGuard guard(next_day_);
    const int code = next_day_.step();
    if (code != SQLITE_ROW) return std::unexpected(connection_->error(code, "look up the keys of callbacks"));
    if (next_day_.null(0)) break;
    after = next_day_.integer(0);
    days_.push_back(after);
  }
  days_as_of_ = today;
  return {};
}

Result<void> CallbackLookup::add(std::string_view value, std::int64_t callback_id, UtcTime now) {
  if (!loaded_) {
    if (auto done = load(now); !done) return done;
  }
  if (added_.empty()) {
    written_up_to_before_ = written_up_to_;
    round_began_at_before_ = round_began_at_;
  }
  added_.push_back(held_.emplace(Place{day_of(now), value_hash(value)}, callback_id));
  newest_id_ = std::max(newest_id_, callback_id);
  return {};
}

Result<void> CallbackLookup::write_stretch() {
  if (added_.empty() || held_.size() <= most_held_) return {};
  const std::size_t stretch = std::min(kStretchPerAdded * added_.size(), held_.size() - most_held_ + added_.size());
  auto at = held_.upper_bound(written_up_to_);
  while (written_.size() < stretch) {
    if (at == held_.end()) {
      if (auto done = begin_round(); !done) return done;
      at = held_.begin();
      break;  // the rest comes with the next commit
    }
    // All of one place together, so that the round can go on behind it.
    const Place place = at->first;
    for (; at != held_.end() && at->first == place; ++at) {
      insert_.bind(1, place.first);
      insert_.bind(2, place.second);
      insert_.bind(3, at->second);
      if (const int code = insert_.run(); code != SQLITE_DONE) {
        return std::unexpected(connection_->error(code, "index the keys of callbacks"));
      }
      written_.push_back(at);
    }
    written_up_to_ = place;
    if (std::ranges::find(days_, place.first) == days_.end()) days_.push_back(place.first);
  }
  return {};
}

/// What was held when the round that ends here began has been written since.
Result<void> CallbackLookup::begin_round() {
  set_through_.bind(1, round_began_at_);
  if (const int code = set_through_.run(); code != SQLITE_DONE) {
    return std::unexpected(connection_->error(code, "note how far callbacks are indexed"));
  }
  round_began_at_ = newest_id_;
  written_up_to_ = kBeforeAll;
  return {};
}

void CallbackLookup::commit() {
  for (const Held::iterator entry : written_) held_.erase(entry);
  written_.clear();
  added_.clear();
}

void CallbackLookup::roll_back() {
  written_.clear();
  if (added_.empty()) return;
  for (const Held::iterator entry : added_) held_.erase(entry);
  added_.clear();
  written_up_to_ = written_up_to_before_;
  round_began_at_ = round_began_at_before_;
}

}  // namespace yizhan::store::sqlite
