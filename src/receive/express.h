// The logistics receiver, at /webhook/express/status: JSON, signed by X-Signature (hex HMAC-SHA256 of the body).
//
//   tracking_no   or waybill_no, nu, logistic_code
//   status_code   or status, state
//   event_time    or time, ftime: RFC 3339, or local text taken as UTC+8
//   event_text?   or context, desc        carrier_code?  location?  event_id?
//
// Of several names for one thing the first in this order counts. A status code is brought into the one vocabulary
// (express_state.h); where the waybill goes by kuaidi100's `nu` or Kdniao's `logistic_code`, the codes are read as
// theirs.
//
// Event type `express.status`; told apart by event_id, else by tracking number, status as it came, and time. Its effect
// is one step of the parcel (store/express.h). Without a waybill of that number it is refused, so that it comes again.
//
// A bad signature is rejected, or recorded and let through (`signature_invalid_let_through`), as the operator will have
// it; without secrets nothing is verified (`signature_not_checked`).
//
// Answers: {"ok":true,"id":17,"duplicate":false,"tracking_no":"SF1","status_code":"DELIVERED"}, 200;
// {"ok":false,"message":"waybill not found"}, 404, for a parcel that nobody knows; {"ok":false,"message":…}, 401 for a
// bad signature, 400 for other faults, 503 where it could not be stored.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "receive/source.h"

namespace yizhan::receive {

struct ExpressOptions {
  std::vector<std::string> secrets{};    ///< in force; empty: nothing is verified
  bool reject_invalid_signature = true;  ///< false: recorded and let through
};

/// Code `secret_invalid`.
Result<std::shared_ptr<const Source>> make_express_source(const ExpressOptions& options);

/// What such a callback says. Codes: `json_invalid`, `field_missing`, `field_invalid`.
Result<store::ExpressStep> read_express_status(std::string_view body);

}  // namespace yizhan::receive
