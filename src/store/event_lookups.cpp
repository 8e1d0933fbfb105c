// Lists and counts of events. What no index leads to is searched for stretch by stretch, each of its own moment: no
// look takes long, however many events there are.
#include <algorithm>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "store/lookups.h"
#include "store/selection_sql.h"

namespace yizhan::store {
namespace {

/// A list begins with a stretch that is this many times shorter: mostly it has enough for a page.
constexpr int kFirstStretch = 20;

/// Column 0 is the sequence.
DeadLetterView read_dead_letter_view(const SqlRow& row) {
  DeadLetterView view;
  view.event_id = text_of(row, 1);
  view.platform = text_of(row, 2);
  view.event_type = text_of(row, 3);
  view.callback_target = text_of(row, 4);
  view.attempt_count = static_cast<int>(row.integer(5));
  view.error_class = text_of(row, 6);
  view.final_error = text_of(row, 7);
  view.created_at = row.time(8);
  return view;
}

}  // namespace

std::optional<Query> Lookups::end_of(const Selection& selection, const Stretch& stretch, int most) const {
  if (!is_searched(selection, dialect())) return std::nullopt;
  return stretch_query(selection, stretch, most, dialect());
}

Result<void> Lookups::look_at_stretch(const std::optional<Query>& end, Stretch& stretch, const StretchQuery& statement,
                                      const RowReader& reader) {
  return paced([&]() -> Result<void> {
    if (end) {
      const auto found = query(*end, [&](const SqlRow& row) {
        if (!row.null(0)) stretch.through = row.integer(0);
      });
      if (!found) return std::unexpected(found.error());
    }
    const auto done = query(statement(stretch), reader);
    if (!done) return std::unexpected(done.error());
    return {};
  });
}

Result<void> Lookups::look_at_all(const Selection& selection, const StretchQuery& statement, const RowReader& reader) {
  Stretch stretch;
  do {
    auto done = look_at_stretch(end_of(selection, stretch, kListPiece), stretch, statement, reader);
    if (!done) return done;
  } while (stretch.advance());
  return {};
}

template <class Row, class Statement, class Read>
Result<Rows<Row>> Lookups::list(const Selection& selection, const Page& page, Statement statement, Read read) {
  Rows<Row> listed;
  std::int64_t last = 0;
  Stretch stretch{.after = page.after, .oldest_first = page.oldest_first};
  for (const int most : {std::max(1, page.piece / kFirstStretch), page.piece}) {
    const int wanted = page.limit - static_cast<int>(listed.rows.size()) + 1;
    const auto done = look_at_stretch(
        end_of(selection, stretch, most), stretch,
        [&](const Stretch& here) { return statement(selection, here, wanted, dialect()); },
        [&](const SqlRow& row) { take_into_page(listed, page, last, row.integer(0), read(row)); });
    if (!done) return std::unexpected(done.error());
    if (listed.next != 0 || !stretch.advance()) return listed;
  }
  listed.next = stretch.after;
  return listed;
}

Result<Rows<EventView>> Lookups::list_events(const Selection& selection, const Page& page) {
  return list<EventView>(selection, page, events_query, read_event_view);
}

Result<Rows<DeadLetterView>> Lookups::list_dead_letters(const Selection& selection, const Page& page) {
  const auto dead = narrowed_to(selection, kDeadLetterStatuses);
  if (!dead) return Rows<DeadLetterView>{};
  return list<DeadLetterView>(*dead, page, dead_letters_query, read_dead_letter_view);
}

Result<std::vector<AttemptView>> Lookups::attempts(std::string_view event_id, int limit) {
  std::vector<AttemptView> newest;
  const auto reader = [&](const SqlRow& row) { newest.push_back(read_attempt_view(row)); };
  if (!event_id.empty()) {
    const auto done = query(attempts_query(event_id, limit), reader);
    if (!done) return std::unexpected(done.error());
    return newest;
  }
  Stretch stretch;
  do {
    const auto done = look_at_stretch(
        dialect().attempts_by_time ? std::nullopt : std::optional(attempts_stretch_query(stretch, kListPiece)), stretch,
        [&](const Stretch& here) {
          const bool enough = std::ssize(newest) == limit;
          return newest_attempts_query(here, enough ? std::optional(newest.back().created_at) : std::nullopt, limit);
        },
        reader);
    if (!done) return std::unexpected(done.error());
    std::ranges::sort(newest, std::greater{}, &AttemptView::created_at);
    if (std::ssize(newest) > limit) newest.resize(static_cast<std::size_t>(limit));
  } while (stretch.advance());
  return newest;
}

Result<std::int64_t> Lookups::count(const Selection& selection) {
  std::int64_t counted = 0;
  const auto done = look_at_all(
      selection, [&](const Stretch& stretch) { return count_query(selection, stretch, dialect()); },
      [&](const SqlRow& row) { counted += row.integer(0); });
  if (!done) return std::unexpected(done.error());
  return counted;
}

Result<std::vector<CauseCount>> Lookups::count_by_cause(const Selection& selection) {
  std::map<std::pair<std::string, std::string>, std::int64_t> counts;
  const auto done = look_at_all(
      selection, [&](const Stretch& stretch) { return causes_query(selection, stretch, dialect()); },
      [&](const SqlRow& row) { counts[{text_of(row, 0), text_of(row, 1)}] += row.integer(2); });
  if (!done) return std::unexpected(done.error());
  std::vector<CauseCount> counted;
  for (const auto& [cause, count] : counts) {
    counted.push_back({.platform = cause.first, .error_class = cause.second, .count = count});
  }
  std::ranges::sort(counted, [](const CauseCount& one, const CauseCount& other) {
    return std::tie(other.count, one.platform, one.error_class) <
           std::tie(one.count, other.platform, other.error_class);
  });
  return counted;
}

}  // namespace yizhan::store
