// What a command tells the program that started it. Documented in `yizhan --help` and docs/operations.md; never
// renumbered.
#pragma once

#include <array>
#include <string_view>

#include "base/error.h"

namespace yizhan::cli {

enum class ExitStatus : int {
  kOk = 0,
  kFailed = 1,  ///< the command could not do what it was asked; also: it asked, and the answer was no
  kUsage = 2,   ///< the command line or the configuration was not accepted: starting again will not help
  kNeedsAttention =
      3,  ///< it worked, and what it found needs a person: a ledger that does not balance, a schema to mend
  kStoreUnavailable = 4,  ///< the store or the service did not answer: try again
  kNotFound = 5,          ///< no such event, callback, order, parcel, notification, device, endpoint or key
  kInterrupted = 130,     ///< Ctrl-C; what was done until then stays done
};

struct ExitStatusMeaning {
  ExitStatus status;
  std::string_view meaning;
};
inline constexpr std::array kExitStatusMeanings{
    ExitStatusMeaning{ExitStatus::kOk, "done"},
    ExitStatusMeaning{ExitStatus::kFailed, "failed, or not confirmed"},
    ExitStatusMeaning{ExitStatus::kUsage, "the command line or the configuration was not accepted"},
    ExitStatusMeaning{ExitStatus::kNeedsAttention, "done, and something needs attention: the ledger does not balance"},
    ExitStatusMeaning{ExitStatus::kStoreUnavailable, "the store or the service did not answer: try again"},
    ExitStatusMeaning{ExitStatus::kNotFound,
                      "no such event, callback, order, parcel, notification, device, endpoint or key"},
    ExitStatusMeaning{ExitStatus::kInterrupted, "interrupted; what was done until then stays done"},
};

/// By the error's code: `not_found` codes, store codes, usage and configuration codes; everything else kFailed.
ExitStatus exit_status_of(const Error& error);

}  // namespace yizhan::cli
