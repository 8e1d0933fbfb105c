// The writer's statements: what each takes and gives. They run in one transaction, in the order in which they stand
// here.
//
// Many events go in one statement, as one array for each column (`unnest`). Every row is reached through an index: the
// plans stay the same whether the tables are empty or hold millions (see kWriterSettings in connection.cpp).
#pragma once

#include <vector>

#include "store/postgres/connection.h"

namespace yizhan::store::postgres::statements {

extern const Statement kRollback;
extern const Statement kSavepoint;
extern const Statement kRollbackToSavepoint;
extern const Statement kReleaseSavepoint;
extern const Statement kCommit;

/// $1 sequences of records and releases, $2 lanes of the events to accept. Locks the lanes of all of them, in one
/// order; gives `lane`.
extern const Statement kLockLanes;
/// The same without waiting: a lane that somebody else has locked is left out.
extern const Statement kTryLockLanes;

/// Results of attempts, $1…: see batch.cpp. Each gives `position` (from 1) of the results that were recorded: those
/// whose token still holds the event.
extern const Statement kRecordDelivered;
extern const Statement kRecordRetry;
extern const Statement kRecordDeadLetter;
/// Locks what the results concern, leaving out what somebody else has locked. $1 sequences; gives `sequence`.
extern const Statement kLockUnlocked;

/// $1 lanes, locked: their oldest open event may go out. Announces it to the listening nodes.
extern const Statement kSettleLanes;

/// $1 platforms, $2 keys; gives `position` and the stored event's id, sequence, status and content.
extern const Statement kFindKeys;
/// $1 platforms, $2 keys, $3 positions in the block of numbers (from 0).
extern const Statement kStoreKeys;
/// $1 how many keys at most: those whose time is over.
extern const Statement kPruneKeys;

/// Takes a block of kBlockSize numbers; gives its first.
extern const Statement kNextBlock;
inline constexpr std::size_t kBlockSize = 1000;
/// The events of one block, in order, and their places in the schedule.
extern const Statement kStoreEvents;
extern const Statement kSchedule;
/// The same for a block in which there are events with an order key; gives `sequence` of those that wait for others.
extern const Statement kScheduleOrdered;
/// $1 endpoint keys whose new events nobody has taken.
extern const Statement kAnnounce;

/// $1 numbers of orders. Locks those that exist, in one order; gives kOrderColumns (inbound_sql.h).
extern const Statement kLockOrders;
/// $1 providers, $2 refund numbers; gives `provider`, `out_refund_no`, `out_trade_no` of those that were counted.
extern const Statement kFindRefunds;
/// $1 sources, $2 keys; gives `position`, `callback_id`, `body` of the callbacks that were accepted under them.
extern const Statement kFindCallbacks;
/// $1 how many; gives a number for each new callback.
extern const Statement kTakeCallbackIds;
/// The columns of callback_parameters() in receives.cpp.
extern const Statement kStoreCallbacks;
/// $1 sources, $2 keys, $3 callbacks.
extern const Statement kStoreCallbackKeys;
/// $1 callbacks, $2 names, $3 values.
extern const Statement kStoreSearchKeys;
/// $1 callbacks, $2 how often each was repeated.
extern const Statement kCountDuplicates;
/// $1 numbers, $2 statuses, $3 providers, $4 transactions, $5 refunded, $6 paid at, $7 changed at.
extern const Statement kWriteOrders;
/// $1 providers, $2 refund numbers, $3 orders, $4 fees, $5 now.
extern const Statement kStoreRefunds;
/// $1 tracking numbers. Locks the waybills that exist, in one order; gives `tracking_no`, `status_code`, `status_time`,
/// `status_text`.
extern const Statement kLockWaybills;
/// $1 tracking numbers, $2 event keys; gives `position` of those that are stored.
extern const Statement kFindSteps;
/// The columns of platform_express_tracking_events as express_receives.cpp has them, and now.
extern const Statement kStoreSteps;
/// $1 ids, $2 tracking events, $3 now.
extern const Statement kQueueNotify;
/// $1 tracking numbers, $2 status codes, $3 times, $4 texts, $5 now.
extern const Statement kWriteWaybills;
/// $1 quota, $2 how many at most: the oldest beyond the quota.
extern const Statement kForgetRejected;
extern const Statement kForgetDuplicates;
/// As kPruneKeys.
extern const Statement kPruneCallbackKeys;

/// $1 sequences, $2 tokens, $3 endpoint keys, $4 not before, $5 errors (NULL leaves as it is), $6 now.
extern const Statement kRelease;

/// $1 endpoint key, $2 limit, $3 token, $4 lease in ms, $5 now, $6 mark (claim_marks.h) or NULL; gives the columns of
/// ClaimedColumn.
extern const Statement kClaim;
/// $1 endpoint key, $2 token, $3 mark or NULL; gives `available_at` of the first that does not carry the token.
extern const Statement kNextAvailable;

const std::vector<const Statement*>& all();

// What a batch whose outcome is in doubt may have left behind; for other connections, not in all().

/// $1 event ids, $2 lease tokens; gives `position`, `sequence`, and whether the event is leased under its token.
extern const Statement kTraceEvents;
/// $1 id, $2 received_at of a callback; gives a row where it is stored.
extern const Statement kTraceCallback;
/// $1 sequences, $2 when the attempts began; gives `position` of those on record.
extern const Statement kTraceAttempts;

/// Columns of kClaim.
enum ClaimedColumn {
  kClaimedSequence,
  kClaimedId,
  kClaimedPlatform,
  kClaimedType,
  kClaimedTarget,
  kClaimedPayload,
  kClaimedCorrelation,
  kClaimedOrderKey,
  kClaimedTraceparent,
  kClaimedCreatedAt,
  kClaimedStatus,
  kClaimedAttemptCount,
  kClaimedTriesInRun,
  kClaimedNextAttemptAt,
  kClaimedPreviousSecret,  ///< NULL where it is signed as any event
};

/// Columns of kFindCallbacks.
enum FoundCallbackColumn {
  kFoundCallbackPosition,
  kFoundCallbackId,
  kFoundCallbackBody,
};

/// Columns of kFindKeys.
enum FoundKeyColumn {
  kFoundPosition,
  kFoundSequence,
  kFoundId,
  kFoundStatus,
  kFoundType,
  kFoundTarget,
  kFoundPayload,
  kFoundCorrelation,
  kFoundOrderKey,
};

}  // namespace yizhan::store::postgres::statements
