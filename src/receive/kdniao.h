// Kdniao's pushes, at /in/{source}: a form with `RequestData`, the JSON, `RequestType` and `DataSign`
// (verify/kdniao.h).
//
// Event type `express.status` (RequestType 101, 102), `express.payment` for what a courier collected (107), and
// `express.other` for types to come. RequestType is outside the signature. One push tells of several waybills: each is
// a key. The result code is the first one's state (express_state.h). A push has no id: it is told apart by RequestData,
// which is the clear body, too.
//
// The effect of a status is every trace of every waybill (express_steps.h); a trace's own code is `Action`, which many
// lack.
//
// Answers (source: Kdniao, "Trace push"): {"EBusinessID":"…","UpdateTime":"2026-02-06 16:30:00","Success":true,
// "Reason":""}, the time being UTC+8; Success false and a reason code, 200 for what is rejected, 503 where it was not
// stored.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "receive/source.h"

namespace yizhan::receive {

struct KdniaoOptions {
  std::string name{};                   ///< last part of the path
  std::string business_id{};            ///< EBusinessID; a push for another one is `merchant_differs`; empty: any
  std::vector<std::string> api_keys{};  ///< in force
};

/// Codes: `source_name_invalid`, `secret_invalid`. Code of its read(), besides: `merchant_differs`.
Result<std::shared_ptr<const Source>> make_kdniao_source(const KdniaoOptions& options);

}  // namespace yizhan::receive
