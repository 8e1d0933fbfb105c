// The audit trail: who did what to events, endpoints, keys, orders and the service itself. Rows are appended, never
// changed or removed (triggers refuse it on both engines; whoever owns the database could drop them).
//
// An act and its entry belong in one transaction: audited() does both. Edits by hand through the outbox view write
// theirs in the view's triggers.
//
// Errors as in store.h.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "store/store.h"

namespace yizhan::store {

enum class AuditOrigin { kCli, kApi, kConsole, kSql, kService };
/// `cli`, `api`, `console`, `sql`, `service`.
std::string_view to_string(AuditOrigin origin);
std::optional<AuditOrigin> parse_audit_origin(std::string_view name);

struct AuditEntry {
  std::int64_t id = 0;  ///< given by the store
  UtcTime at{};
  AuditOrigin origin = AuditOrigin::kService;
  /// CLI: `user@host`, or YIZHAN_ACTOR. API: the key as `name (id)`, or `loopback`. SQL: the database's user, `sqlite`
  /// where there is none. Service: its host and process, `host:pid`. 1–255 characters; longer ones are cut.
  std::string actor;
  /// A stable word: event.replay, event.discard, event.edit, event.delete, endpoint.enable, endpoint.disable,
  /// key.create, key.revoke, order.create, order.close, waybill.put, device.register, device.unregister,
  /// notification.send, notification.resend, replay.start, replay.pause, replay.resume, replay.cancel, config.reload,
  /// retention.run, migrate, sql, service.start, service.stop.
  std::string action;
  std::string object{};  ///< the id, key or number of what was acted on; empty where the action says it all
  std::string reason{};  ///< as the actor gave it
  std::optional<std::int64_t> count{};  ///< of what was changed, where that is a number
  std::string detail = "{}";            ///< a JSON object; never with secrets or payloads
  std::string outcome = "done";         ///< or the code of the error
};

/// Puts an entry on record in the transaction of `session`; finish() tells whether it was taken. `event_ids`: the
/// events that an entry about several is about; find_audit_of_event() finds it by each of them.
void send_audit(Session& session, const AuditEntry& entry, const std::vector<std::string>& event_ids = {});

/// The same as a statement with its values written out, for Store::sql().
std::string audit_statement(const AuditEntry& entry);

/// In a transaction of its own.
Result<void> append_audit(Store& store, const AuditEntry& entry);

/// Does `work`, which calls the store and may complete the entry (count, object, detail), and puts the entry on record
/// in the same transaction. An error of the work changes nothing and leaves no entry; nor does work that empties the
/// entry's action, because nothing had to be changed.
Result<void> audited(Store& store, AuditEntry entry, const std::function<Result<void>(AuditEntry&)>& work);

/// Replays, or discards, the events that `chunk` names by their ids, at most 1,000, with one entry for those that
/// changed: its object is the event where that is one, and of a replay its detail says which secret signs. Answers how
/// many. Nothing changed: no entry.
Result<std::int64_t> replay_audited(Store& store, AuditEntry entry, const Selection& chunk, SigningSecret secret,
                                    UtcTime now);
Result<std::int64_t> discard_audited(Store& store, AuditEntry entry, const Selection& chunk, std::string_view reason,
                                     UtcTime now);

struct AuditSelection {
  std::string actor{};   ///< with this text in it
  std::string action{};  ///< or its first word: `replay` finds replay.start
  std::string object{};
  std::optional<AuditOrigin> origin{};
  std::optional<UtcTime> from{};   ///< inclusive
  std::optional<UtcTime> until{};  ///< exclusive
};

/// Newest first unless asked otherwise; Page::after is the id of the last one.
Result<Rows<AuditEntry>> list_audit(Store& store, const AuditSelection& selection, const Page& page);
/// What was done to one event, oldest first: by itself or among others.
Result<std::vector<AuditEntry>> find_audit_of_event(Store& store, std::string_view event_id);

/// On SQLite the service replays and discards through the outbox view, as an operator's UPDATE does. Between these two
/// statements of one transaction the view's triggers write no entries: it was not by hand.
inline constexpr std::string_view kServiceChangeBegins = "{sqlite|INSERT INTO outbox_service_change (one) VALUES (1)}";
inline constexpr std::string_view kServiceChangeEnds = "{sqlite|DELETE FROM outbox_service_change}";

}  // namespace yizhan::store
