// Where the scan of a claim begins. The index entries of events that were claimed and delivered stay until the table is
// vacuumed, and a scan from the front walks over all of them: a backlog would drain the slower the more of it is done
// (measured: from 40,000 events a second to 17,000 within 200,000). So the writer remembers how far its claims have
// come at each endpoint, and begins there.
//
// What lies before the mark, because it was given back, set by hand, or accepted with an earlier time, is found by the
// next claim from the front: there is one at least every kLongest, and one after each claim that came back short.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/clock.h"
#include "store/store.h"

namespace yizhan::store::postgres {

class ClaimMarks {
 public:
  static constexpr Milliseconds kLongest{500};

  /// Claims of this endpoint look at what is due from this moment on; nothing: at all there is.
  std::optional<UtcTime> mark(std::int64_t endpoint_key, SteadyTime now) const;

  /// A claim was committed that had `mark` and took these events. True when more may be due right now: the claim was
  /// full, or did not look at all there is.
  bool claimed(const ClaimRequest& claim, const ClaimReply& reply, std::optional<UtcTime> mark, SteadyTime now);

 private:
  struct Mark {
    UtcTime from{};
    SteadyTime last_from_the_front{};
  };
  std::unordered_map<std::int64_t, Mark> marks_;  ///< of endpoints whose last claim was full
};

}  // namespace yizhan::store::postgres
