// Alipay's asynchronous notices, at /notify/alipay/{account}: a form, signed by RSA2 (verify/alipay.h).
//
// Event types are the trade's status, `WAIT_BUYER_PAY`, `TRADE_SUCCESS`, `TRADE_FINISHED`, `TRADE_CLOSED`, and `REFUND`
// for a notice that tells of a refund, whatever the status: a refund in part leaves it TRADE_SUCCESS, a whole one makes
// it TRADE_CLOSED. Effects: TRADE_SUCCESS and TRADE_FINISHED pay the order; a refund refunds it.
//
// Amounts are yuan in decimals, times are UTC+8. Of refunds Alipay tells what they come to together (`refund_fee`), not
// what this one is: RefundEffect::is_total.
//
// Answers (source: Alipay open platform, "Asynchronous notification"): `success`, exactly, and 200; anything else makes
// it send again at 4m, 10m, 10m, 1h, 2h, 6h, 15h. Ours is `fail`: 200 for what is rejected, 503 where it was not
// stored. `notify_id` stays the same over all of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "receive/source.h"

namespace yizhan::receive {

struct AlipayOptions {
  std::string account{};  ///< last part of the path
  /// At least one; a notice for another one is `merchant_differs`: Alipay's key may sign for many.
  std::vector<std::string> app_ids{};
  std::string seller_id{};                 ///< 2088…; likewise; empty: any
  std::vector<std::string> public_keys{};  ///< Alipay's own, in force
};

/// Codes: `source_name_invalid`, `source_options_invalid` (no app_ids), `public_key_invalid`. Code of its read(),
/// besides: `merchant_differs`.
Result<std::shared_ptr<const Source>> make_alipay_source(const AlipayOptions& options);

}  // namespace yizhan::receive
