// WeChat Pay, v2 and v3, at /notify/wxpay/{account}: one account may receive both while it moves from one to the other;
// XML is v2, JSON is v3. What is signed: verify/wechat_pay_v2.h, verify/wechat_pay_v3.h.
//
// Event types are v3's for both: `TRANSACTION.SUCCESS`, `TRANSACTION.FAIL`, `REFUND.SUCCESS`, `REFUND.ABNORMAL`,
// `REFUND.CLOSED` and whatever else v3 sends. Effects: a payment that succeeded, a refund that succeeded.
//
// Answers, within 5 s (source: WeChat Pay, "Payment result notice" of both versions):
//   v2: <xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>, or FAIL and
//       a reason code
//   v3: no body, or {"code":"FAIL","message":"<reason code>"}
// The status is that of answers.h, status_of(), for both: v2 goes by the text alone, v3 by the status.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "receive/source.h"
#include "verify/wechat_pay_v3.h"

namespace yizhan::receive {

struct WechatPayOptions {
  std::string account{};  ///< last part of the path
  /// mch_id; a service provider's own. A notice for another one is `merchant_differs`. Empty: any that has the keys.
  std::string merchant_id{};
  std::vector<std::string> app_ids{};      ///< a notice for another one is `merchant_differs`; empty: any
  std::vector<std::string> api_v2_keys{};  ///< in force; empty: v2 is refused
  verify::WechatPayV3Options v3{};         ///< without platform keys and APIv3 keys: v3 is refused
  Seconds tolerance = verify::MessageToVerify::kTolerance;  ///< of v3's timestamp
};

/// Codes: `source_name_invalid`, `source_options_invalid` (keys of neither version), those of the
/// verifiers. Codes of its read(), besides: `merchant_differs`, `version_not_configured`, `decryption_failed`,
/// `ciphertext_malformed`.
Result<std::shared_ptr<const Source>> make_wechat_pay_source(const WechatPayOptions& options);

}  // namespace yizhan::receive
