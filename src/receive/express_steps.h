// Carriers that push the whole list of what a parcel has been through each time: out of their lines come the steps that
// the store takes, of which it adds those that are new.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/inbound.h"

namespace yizhan::receive {

/// Contract of the store.
inline constexpr std::size_t kLongestTrackingNo = 64;
inline constexpr std::size_t kMostSteps = 1000;
/// What was odd about a push that is taken nevertheless.
inline constexpr std::string_view kStepUnreadable = "step_unreadable";  ///< a line without a time; the others count
inline constexpr std::string_view kStepsCut = "steps_cut";  ///< more than kMostSteps; the oldest are left out

/// Code `field_invalid`.
Result<void> check_tracking_no(std::string_view tracking_no);

/// The step with its texts as long as the store takes them, and its time between 1970 and 9999.
store::ExpressStep fit_step(store::ExpressStep step);

/// What a push says of one parcel.
struct ParcelReport {
  std::string tracking_no;
  std::string carrier_code;
  std::string status_code;  ///< the parcel's; empty where the push does not say
  /// Newest first, without the parcel's own; `status_code` and `received_code` empty where a line has no code.
  std::vector<store::ExpressStep> lines;
};

/// Adds the parcel's steps, oldest first. A line without a code has the parcel's state where it is the newest, and
/// otherwise says that it was on its way; its received code stays empty, so that it is the same step in the next push.
/// False: not all had room.
bool add_steps(store::ExpressEffect& effect, ParcelReport report);

}  // namespace yizhan::receive
