// What a Selection means in SQL, for both engines: the statements that list, count and pick events. Events are found
// through the table that holds their state (docs/decisions/0001-outbox-layout.md): a question about open events never
// reads those that are delivered.
#pragma once

#include <array>
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

/// The part of a selection that has one of `statuses` as well; empty where that is none.
std::optional<Selection> narrowed_to(const Selection& selection, std::span<const EventStatus> statuses);

/// A stretch of the events, in one of their two orders.
struct Stretch {
  std::int64_t after = 0;                 ///< begins behind the event with this sequence; 0: with the first
  std::optional<std::int64_t> through{};  ///< ends with this one; empty: with the last
  bool oldest_first = false;

  /// Goes on to where the next one begins; false at the end.
  bool advance() {
    if (!through) return false;
    after = *through;
    through.reset();
    return true;
  }
};
/// Whether no index leads to what is selected, so that any number of events may have to be looked at for it.
bool is_searched(const Selection& selection, const Dialect& dialect);
/// One row: `through` of a stretch that has `most` events in one of the tables of states, and in none more; NULL where
/// all that is left is less.
Query stretch_query(const Selection& selection, const Stretch& stretch, int most, const Dialect& dialect = {});

/// What a selection has in a stretch, at most `most`.
Query events_query(const Selection& selection, const Stretch& stretch, int most, const Dialect& dialect = {});

/// One row: how many events the selection has in the stretch.
Query count_query(const Selection& selection, const Stretch& stretch, const Dialect& dialect = {});

/// `platform`, `error_class`, how many of the stretch, in no order.
Query causes_query(const Selection& selection, const Stretch& stretch, const Dialect& dialect = {});

/// `sequence`, `status` (text), oldest first: the events of the selection that are in one of `statuses` as well. For
/// changing them one by one. `condition` is one more, on the event `e`.
Query targets_query(const Selection& selection, std::span<const EventStatus> statuses, int limit,
                    const Dialect& dialect = {}, std::string_view condition = {});
/// An event whose payload was removed cannot be sent again.
inline constexpr std::string_view kStillSendable = " AND e.removed_bytes IS NULL";

/// Of one event, by attempt_no.
Query attempts_query(std::string_view event_id, int limit);
/// The newest of a stretch, newest first; only those after `since`.
Query newest_attempts_query(const Stretch& stretch, std::optional<UtcTime> since, int limit);
/// One row: `through` of a stretch, newest first, that has at least `most` attempts; NULL where fewer are left.
Query attempts_stretch_query(const Stretch& stretch, int most);

/// `sequence` and the columns of DeadLetterView in its order, at most `most`. The selection is narrowed to
/// kDeadLetterStatuses.
Query dead_letters_query(const Selection& selection, const Stretch& stretch, int most, const Dialect& dialect = {});
/// Of events that have a dead letter.
inline constexpr std::array kDeadLetterStatuses{EventStatus::kDeadLetter, EventStatus::kDiscarded};

/// That the event `e` was created in [from, until), each condition preceded by AND. `sequence` is an expression for its
/// sequence.
std::string created_conditions(Query& query, std::optional<UtcTime> from, std::optional<UtcTime> until,
                               const Dialect& dialect, std::string_view sequence);

}  // namespace yizhan::store
