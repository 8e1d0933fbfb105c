#include "store/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "store/page_end.h"
#include "store/previous_secret.h"
#include "store/session.h"

namespace yizhan::store {
namespace {

constexpr std::size_t kActorBytes = 255;
constexpr std::array kOrigins{std::pair{AuditOrigin::kCli, "cli"}, std::pair{AuditOrigin::kApi, "api"},
                              std::pair{AuditOrigin::kConsole, "console"}, std::pair{AuditOrigin::kSql, "sql"},
                              std::pair{AuditOrigin::kService, "service"}};

constexpr std::string_view kEntryColumns = "id, at, origin, actor, action, object, reason, count, detail, outcome";

AuditEntry read_entry(const SqlRow& row) {
  AuditEntry entry;
  entry.id = row.integer(0);
  entry.at = row.time(1);
  entry.origin = parse_audit_origin(row.bytes(2)).value_or(AuditOrigin::kService);
  entry.actor = text_of(row, 3);
  entry.action = text_of(row, 4);
  entry.object = text_of(row, 5);
  entry.reason = text_of(row, 6);
  if (!row.null(7)) entry.count = row.integer(7);
  entry.detail = text_of(row, 8);
  entry.outcome = text_of(row, 9);
  return entry;
}

std::string actor_of(const AuditEntry& entry) {
  if (entry.actor.empty()) return "unknown";
  return std::string(utf8_prefix(entry.actor, kActorBytes));
}

/// Those of the events that were changed at `now`: what others had changed before is none of this entry's.
void send_changed(Session& session, const std::vector<std::string>& ids, UtcTime now,
                  std::vector<std::string>& changed) {
  static constexpr std::array<SessionColumn, 3> kAsked{
      {{"id"}, {"at", SessionColumn::Type::kTime}, {"micros", SessionColumn::Type::kInteger}}};
  std::vector<std::vector<SessionValue>> rows;
  for (const std::string& id : ids) rows.push_back({id, now, std::int64_t{now.time_since_epoch().count()}});
  for (const std::string_view table : {"outbox_schedule", "outbox_abandoned"}) {
    session.send_each(fmt::format("SELECT e.id FROM {{each}} CROSS JOIN outbox_events AS e CROSS JOIN {} AS s "
                                  "WHERE e.id = each.id {{postgres|AND e.id = ANY ($1)}} AND s.sequence = e.sequence "
                                  "AND s.updated_at = {{postgres|each.at}}{{sqlite|each.micros}}",
                                  table),
                      kAsked, rows, [&](const SqlRow& row) { changed.push_back(text_of(row, 0)); });
  }
}

/// `then` is told which events were changed.
Result<std::int64_t> change_audited(
    Store& store, AuditEntry entry, const Selection& chunk, UtcTime now,
    const std::function<Result<std::int64_t>()>& change,
    const std::function<void(Session&, const std::vector<std::string>& ids)>& then = {}) {
  std::int64_t count = 0;
  const auto done = store.transact("audited_change.before_commit", [&](Session& session) -> Result<void> {
    const auto changed = change();
    if (!changed) return std::unexpected(changed.error());
    count = *changed;
    if (count == 0) return {};
    std::vector<std::string> ids;
    send_changed(session, chunk.ids, now, ids);
    if (auto found = session.finish(); !found) return found;
    if (then) then(session, ids);
    entry.count = count;
    if (ids.size() == 1) entry.object = ids.front();
    send_audit(session, entry, ids.size() == 1 ? std::vector<std::string>() : ids);
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return count;
}

}  // namespace

std::string_view to_string(AuditOrigin origin) {
  return std::ranges::find(kOrigins, origin, &std::pair<AuditOrigin, const char*>::first)->second;
}

std::optional<AuditOrigin> parse_audit_origin(std::string_view name) {
  for (const auto& [origin, text] : kOrigins) {
    if (name == text) return origin;
  }
  return std::nullopt;
}

void send_audit(Session& session, const AuditEntry& entry, const std::vector<std::string>& event_ids) {
  session.send(
      "INSERT INTO audit_trail (at, origin, actor, action, object, reason, count, detail, outcome) "
      "VALUES ($1, $2, $3, $4, $5, $6, {postgres|$7::bigint}{sqlite|$7}, $8, $9)",
      {entry.at, std::string(to_string(entry.origin)), actor_of(entry), entry.action, entry.object, entry.reason,
       entry.count ? SessionValue(*entry.count) : SessionValue(), entry.detail, entry.outcome});
  static constexpr std::array<SessionColumn, 1> kEvents{{{"id"}}};
  std::vector<std::vector<SessionValue>> rows;
  for (const std::string& id : event_ids) rows.push_back({id});
  // The row that was just added: of this session, whatever others add meanwhile.
  session.send_each(
      "INSERT INTO audit_events (event_id, audit_id) SELECT id, "
      "{postgres|currval(pg_get_serial_sequence('audit_trail', 'id'))}"
      "{sqlite|(SELECT seq FROM sqlite_sequence WHERE name = 'audit_trail')} FROM {each}",
      kEvents, rows);
}

std::string audit_statement(const AuditEntry& entry) {
  const auto quoted = [](std::string_view text) {
    std::string out = "'";
    for (const char character : text) {
      if (character == '\0') continue;
      out += character;
      if (character == '\'') out += character;
    }
    return out + '\'';
  };
  return fmt::format(
      "INSERT INTO audit_trail (at, origin, actor, action, object, reason, count, detail, outcome) "
      "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})",
      quoted(to_store_text(entry.at)), quoted(to_string(entry.origin)), quoted(actor_of(entry)), quoted(entry.action),
      quoted(entry.object), quoted(entry.reason), entry.count ? std::to_string(*entry.count) : "NULL",
      quoted(entry.detail), quoted(entry.outcome));
}

Result<void> append_audit(Store& store, const AuditEntry& entry) {
  return audited(store, entry, [](AuditEntry&) { return Result<void>(); });
}

Result<void> audited(Store& store, AuditEntry entry, const std::function<Result<void>(AuditEntry&)>& work) {
  return store.transact("audited.before_commit", [&](Session& session) -> Result<void> {
    AuditEntry completed = entry;
    if (auto done = work(completed); !done) return done;
    if (completed.action.empty()) return {};
    send_audit(session, completed);
    return session.finish();
  });
}

Result<std::int64_t> replay_audited(Store& store, AuditEntry entry, const Selection& chunk, SigningSecret secret,
                                    UtcTime now) {
  entry.action = "event.replay";
  entry.detail = fmt::format(R"({{"secret":"{}"}})", to_string(secret));
  return change_audited(
      store, std::move(entry), chunk, now, [&] { return store.replay(chunk, static_cast<int>(chunk.ids.size()), now); },
      [secret](Session& session, const std::vector<std::string>& ids) {
        if (secret == SigningSecret::kPrevious) sign_with_previous_secret(session, ids);
      });
}

Result<std::int64_t> discard_audited(Store& store, AuditEntry entry, const Selection& chunk, std::string_view reason,
                                     UtcTime now) {
  entry.action = "event.discard";
  entry.reason = reason;
  return change_audited(store, std::move(entry), chunk, now,
                        [&] { return store.discard(chunk, static_cast<int>(chunk.ids.size()), reason, now); });
}

Result<Rows<AuditEntry>> list_audit(Store& store, const AuditSelection& selection, const Page& page) {
  std::vector<SessionValue> parameters;
  const auto bind = [&](auto value) {
    parameters.emplace_back(std::in_place, std::move(value));
    return fmt::format("${}", parameters.size());
  };
  std::string text = fmt::format("SELECT {} FROM audit_trail WHERE 1 = 1", kEntryColumns);
  if (!selection.actor.empty()) {
    text += fmt::format(" AND {{postgres|strpos}}{{sqlite|instr}}(actor, {}) > 0", bind(selection.actor));
  }
  if (!selection.action.empty()) {
    text += fmt::format(" AND (action = {} OR substr(action, 1, {}) = {})", bind(selection.action),
                        selection.action.size() + 1, bind(selection.action + "."));
  }
  if (!selection.object.empty()) {
    text += fmt::format(" AND object = {} AND object <> ''", bind(selection.object));
  }
  if (selection.origin) text += fmt::format(" AND origin = {}", bind(std::string(to_string(*selection.origin))));
  if (selection.from) text += fmt::format(" AND at >= {}", bind(*selection.from));
  if (selection.until) text += fmt::format(" AND at < {}", bind(*selection.until));
  if (page.after != 0) text += fmt::format(" AND id {} {}", page.oldest_first ? ">" : "<", bind(page.after));
  text +=
      fmt::format(" ORDER BY id {} LIMIT {}", page.oldest_first ? "ASC" : "DESC", bind(std::int64_t{page.limit} + 1));
  Rows<AuditEntry> listed;
  const auto done = store.look([&](Session& session) -> Result<void> {
    session.send(text, parameters, [&](const SqlRow& row) { listed.rows.push_back(read_entry(row)); });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  end_page_at_id(listed, page);
  return listed;
}

Result<std::vector<AuditEntry>> find_audit_of_event(Store& store, std::string_view event_id) {
  static const std::string kFind = fmt::format(
      "SELECT {0} FROM audit_trail WHERE object = $1 AND object <> '' AND action LIKE 'event.%' UNION "
      "SELECT {0} FROM audit_trail WHERE id IN (SELECT audit_id FROM audit_events WHERE event_id = $1) ORDER BY 1",
      kEntryColumns);
  std::vector<AuditEntry> entries;
  const auto done = store.look([&](Session& session) -> Result<void> {
    session.send(kFind, {std::string(event_id)}, [&](const SqlRow& row) { entries.push_back(read_entry(row)); });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return entries;
}

}  // namespace yizhan::store
