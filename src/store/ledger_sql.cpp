#include "store/ledger_sql.h"

#include <fmt/format.h>

#include <string>

#include "store/selection_sql.h"

namespace yizhan::store {
namespace {

constexpr std::string_view kNoMinute = "CAST(NULL AS timestamptz)";

/// Events that are picked first, with the least and the greatest of their numbers: their states are looked for only
/// between these. Otherwise every state on record is read.
std::string found_first(std::string_view events) {
  return fmt::format(
      "WITH found AS MATERIALIZED ({}), "
      "bounds AS (SELECT min(sequence) AS lowest, max(sequence) AS highest FROM found) ",
      events);
}
constexpr std::string_view kFound = "found AS e";
constexpr std::string_view kWithinBounds =
    " AND {0}.sequence BETWEEN (SELECT lowest FROM bounds) AND (SELECT highest FROM bounds)";

std::string join(std::string_view table, std::string_view alias, std::string_view within) {
  return fmt::format(" LEFT JOIN {0} {1} ON {1}.sequence = e.sequence", table, alias) +
         fmt::format(fmt::runtime(within), alias);
}

/// `events`: an `e` with sequence, platform and minute. Left joins: an event without a state, or with two, shows as a
/// mismatch.
std::string states_of(std::string_view events, std::string_view within, std::string_view further_columns = {}) {
  return fmt::format(
      "SELECT e.platform, e.minute, count(*) AS accepted, "
      "count(CASE WHEN s.status = 'pending' THEN 1 END) AS pending, "
      "count(CASE WHEN s.status = 'retrying' THEN 1 END) AS retrying, "
      "count(d.sequence) AS delivered, "
      "count(CASE WHEN a.status = 'dead_letter' THEN 1 END) AS dead_letter, "
      "count(CASE WHEN a.status = 'discarded' THEN 1 END) AS discarded{} FROM {}{}{}{} GROUP BY 1, 2",
      further_columns, events, join("outbox_schedule", "s", within), join("outbox_delivered", "d", within),
      join("outbox_abandoned", "a", within));
}

std::string deleted(std::string_view minute, std::string_view conditions) {
  return fmt::format(
      "SELECT platform, {} AS minute, sum(delivered + dead_letter + discarded) AS accepted, 0 AS pending, 0 AS "
      "retrying, "
      "sum(delivered) AS delivered, sum(dead_letter) AS dead_letter, sum(discarded) AS discarded FROM ledger_rollup "
      "WHERE 1 = 1{} GROUP BY 1, 2",
      minute, conditions);
}

std::string sums(std::string_view counted) {
  return fmt::format(
      "SELECT platform, minute, CAST(sum(accepted) AS bigint), CAST(sum(pending) AS bigint), "
      "CAST(sum(retrying) AS bigint), CAST(sum(delivered) AS bigint), CAST(sum(dead_letter) AS bigint), "
      "CAST(sum(discarded) AS bigint) FROM ({}) AS counted GROUP BY 1, 2 ORDER BY 1, 2",
      counted);
}

}  // namespace

LedgerLine read_ledger_line(const SqlRow& row) {
  return {.platform = text_of(row, kLedgerPlatform),
          .minute = optional_time(row, kLedgerMinute),
          .accepted = row.integer(kLedgerAccepted),
          .pending = row.integer(kLedgerPending),
          .retrying = row.integer(kLedgerRetrying),
          .delivered = row.integer(kLedgerDelivered),
          .dead_letter = row.integer(kLedgerDeadLetter),
          .discarded = row.integer(kLedgerDiscarded)};
}

Query ledger_query(const Dialect& dialect, std::optional<UtcTime> created_from, std::optional<UtcTime> created_until,
                   bool by_minute) {
  Query query;
  const std::string conditions = created_conditions(query, created_from, created_until, dialect, "e.sequence");
  std::string of_minute;
  if (created_from) of_minute += " AND minute >= " + query.bind(*created_from);
  if (created_until) of_minute += " AND minute < " + query.bind(*created_until);
  const std::string events =
      fmt::format("SELECT e.sequence, e.platform, {} AS minute FROM outbox_events e WHERE 1 = 1{}",
                  by_minute ? dialect.minute_of_created_at : kNoMinute, conditions);
  // Where nothing tells which numbers the events of a time have, they are picked first.
  const bool pick_first = (created_from || created_until) && dialect.first_sequence_from.empty();
  query.text = (pick_first ? found_first(events) : "") +
               sums((pick_first ? states_of(kFound, kWithinBounds) : states_of("(" + events + ") AS e", "")) +
                    " UNION ALL " + deleted(by_minute ? "minute" : kNoMinute, of_minute));
  return query;
}

Query ledger_piece_query(const Dialect& dialect, std::int64_t after, std::int64_t until, int most) {
  Query query;
  const std::string events = fmt::format(
      "SELECT e.sequence, e.platform, {} AS minute FROM outbox_events e WHERE e.sequence > {} AND e.sequence <= {} "
      "ORDER BY e.sequence LIMIT {}",
      dialect.minute_of_created_at, query.bind(after), query.bind(until), query.bind(std::int64_t{most}));
  query.text = found_first(events) + states_of(kFound, kWithinBounds, ", max(e.sequence)") + " ORDER BY 1, 2";
  return query;
}

Query ledger_of_deleted_query() {
  return {sums(deleted(kNoMinute, "")), {}};
}

}  // namespace yizhan::store
