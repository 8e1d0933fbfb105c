// The two forms of WeChat Pay's notices, each from the raw body to what it says. wechat_pay.h tells them apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "receive/field_reader.h"
#include "receive/source.h"
#include "verify/wechat_pay_v2.h"
#include "verify/wechat_pay_v3.h"

namespace yizhan::receive {

inline constexpr std::string_view kWechatPayProvider = "wxpay";

/// For whom notices have to be.
struct WechatPayMerchant {
  std::string merchant_id;           ///< empty: any that has the keys
  std::vector<std::string> app_ids;  ///< empty: any

  /// Code `merchant_differs`. An app_id that the notice does not name is none to differ.
  Result<void> check(std::string_view named_merchant_id, std::string_view named_app_id) const;
};

/// v2: the fields of its XML, signed; of a refund the encrypted `req_info` instead.
Result<Notice> read_wechat_pay_v2(const verify::WechatPayV2& keys, const WechatPayMerchant& merchant,
                                  const Request& request);

/// v3: JSON, signed as a whole, with an encrypted `resource`. The clear body is the notice with the resource decrypted
/// in its place.
Result<Notice> read_wechat_pay_v3(const verify::WechatPayV3& keys, const WechatPayMerchant& merchant,
                                  const Request& request, Seconds tolerance);

/// The key under which a v3 notice's id is kept; v2 notices have none.
inline constexpr std::string_view kWechatPayV3Key = "notify_id";

}  // namespace yizhan::receive
