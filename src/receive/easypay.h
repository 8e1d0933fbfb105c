// EasyPay (易支付) notices as sub2api and new-api take them, at /notify/easypay/{account}: the query of a GET or the
// form of a POST, signed by MD5 (verify/easypay.h).
//
// Event types are the trade's status; `TRADE_SUCCESS` pays the order. `money` is yuan in decimals; there is no time in
// the notice, so an order is paid when its first notice comes.
//
// Answers: `success`, exactly, and 200; `fail`, 200 for what is rejected, 503 where it was not stored. A GET without a
// query is answered as a probe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "receive/source.h"

namespace yizhan::receive {

struct EasypayOptions {
  std::string account{};  ///< last part of the path
  std::string pid{};      ///< a notice for another merchant is `merchant_differs`; empty: any that has the key
  std::vector<std::string> keys{};  ///< the merchant's, in force
};

/// Codes: `source_name_invalid`, `secret_invalid`. Code of its read(), besides:
/// `merchant_differs`.
Result<std::shared_ptr<const Source>> make_easypay_source(const EasypayOptions& options);

}  // namespace yizhan::receive
