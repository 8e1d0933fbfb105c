// kuaidi100's pushes, at /in/{source}: a form with `param`, the JSON, and `sign` (verify/kuaidi100.h).
//
// Event type `express.status`, and `express.abort` where kuaidi100 gave the waybill up. The result code is the parcel's
// state (express_state.h). A push has no id: it is told apart by `param`, which has the whole list each time. The clear
// body is `param`.
//
// The effect of a status is every line of `lastResult.data` (express_steps.h): its time is `ftime`, else `time`; its
// code `statusCode`, else the word in `status`, and many subscriptions have neither; its place `location`, else
// `areaName`. An abort has no effect.
//
// Answers within 20 s (source: kuaidi100, "Subscription push"):
//   {"result":true,"returnCode":"200","message":"成功"}
//   {"result":false,"returnCode":"500","message":"<reason code>"}: 200 for what is rejected, 503 where it was not
//   stored; sent again after 30 min, three times
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "receive/source.h"

namespace yizhan::receive {

struct Kuaidi100Options {
  std::string name{};                ///< last part of the path
  std::vector<std::string> salts{};  ///< in force; empty: none was given at the subscription, and nothing is verified
};

/// Codes: `source_name_invalid`, `secret_invalid`.
Result<std::shared_ptr<const Source>> make_kuaidi100_source(const Kuaidi100Options& options);

}  // namespace yizhan::receive
