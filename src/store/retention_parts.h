// The parts of a retention batch (retention.h), by what they are about. Each chooses rows and, where `removes`, takes
// them away in the transaction of `session`.
#pragma once

#include "store/retention.h"
#include "store/session.h"

namespace yizhan::store {

struct RetentionWork {
  const RetentionBatch& batch;
  bool removes = false;
  const KeepLeaving& keep;
};

/// Bodies, attempts and rows of events.
Result<RetentionReply> retire_events(Session& session, const RetentionWork& work);
/// Bodies and rows of callbacks.
Result<RetentionReply> retire_callbacks(Session& session, const RetentionWork& work);
/// The ways of notifications.
Result<RetentionReply> retire_notifications(Session& session, const RetentionWork& work);

/// A moment as the tables hold it that carry no name of the seed: the value of a parameter, and how the text names that
/// parameter.
inline SessionValue stored_time(UtcTime time) {
  return to_unix_micros(time);
}
std::string stored_parameter(int number);

}  // namespace yizhan::store
