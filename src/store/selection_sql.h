// What a Selection means in SQL, for both engines: the statements that list, count and pick events. Events are found
// through the table that holds their state (docs/decisions/0001-outbox-layout.md): a question about open events never
// reads those that are delivered.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "store/query.h"
#include "store/store.h"

namespace yizhan::store {

/// Columns of event_query and events_query, in this order; read_event_view reads them.
enum EventColumn {
  kEventSequence,
  kEventId,
  kEventPlatform,
  kEventType,
  kEventTarget,
  kEventPayload,  ///< NULL where it was not asked for
  kEventCorrelation,
  kEventOrderKey,
  kEventTraceparent,
  kEventIdempotencyKey,
  kEventCreatedAt,
  kEventRemovedBytes,    ///< NULL where the payload is as it came
  kEventPreviousSecret,  ///< NULL where it is signed as any event
  kEventStatus,
  kEventAttemptCount,
  kEventNextAttemptAt,
  kEventLastError,
  kEventUpdatedAt,
  kEventLeaseExpiresAt,
};

/// A row of event_query and events_query; one of attempts_query.
EventView read_event_view(const SqlRow& row);
AttemptView read_attempt_view(const SqlRow& row);

/// One event by its id.
Query event_query(std::string_view id, bool with_payload);

/// One page of a selection, and one row more, by which the caller sees that another page follows.
Query events_query(const Selection& selection, const Page& page, const Dialect& dialect = {});

/// One row: how many events the selection has.
Query count_query(const Selection& selection, const Dialect& dialect = {});

/// `platform`, `error_class`, how many: Store::count_by_cause().
Query causes_query(const Selection& selection, const Dialect& dialect = {});

/// `sequence`, `status` (text), oldest first: the events of the selection that are in one of `statuses` as well. For
/// changing them one by one. `condition` is one more, on the event `e`.
Query targets_query(const Selection& selection, std::span<const EventStatus> statuses, int limit,
                    const Dialect& dialect = {}, std::string_view condition = {});
/// An event whose payload was removed cannot be sent again.
inline constexpr std::string_view kStillSendable = " AND e.removed_bytes IS NULL";

/// Of one event by attempt_no, or, with an empty id, of all, newest first.
Query attempts_query(std::string_view event_id, int limit);

/// `sequence` and the columns of DeadLetterView in its order; one row more than the page.
Query dead_letters_query(const Selection& selection, const Page& page, const Dialect& dialect = {});

/// That the event `e` was created in [from, until), each condition preceded by AND. `sequence` is an expression for its
/// sequence.
std::string created_conditions(Query& query, std::optional<UtcTime> from, std::optional<UtcTime> until,
                               const Dialect& dialect, std::string_view sequence);

}  // namespace yizhan::store
