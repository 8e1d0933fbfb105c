#include "store/selection_sql.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace yizhan::store {
namespace {

/// One of the three tables an event's state can be in, as a piece of a UNION ALL.
struct Arm {
  std::string_view table;    ///< its alias in the statement is `s`
  std::string_view columns;  ///< status, attempt_count, next_attempt_at, last_error, updated_at, lease_expires_at
  std::array<EventStatus, 2> holds;
};

// NULL columns carry their type: PostgreSQL takes a bare NULL in a sub-select for text.
constexpr std::array kArms{
    Arm{"outbox_schedule",
        "s.status, s.attempt_count, s.next_attempt_at, s.last_error, s.updated_at, s.lease_expires_at",
        {EventStatus::kPending, EventStatus::kRetrying}},
    Arm{"outbox_delivered",
        "'delivered' AS status, s.attempt_count, CAST(NULL AS timestamptz) AS next_attempt_at, "
        "CAST(NULL AS text) AS last_error, s.updated_at, CAST(NULL AS timestamptz) AS lease_expires_at",
        {EventStatus::kDelivered, EventStatus::kDelivered}},
    Arm{"outbox_abandoned",
        "s.status, s.attempt_count, CAST(NULL AS timestamptz) AS next_attempt_at, s.last_error, s.updated_at, "
        "CAST(NULL AS timestamptz) AS lease_expires_at",
        {EventStatus::kDeadLetter, EventStatus::kDiscarded}},
};

constexpr std::string_view kEventColumns =
    "e.sequence, e.id, e.platform, e.event_type, e.callback_target, {payload} AS payload, e.correlation, e.order_key, "
    "e.traceparent, e.idempotency_key, e.created_at, e.removed_bytes, e.previous_secret, ";

/// Of `e` and its attempt `a`; read_attempt_view reads them.
constexpr std::string_view kAttemptColumns =
    "e.id, a.attempt_no, a.response_status, a.error_class, a.error_message, a.duration_ms, a.response_body, "
    "a.created_at";

std::string event_columns(bool with_payload) {
  return fmt::format(fmt::runtime(kEventColumns), fmt::arg("payload", with_payload ? "e.payload" : "NULL"));
}

template <class Item, class Bind>
std::string in_list(const std::vector<Item>& items, Bind bind) {
  std::string list;
  for (const Item& item : items) {
    if (!list.empty()) list += ", ";
    list += bind(item);
  }
  return list;
}

/// Of the table with the states: every statement is driven by it.
constexpr std::string_view kSequence = "s.sequence";

/// Of the numbers of what was created in [from, until), where there is no index on the time: each condition preceded by
/// AND.
std::string created_sequences(Query& query, std::optional<UtcTime> from, std::optional<UtcTime> until,
                              const Dialect& dialect, std::string_view sequence) {
  std::string text;
  const auto limit = [&](std::string_view comparison, UtcTime time, std::string_view expression) {
    if (expression.empty()) return;
    text +=
        fmt::format(" AND {} {} ({})", sequence, comparison, fmt::format(fmt::runtime(expression), query.bind(time)));
  };
  if (from) limit(">=", *from, dialect.first_sequence_from);
  if (until) limit("<=", *until, dialect.last_sequence_until);
  return text;
}

/// The conditions on the event itself, each preceded by AND; statuses are the arms' affair. `error_class` is an
/// expression for the class of the last attempt, or empty for looking it up.
std::string event_conditions(Query& query, const Selection& selection, const Dialect& dialect,
                             std::string_view error_class = {}) {
  std::string text;
  if (!selection.ids.empty()) {
    text += fmt::format(" AND e.id IN ({})", in_list(selection.ids, [&](const auto& id) { return query.bind(id); }));
  }
  if (!selection.platform.empty()) text += " AND e.platform = " + query.bind(selection.platform);
  if (!selection.event_type.empty()) text += " AND e.event_type = " + query.bind(selection.event_type);
  if (!selection.correlation.empty()) {
    // The second condition, true in any case, lets the index on correlations be used, which leaves out the empty ones.
    text += fmt::format(" AND e.correlation = {} AND e.correlation <> ''", query.bind(selection.correlation));
  }
  text += created_conditions(query, selection.created_from, selection.created_until, dialect, kSequence);
  if (!selection.error_class.empty()) {
    const std::string wanted = query.bind(selection.error_class);
    if (!error_class.empty()) {
      text += fmt::format(" AND {} = {}", error_class, wanted);
    } else {
      text += fmt::format(
          " AND (SELECT a.error_class FROM outbox_attempts a WHERE a.sequence = e.sequence"
          " ORDER BY a.attempt_no DESC LIMIT 1) = {}",
          wanted);
    }
  }
  return text;
}

/// What is asked of the arms' statuses: the wanted ones, or all when none is named.
bool wants(const Selection& selection, EventStatus status) {
  return selection.statuses.empty() || std::ranges::find(selection.statuses, status) != selection.statuses.end();
}

/// The UNION ALL over the arms that can hold what is wanted; `piece(arm, condition)` gives the text of one.
template <class Piece>
std::string over_arms(const Selection& selection, std::string_view none, Piece piece) {
  std::string text;
  for (const Arm& arm : kArms) {
    const bool first = wants(selection, arm.holds[0]);
    const bool second = wants(selection, arm.holds[1]);
    if (!first && !second) continue;
    std::string condition;
    if (first != second) condition = fmt::format(" AND s.status = '{}'", to_string(arm.holds[first ? 0 : 1]));
    if (!text.empty()) text += " UNION ALL ";
    text += piece(arm, condition);
  }
  return text.empty() ? std::string(none) : text;
}

/// That `sequence` lies in the stretch, each condition preceded by AND.
std::string in_stretch(Query& query, const Stretch& stretch, std::string_view sequence) {
  std::string text;
  if (stretch.after != 0) {
    text = fmt::format(" AND {} {} {}", sequence, stretch.oldest_first ? ">" : "<", query.bind(stretch.after));
  }
  if (stretch.through) {
    text += fmt::format(" AND {} {} {}", sequence, stretch.oldest_first ? "<=" : ">=", query.bind(*stretch.through));
  }
  return text;
}

/// That a state `s` and its event `e` lie there. Of the event PostgreSQL would not think of it by itself, and read all
/// events for every stretch.
std::string both_in_stretch(Query& query, const Stretch& stretch) {
  return in_stretch(query, stretch, kSequence) + in_stretch(query, stretch, "e.sequence");
}

std::string_view direction(bool oldest_first) {
  return oldest_first ? "ASC" : "DESC";
}

/// An arm's states `s` with their events `e`, and, where it is asked for, their dead letters `d`. What is searched for
/// is searched for from the states on, which a stretch bounds; SQLite might begin with the events, read them all, and
/// sort.
std::string from_states(const Arm& arm, const Selection& selection, const Dialect& dialect,
                        bool with_dead_letters = false) {
  const std::string_view join = is_searched(selection, dialect) ? " CROSS JOIN " : ", ";
  std::string tables = fmt::format("{} s{}outbox_events e", arm.table, join);
  std::string condition = "e.sequence = s.sequence";
  if (with_dead_letters) {
    tables.append(join).append("cs_platform_event_dead_letters d");
    condition += " AND d.event_id = e.id";
  }
  return fmt::format("FROM {} WHERE {}", tables, condition);
}

/// Each arm is ordered and cut on its own, so that none is read further than one page.
std::string paged_union(Query& query, const Selection& selection, const Stretch& stretch, int most,
                        const std::string& columns, const Dialect& dialect, std::string_view condition = {}) {
  const std::string conditions =
      event_conditions(query, selection, dialect) + both_in_stretch(query, stretch) + std::string(condition);
  const std::string limit = query.bind(std::int64_t{most});
  const std::string tail = fmt::format("sequence {} LIMIT {}", direction(stretch.oldest_first), limit);
  const std::string none =
      fmt::format("SELECT {0}{1} FROM outbox_events e JOIN {2} s ON s.sequence = e.sequence WHERE 1 = 0", columns,
                  kArms[0].columns, kArms[0].table);
  const auto piece = [&](const Arm& arm, const std::string& status) {
    const std::string_view name = arm.table.substr(arm.table.find('_') + 1);
    return fmt::format("SELECT * FROM (SELECT {}{} {}{}{} ORDER BY s.{}) AS {}", columns, arm.columns,
                       from_states(arm, selection, dialect), status, conditions, tail, name);
  };
  return over_arms(selection, none, piece) + " ORDER BY " + tail;
}

}  // namespace

std::string created_conditions(Query& query, std::optional<UtcTime> from, std::optional<UtcTime> until,
                               const Dialect& dialect, std::string_view sequence) {
  std::string text = created_sequences(query, from, until, dialect, sequence);
  if (from) text += " AND e.created_at >= " + query.bind(*from);
  if (until) text += " AND e.created_at < " + query.bind(*until);
  return text;
}

std::optional<Selection> narrowed_to(const Selection& selection, std::span<const EventStatus> statuses) {
  Selection narrowed = selection;
  narrowed.statuses.clear();
  for (const EventStatus status : statuses) {
    if (wants(selection, status)) narrowed.statuses.push_back(status);
  }
  if (narrowed.statuses.empty()) return std::nullopt;  // an empty list would mean all
  return narrowed;
}

bool is_searched(const Selection& selection, const Dialect& dialect) {
  const bool bounded = selection.created_from || selection.created_until;
  return selection.ids.empty() && selection.correlation.empty() && !(bounded && dialect.first_sequence_from.empty());
}

Query stretch_query(const Selection& selection, const Stretch& stretch, int most, const Dialect& dialect) {
  Query query;
  const std::string conditions =
      created_sequences(query, selection.created_from, selection.created_until, dialect, kSequence) +
      in_stretch(query, stretch, kSequence);
  const std::string limit = query.bind(std::int64_t{most});
  const std::string_view last = stretch.oldest_first ? "max" : "min";
  const std::string_view nearest = stretch.oldest_first ? "min" : "max";
  // Whatever its status: it is read anyway.
  const auto piece = [&](const Arm& arm, const std::string&) {
    return fmt::format(
        "SELECT {}(sequence) AS last FROM (SELECT s.sequence FROM {} s WHERE 1 = 1{} ORDER BY s.sequence {} LIMIT {}) "
        "AS stretch HAVING count(*) = {}",
        last, arm.table, conditions, direction(stretch.oldest_first), limit, limit);
  };
  const std::string ends = over_arms(selection, "SELECT sequence AS last FROM outbox_events WHERE 1 = 0", piece);
  query.text = fmt::format("SELECT {}(last) FROM ({}) AS ends", nearest, ends);
  return query;
}

Query event_query(std::string_view id, bool with_payload) {
  Query query;
  const std::string wanted = query.bind(std::string(id));
  query.text = over_arms({}, {}, [&](const Arm& arm, const std::string&) {
    return fmt::format("SELECT {}{} FROM outbox_events e JOIN {} s ON s.sequence = e.sequence WHERE e.id = {}",
                       event_columns(with_payload), arm.columns, arm.table, wanted);
  });
  return query;
}

Query events_query(const Selection& selection, const Stretch& stretch, int most, const Dialect& dialect) {
  Query query;
  query.text = paged_union(query, selection, stretch, most, event_columns(false), dialect);
  return query;
}

Query count_query(const Selection& selection, const Stretch& stretch, const Dialect& dialect) {
  Query query;
  std::string conditions = event_conditions(query, selection, dialect);
  // Without a condition on the event the narrow table alone answers.
  const bool joined = !conditions.empty();
  conditions += joined ? both_in_stretch(query, stretch) : in_stretch(query, stretch, kSequence);
  const std::string sum = over_arms(selection, "SELECT 0 AS n", [&](const Arm& arm, const std::string& status) {
    return fmt::format("SELECT count(*) AS n {}{}{}",
                       joined ? from_states(arm, selection, dialect) : fmt::format("FROM {} s WHERE 1 = 1", arm.table),
                       status, conditions);
  });
  query.text = fmt::format("SELECT CAST(sum(n) AS bigint) FROM ({}) AS counted", sum);
  return query;
}

Query causes_query(const Selection& selection, const Stretch& stretch, const Dialect& dialect) {
  Query query;
  const std::string conditions = event_conditions(query, selection, dialect) + both_in_stretch(query, stretch);
  const auto piece = [&](const Arm& arm, const std::string& status) {
    return fmt::format(
        "SELECT e.platform AS platform, coalesce((SELECT a.error_class FROM outbox_attempts a "
        "WHERE a.sequence = e.sequence ORDER BY a.attempt_no DESC LIMIT 1), '') AS error_class "
        "{}{}{}",
        from_states(arm, selection, dialect), status, conditions);
  };
  const std::string rows =
      over_arms(selection, "SELECT platform, '' AS error_class FROM outbox_events WHERE 1 = 0", piece);
  query.text =
      fmt::format("SELECT platform, error_class, count(*) FROM ({}) AS counted GROUP BY platform, error_class", rows);
  return query;
}

Query targets_query(const Selection& selection, std::span<const EventStatus> statuses, int limit,
                    const Dialect& dialect, std::string_view condition) {
  Query query;
  const auto narrowed = narrowed_to(selection, statuses);
  if (!narrowed) {
    query.text = "SELECT sequence, '' AS status FROM outbox_events WHERE 1 = 0";
    return query;
  }
  const std::string rows =
      paged_union(query, *narrowed, {.oldest_first = true}, limit, "e.sequence, ", dialect, condition);
  query.text = fmt::format("SELECT sequence, status FROM ({}) AS targets", rows);
  return query;
}

Query attempts_query(std::string_view event_id, int limit) {
  Query query;
  query.text = fmt::format(
      "SELECT {} FROM outbox_events e JOIN outbox_attempts a ON a.sequence = e.sequence WHERE e.id = {} "
      "ORDER BY a.attempt_no LIMIT {}",
      kAttemptColumns, query.bind(std::string(event_id)), query.bind(std::int64_t{limit}));
  return query;
}

Query newest_attempts_query(const Stretch& stretch, std::optional<UtcTime> since, int limit) {
  Query query;
  std::string conditions = in_stretch(query, stretch, "sequence");
  if (since) conditions += " AND created_at > " + query.bind(*since);
  // The newest are picked before their events are looked up.
  query.text = fmt::format(
      "SELECT {} FROM (SELECT * FROM outbox_attempts WHERE 1 = 1{} ORDER BY created_at DESC LIMIT {}) AS a "
      "JOIN outbox_events e ON e.sequence = a.sequence ORDER BY a.created_at DESC",
      kAttemptColumns, conditions, query.bind(std::int64_t{limit}));
  return query;
}

Query attempts_stretch_query(const Stretch& stretch, int most) {
  Query query;
  const std::string conditions = in_stretch(query, stretch, "sequence");
  const std::string limit = query.bind(std::int64_t{most});
  query.text = fmt::format(
      "SELECT min(sequence) FROM (SELECT sequence FROM outbox_attempts WHERE 1 = 1{0} ORDER BY sequence DESC LIMIT "
      "{1}) "
      "AS stretch HAVING count(*) = {1}",
      conditions, limit);
  return query;
}

Query dead_letters_query(const Selection& selection, const Stretch& stretch, int most, const Dialect& dialect) {
  Query query;
  const std::string conditions =
      event_conditions(query, selection, dialect, "d.error_class") + both_in_stretch(query, stretch);
  query.text = over_arms(selection, {}, [&](const Arm& arm, const std::string& status) {
    return fmt::format(
        "SELECT e.sequence, d.event_id, d.platform, d.event_type, d.callback_target, d.attempt_count, d.error_class, "
        "d.final_error, d.created_at {}{}{} ORDER BY s.sequence {} LIMIT {}",
        from_states(arm, selection, dialect, true), status, conditions, direction(stretch.oldest_first),
        query.bind(std::int64_t{most}));
  });
  return query;
}

}  // namespace yizhan::store
