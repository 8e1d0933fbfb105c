#include "store/ledger_sql.h"

#include <fmt/format.h>

#include <string>

#include "store/selection_sql.h"

namespace yizhan::store {
namespace {

constexpr std::string_view kNoMinute = "CAST(NULL AS timestamptz)";

/// Events are picked first, with the least and the greatest of their numbers: their states are looked for only between
/// these. Otherwise every state on record is read.
std::string found_first(std::string_view events) {
  return fmt::format(
      "WITH found AS MATERIALIZED ({}), "
      "bounds AS (SELECT min(sequence) AS lowest, max(sequence) AS highest FROM found) ",
      events);
}

std::string join(std::string_view table, std::string_view alias) {
  return fmt::format(
      " LEFT JOIN {0} {1} ON {1}.sequence = e.sequence "
      "AND {1}.sequence BETWEEN (SELECT lowest FROM bounds) AND (SELECT highest FROM bounds)",
      table, alias);
}

/// Of the events that were found. Left joins: an event without a state, or with two, shows as a mismatch.
std::string states_of(std::string_view further_columns = {}) {
  return fmt::format(
      "SELECT e.platform, e.minute, count(*) AS accepted, "
      "count(CASE WHEN s.status = 'pending' THEN 1 END) AS pending, "
      "count(CASE WHEN s.status = 'retrying' THEN 1 END) AS retrying, "
      "count(d.sequence) AS delivered, "
      "count(CASE WHEN a.status = 'dead_letter' THEN 1 END) AS dead_letter, "
      "count(CASE WHEN a.status = 'discarded' THEN 1 END) AS discarded{} FROM found AS e{}{}{} GROUP BY 1, 2",
      further_columns, join("outbox_schedule", "s"), join("outbox_delivered", "d"), join("outbox_abandoned", "a"));
}

std::string deleted(Query& query, const LedgerRange& range, bool by_minute) {
  std::string conditions;
  if (range.created_from) conditions += " AND minute >= " + query.bind(*range.created_from);
  if (range.created_until) conditions += " AND minute < " + query.bind(*range.created_until);
  return fmt::format(
      "SELECT platform, {} AS minute, sum(delivered + dead_letter + discarded) AS accepted, 0 AS pending, 0 AS "
      "retrying, "
      "sum(delivered) AS delivered, sum(dead_letter) AS dead_letter, sum(discarded) AS discarded FROM ledger_rollup "
      "WHERE 1 = 1{} GROUP BY 1, 2",
      by_minute ? "minute" : kNoMinute, conditions);
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

Query ledger_query(const Dialect& dialect, const LedgerRange& range, bool by_minute) {
  Query query;
  const std::string events =
      fmt::format("SELECT e.sequence, e.platform, {} AS minute FROM outbox_events e WHERE 1 = 1{}",
                  by_minute ? dialect.minute_of_created_at : kNoMinute,
                  created_conditions(query, range.created_from, range.created_until, dialect, "e.sequence"));
  query.text = found_first(events) + sums(states_of() + " UNION ALL " + deleted(query, range, by_minute));
  return query;
}

Query ledger_piece_query(const Dialect& dialect, const LedgerCount& count) {
  Query query;
  const std::string after = query.bind(count.after);
  const std::string created =
      created_conditions(query, count.range.created_from, count.range.created_until, dialect, "e.sequence");
  // The end is looked at afterwards: PostgreSQL thinks that between two numbers there are few events, fewer than the
  // piece has, while it knows nothing of the table, and would read and sort all of them for every piece.
  const std::string events = fmt::format(
      "SELECT sequence, platform, minute FROM (SELECT e.sequence, e.platform, {} AS minute FROM outbox_events e "
      "WHERE e.sequence > {}{} ORDER BY e.sequence LIMIT {}) AS e WHERE sequence <= {}",
      count.by_minute ? dialect.minute_of_created_at : kNoMinute, after, created, query.bind(std::int64_t{count.piece}),
      query.bind(count.until.value()));
  query.text = found_first(events) + states_of(", max(e.sequence)") + " ORDER BY 1, 2";
  return query;
}

Query ledger_of_deleted_query(const LedgerRange& range, bool by_minute) {
  Query query;
  query.text = sums(deleted(query, range, by_minute));
  return query;
}

}  // namespace yizhan::store
