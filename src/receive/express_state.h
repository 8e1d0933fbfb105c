// What becomes of a parcel, in one vocabulary for all carriers:
//
//   CREATED PICKED_UP IN_TRANSIT OUT_FOR_DELIVERY IN_LOCKER DELIVERED EXCEPTION REJECTED RETURNING RETURNED
//
// Each carrier's codes are mapped to these. A code that is not known is kept as it came.
#pragma once

#include <string>
#include <string_view>

namespace yizhan::receive {

/// One of the ten in any case and with `-` or a blank for `_`, or a common word for one (`signed`, `picked up`).
std::string canonical_express_state(std::string_view code);

/// kuaidi100's `state`. Source: kuaidi100, "Subscription push", state codes and their finer ones.
std::string kuaidi100_express_state(std::string_view code);

/// Kdniao's StateEx where it tells more, else State. Source: Kdniao, "Trace push", states.
std::string kdniao_express_state(std::string_view state, std::string_view state_ex);

}  // namespace yizhan::receive
