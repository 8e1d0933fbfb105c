// Events that a replay has signed with their platform's previous secret. The mark stands in outbox_events beside what
// was handed over; a claim brings it along (Event::secret), and the next replay without it takes it away.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/signing_secret.h"
#include "store/session.h"

namespace yizhan::store {

/// As the columns `previous_secret` hold it.
constexpr SigningSecret secret_of(std::int64_t previous_secret) {
  return previous_secret != 0 ? SigningSecret::kPrevious : SigningSecret::kCurrent;
}

/// Marks the events, in the transaction of `session` that set them back to pending.
void sign_with_previous_secret(Session& session, const std::vector<std::string>& event_ids);

}  // namespace yizhan::store
