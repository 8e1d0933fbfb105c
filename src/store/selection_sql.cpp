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

/// `s.sequence` or `e.sequence`: that of the table which a statement is to be driven by.
struct Driver {
  std::string_view sequence;
};
constexpr Driver kByState{"s.sequence"};
constexpr Driver kByEvent{"e.sequence"};

/// The conditions on the event itself, each preceded by AND; statuses are the arms' affair. `error_class` is an
/// expression for the class of the last attempt, or empty for looking it up.
std::string event_conditions(Query& query, const Selection& selection, const Dialect& dialect, const Driver& driver,
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
  text += created_conditions(query, selection.created_from, selection.created_until, dialect, driver.sequence);
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

std::string page_condition(Query& query, const Page& page, const Driver& driver) {
  if (page.after == 0) return {};
  return fmt::format(" AND {} {} {}", driver.sequence, page.oldest_first ? ">" : "<", query.bind(page.after));
}

std::string_view direction(const Page& page) {
  return page.oldest_first ? "ASC" : "DESC";
}

/// Each arm is ordered and cut on its own, so that none is read further than one page.
std::string paged_union(Query& query, const Selection& selection, const Page& page, const std::string& columns,
                        const Dialect& dialect, std::string_view condition = {}) {
  const std::string conditions = event_conditions(query, selection, dialect, kByState) +
                                 page_condition(query, page, kByState) + std::string(condition);
  const std::string limit = query.bind(std::int64_t{page.limit});
  const std::string tail = fmt::format("sequence {} LIMIT {}", direction(page), limit);
  const std::string none =
      fmt::format("SELECT {0}{1} FROM outbox_events e JOIN {2} s ON s.sequence = e.sequence WHERE 1 = 0", columns,
                  kArms[0].columns, kArms[0].table);
  const auto piece = [&](const Arm& arm, const std::string& status) {
    const std::string_view name = arm.table.substr(arm.table.find('_') + 1);
    return fmt::format(
        "SELECT * FROM (SELECT {}{} FROM {} s JOIN outbox_events e ON e.sequence = s.sequence "
        "WHERE 1 = 1{}{} ORDER BY s.{}) AS {}",
        columns, arm.columns, arm.table, status, conditions, tail, name);
  };
  return over_arms(selection, none, piece) + " ORDER BY " + tail;
}

}  // namespace

std::string created_conditions(Query& query, std::optional<UtcTime> from, std::optional<UtcTime> until,
                               const Dialect& dialect, std::string_view sequence) {
  std::string text;
  const auto limit = [&](std::string_view comparison, UtcTime time, std::string_view bound,
                         std::string_view expression) {
    const std::string named = query.bind(time);
    text += fmt::format(" AND e.created_at {} {}", comparison, named);
    if (expression.empty()) return;
    text += fmt::format(" AND {} {} ({})", sequence, bound, fmt::format(fmt::runtime(expression), named));
  };
  if (from) limit(">=", *from, ">=", dialect.first_sequence_from);
  if (until) limit("<", *until, "<=", dialect.last_sequence_until);
  return text;
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

Query events_query(const Selection& selection, const Page& page, const Dialect& dialect) {
  Query query;
  Page with_one_more = page;
  ++with_one_more.limit;
  query.text = paged_union(query, selection, with_one_more, event_columns(false), dialect);
  return query;
}

Query count_query(const Selection& selection, const Dialect& dialect) {
  Query query;
  const std::string conditions = event_conditions(query, selection, dialect, kByState);
  const std::string sum = over_arms(selection, "SELECT 0 AS n", [&](const Arm& arm, const std::string& status) {
    // Without a condition on the event the narrow table alone answers.
    const std::string_view join = conditions.empty() ? "" : " JOIN outbox_events e ON e.sequence = s.sequence";
    return fmt::format("SELECT count(*) AS n FROM {} s{} WHERE 1 = 1{}{}", arm.table, join, status, conditions);
  });
  query.text = fmt::format("SELECT CAST(sum(n) AS bigint) FROM ({}) AS counted", sum);
  return query;
}

Query causes_query(const Selection& selection, const Dialect& dialect) {
  Query query;
  const std::string conditions = event_conditions(query, selection, dialect, kByState);
  const auto piece = [&](const Arm& arm, const std::string& status) {
    return fmt::format(
        "SELECT e.platform AS platform, coalesce((SELECT a.error_class FROM outbox_attempts a "
        "WHERE a.sequence = e.sequence ORDER BY a.attempt_no DESC LIMIT 1), '') AS error_class "
        "FROM {} s JOIN outbox_events e ON e.sequence = s.sequence WHERE 1 = 1{}{}",
        arm.table, status, conditions);
  };
  const std::string rows =
      over_arms(selection, "SELECT platform, '' AS error_class FROM outbox_events WHERE 1 = 0", piece);
  query.text = fmt::format(
      "SELECT platform, error_class, count(*) FROM ({}) AS counted GROUP BY platform, error_class "
      "ORDER BY count(*) DESC, platform, error_class",
      rows);
  return query;
}

Query targets_query(const Selection& selection, std::span<const EventStatus> statuses, int limit,
                    const Dialect& dialect, std::string_view condition) {
  Selection narrowed = selection;
  narrowed.statuses.clear();
  for (const EventStatus status : statuses) {
    if (wants(selection, status)) narrowed.statuses.push_back(status);
  }
  Query query;
  if (narrowed.statuses.empty()) {  // an empty list would mean all
    query.text = "SELECT sequence, '' AS status FROM outbox_events WHERE 1 = 0";
    return query;
  }
  const Page page{.limit = limit, .oldest_first = true};
  const std::string rows = paged_union(query, narrowed, page, "e.sequence, ", dialect, condition);
  query.text = fmt::format("SELECT sequence, status FROM ({}) AS targets", rows);
  return query;
}

Query attempts_query(std::string_view event_id, int limit) {
  Query query;
  const std::string most = query.bind(std::int64_t{limit});
  // The newest are picked before their events are looked up.
  const std::string attempts =
      event_id.empty() ? fmt::format("(SELECT * FROM outbox_attempts ORDER BY created_at DESC LIMIT {})", most)
                       : std::string("outbox_attempts");
  const std::string condition = event_id.empty() ? "" : " WHERE e.id = " + query.bind(std::string(event_id));
  query.text = fmt::format(
      "SELECT e.id, a.attempt_no, a.response_status, a.error_class, a.error_message, a.duration_ms, a.response_body, "
      "a.created_at FROM {} AS a JOIN outbox_events e ON e.sequence = a.sequence{} ORDER BY {} LIMIT {}",
      attempts, condition, event_id.empty() ? "a.created_at DESC" : "a.attempt_no", most);
  return query;
}

Query dead_letters_query(const Selection& selection, const Page& page, const Dialect& dialect) {
  Query query;
  std::string conditions =
      event_conditions(query, selection, dialect, kByEvent, "d.error_class") + page_condition(query, page, kByEvent);
  if (!selection.statuses.empty()) {
    const std::string arms = over_arms(
        selection, "SELECT sequence FROM outbox_events WHERE 1 = 0", [&](const Arm& arm, const std::string& status) {
          return fmt::format("SELECT s.sequence FROM {} s WHERE s.sequence = e.sequence{}", arm.table, status);
        });
    conditions += fmt::format(" AND EXISTS ({})", arms);
  }
  query.text = fmt::format(
      "SELECT e.sequence, d.event_id, d.platform, d.event_type, d.callback_target, d.attempt_count, d.error_class, "
      "d.final_error, d.created_at FROM cs_platform_event_dead_letters d JOIN outbox_events e ON e.id = d.event_id "
      "WHERE 1 = 1{} ORDER BY e.sequence {} LIMIT {}",
      conditions, direction(page), query.bind(std::int64_t{page.limit} + 1));
  return query;
}

}  // namespace yizhan::store
