// ExpressTables: what in the schema needs mending. Looks at the catalog, and works before version 3 has been reached:
// the tables may be those of another system, and lack columns; there may be none at all.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "store/express_tables.h"
#include "store/migrations/postgres_0003_adopt.h"

namespace yizhan::store {
namespace {

constexpr std::int64_t kVersion = 3;  ///< of the schema that has these tables

/// What statements find rows by with ON CONFLICT, which takes a plain unique index and no other (SQLSTATE 42P10).
struct WantedIndex {
  std::string_view table;
  std::string_view columns;  ///< in alphabetical order
  std::string_view name;
  std::string_view partial_code;
  std::string_view missing_code;
  std::string_view duplicates_code;
  std::string_view rule;  ///< how `yizhan migrate` mends duplicates; empty: somebody has to
};
constexpr std::array<WantedIndex, 4> kWantedIndexes{
    {{"express_notifications", "message_id", "ux_express_notifications_message_id", "message_id_index_partial",
      "message_id_index_missing", "message_id_duplicates",
      "of each, the one that got furthest keeps it; the others say so in last_error and are not sent"},
     {"push_devices", "appid,cid", "ux_push_devices_appid_cid", "device_index_partial", "device_index_missing",
      "device_duplicates", ""},
     {"platform_express_waybills", "tracking_no", "ux_platform_express_waybills_tracking_no", "waybill_index_partial",
      "waybill_index_missing", "waybill_duplicates", ""},
     {"platform_express_tracking_events", "event_key,tracking_no", "ux_platform_express_tracking_events_key",
      "tracking_event_index_partial", "tracking_event_index_missing", "tracking_event_duplicates", ""}}};

struct FoundIndex {
  std::string table;
  std::string columns;
  bool is_plain = false;
  std::string definition;
  std::string name;
};

class Examination {
 public:
  explicit Examination(Session& session) : session_(session) {}
  Result<std::vector<SchemaFinding>> run();

 private:
  Result<void> read();
  Result<void> read_version();
  Result<void> find_duplicates(const WantedIndex& wanted);
  void check_index(const WantedIndex& wanted);
  void check_device_cid();
  void send_column_checks();
  bool has(const WantedIndex& wanted) const;

  Session& session_;
  std::int64_t version_ = 0;
  bool has_migrations_ = false;
  std::set<std::string> columns_;  ///< `table.column`
  std::vector<FoundIndex> indexes_;
  std::vector<SchemaFinding> findings_;
};

Result<void> Examination::read_version() {
  session_.send(
      "{postgres|SELECT to_regclass(format('%I.yizhan_migrations', current_schema())) IS NOT NULL}"
      "{sqlite|SELECT count(*) FROM sqlite_schema WHERE name = 'yizhan_migrations'}",
      {}, [this](const SqlRow& row) { has_migrations_ = row.integer(0) != 0; });
  if (auto done = session_.finish(); !done || !has_migrations_) return done;
  session_.send("SELECT CAST(coalesce(max(version), 0) AS bigint) FROM yizhan_migrations", {},
                [this](const SqlRow& row) { version_ = row.integer(0); });
  return session_.finish();
}

Result<void> Examination::read() {
  session_.send(
      "{postgres|SELECT c.relname::text, a.attname::text FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = "
      "c.oid "
      "AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relnamespace = current_schema()::regnamespace "
      "AND c.relkind IN ('r', 'p')}"
      "{sqlite|SELECT m.name, c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'}",
      {}, [this](const SqlRow& row) { columns_.insert(fmt::format("{}.{}", row.bytes(0), row.bytes(1))); });
  session_.send(
      "{postgres|SELECT c.relname::text, (SELECT string_agg(a.attname::text, ',' ORDER BY a.attname) "
      "FROM pg_attribute AS a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)), "
      "i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL, pg_get_indexdef(i.indexrelid), "
      "i.indexrelid::regclass::text FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid "
      "WHERE i.indisunique AND c.relnamespace = current_schema()::regnamespace}"
      "{sqlite|SELECT m.name, (SELECT group_concat(k.name, ',') FROM (SELECT name FROM pragma_index_info(i.name) "
      "ORDER BY name) AS k), i.partial = 0, i.name, i.name FROM sqlite_schema AS m, pragma_index_list(m.name) AS i "
      "WHERE m.type = 'table' AND i.\"unique\" = 1}",
      {}, [this](const SqlRow& row) {
        indexes_.push_back({.table = text_of(row, 0),
                            .columns = text_of(row, 1),
                            .is_plain = row.integer(2) != 0,
                            .definition = text_of(row, 3),
                            .name = text_of(row, 4)});
      });
  return session_.finish();
}

bool Examination::has(const WantedIndex& wanted) const {
  std::string_view rest = wanted.columns;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    if (!columns_.contains(fmt::format("{}.{}", wanted.table, rest.substr(0, comma)))) return false;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return true;
}

void Examination::check_index(const WantedIndex& wanted) {
  const FoundIndex* other = nullptr;
  for (const FoundIndex& index : indexes_) {
    if (index.table != wanted.table || index.columns != wanted.columns) continue;
    if (index.is_plain) return;
    other = &index;
  }
  const bool migrates = version_ < kVersion;
  if (other == nullptr && migrates) return;  // it will be made
  const std::string make = fmt::format("CREATE UNIQUE INDEX {} ON {} ({})", wanted.name, wanted.table, wanted.columns);
  if (other == nullptr) {
    findings_.push_back({.code = std::string(wanted.missing_code),
                         .evidence = fmt::format("{} has no unique index on ({})", wanted.table, wanted.columns),
                         .mend = make,
                         .mended_by_migrate = false});
    return;
  }
  findings_.push_back({.code = std::string(wanted.partial_code),
                       .evidence = other->definition,
                       .mend = migrates ? "a plain unique index takes its place; ON CONFLICT does not match this one "
                                          "(42P10)"
                                        : fmt::format("DROP INDEX {}; {}", other->name, make),
                       .mended_by_migrate = migrates});
}

void Examination::check_device_cid() {
  for (const FoundIndex& index : indexes_) {
    if (index.table != "push_devices" || index.columns != "cid") continue;
    findings_.push_back({.code = "device_cid_unique",
                         .evidence = index.definition,
                         .mend = version_ < kVersion ? "it goes: a device is told apart by appid and cid"
                                                     : fmt::format("DROP INDEX {}", index.name),
                         .mended_by_migrate = version_ < kVersion});
  }
}

Result<void> Examination::find_duplicates(const WantedIndex& wanted) {
  if (!has(wanted)) return {};
  std::int64_t count = 0;
  std::string example;
  const std::string_view last = wanted.columns.substr(wanted.columns.rfind(',') + 1);
  session_.send(fmt::format("SELECT count(*), min(CAST(example AS text)) FROM (SELECT min(CAST({} AS text)) AS example "
                            "FROM {} WHERE {} IS NOT NULL GROUP BY {} HAVING count(*) > 1) AS repeated",
                            last, wanted.table, last, wanted.columns),
                {}, [&](const SqlRow& row) {
                  count = row.integer(0);
                  example = text_of(row, 1);
                });
  if (auto done = session_.finish(); !done || count == 0) return done;
  const bool migrates = version_ < kVersion && !wanted.rule.empty();
  findings_.push_back({.code = std::string(wanted.duplicates_code),
                       .evidence = fmt::format("{} of ({}) stand more than once in {}, such as {}", count,
                                               wanted.columns, wanted.table, example),
                       .mend = migrates ? std::string(wanted.rule)
                                        : fmt::format("keep one row of each: SELECT * FROM {} WHERE {} = '{}'",
                                                      wanted.table, last, example),
                       .mended_by_migrate = migrates});
  return {};
}

void Examination::send_column_checks() {
  static const std::string kTypes =
      "{postgres|WITH present AS (SELECT columns.relation AS table_name, columns.name, columns.type, "
      "format_type(a.atttypid, NULL) AS found, a.attrelid AS relation, a.attnum FROM " +
      std::string(migrations::kExpressColumns) +
      " JOIN pg_attribute AS a ON a.attrelid = to_regclass(format('%I.%I', current_schema(), columns.relation)) "
      "AND a.attname = columns.name AND NOT a.attisdropped "
      "WHERE columns.relation <> 'ml_orders' AND a.atttypid <> columns.type::regtype "
      "AND NOT (columns.type = 'integer' AND a.atttypid = 'bigint'::regtype)) "
      "SELECT present.table_name, present.name, present.found, present.type, other.what, other.mend FROM present "
      "LEFT JOIN LATERAL (" +
      std::string(migrations::kHindrances) + ") AS other ON true ORDER BY 1, 2, 5}";
  session_.send(kTypes, {}, [this](const SqlRow& row) {
    const bool migrates = version_ < kVersion && row.null(4);
    const std::string evidence = fmt::format("{}.{} is {}", row.bytes(0), row.bytes(1), row.bytes(2));
    if (row.null(4)) {
      findings_.push_back(
          {.code = "column_type",
           .evidence = evidence,
           .mend = migrates ? fmt::format("it becomes {}", row.bytes(3))
                            : fmt::format("ALTER TABLE {} ALTER COLUMN {} TYPE {} USING {}::{}", row.bytes(0),
                                          row.bytes(1), row.bytes(3), row.bytes(1), row.bytes(3)),
           .mended_by_migrate = migrates});
    } else {
      findings_.push_back({.code = "column_type_held",
                           .evidence = fmt::format("{} and has to become {}, which the {} prevents", evidence,
                                                   row.bytes(3), row.bytes(4)),
                           .mend = text_of(row, 5),
                           .mended_by_migrate = false});
    }
  });
  static const std::string kRequired =
      "{postgres|SELECT c.relname::text, a.attname::text FROM pg_class AS c JOIN pg_attribute AS a "
      "ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND NOT a.atthasdef "
      "AND a.attidentity = '' WHERE c.relnamespace = current_schema()::regnamespace "
      "AND c.relname IN (SELECT columns.relation FROM " +
      std::string(migrations::kExpressColumns) +
      " WHERE columns.relation <> 'ml_orders') AND NOT EXISTS (SELECT FROM " +
      std::string(migrations::kExpressColumns) +
      " WHERE columns.relation = c.relname AND columns.name = a.attname) ORDER BY 1, 2}";
  session_.send(kRequired, {}, [this](const SqlRow& row) {
    findings_.push_back(
        {.code = "column_required",
         .evidence = fmt::format("{}.{} must not be empty and has no default, so that no row can be added",
                                 row.bytes(0), row.bytes(1)),
         .mend = fmt::format("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL", row.bytes(0), row.bytes(1)),
         .mended_by_migrate = false});
  });
}

Result<std::vector<SchemaFinding>> Examination::run() {
  if (auto done = read_version(); !done) return std::unexpected(done.error());
  if (auto done = read(); !done) return std::unexpected(done.error());
  for (const WantedIndex& wanted : kWantedIndexes) {
    if (!columns_.contains(fmt::format("{}.id", wanted.table))) continue;
    check_index(wanted);
    if (auto done = find_duplicates(wanted); !done) return std::unexpected(done.error());
  }
  check_device_cid();
  send_column_checks();
  if (auto done = session_.finish(); !done) return std::unexpected(done.error());
  return std::move(findings_);
}

}  // namespace

Result<std::vector<SchemaFinding>> ExpressTables::check_express_schema() {
  std::vector<SchemaFinding> findings;
  const auto done = look([&](Session& session) -> Result<void> {
    auto found = Examination(session).run();
    if (!found) return std::unexpected(found.error());
    findings = std::move(*found);
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return findings;
}

}  // namespace yizhan::store
