// The table of sources: which kinds there are, and what makes one of each. To add a kind: its file, and a line here.
#pragma once

#include <array>
#include <memory>
#include <string_view>
#include <variant>

#include "receive/alipay.h"
#include "receive/easypay.h"
#include "receive/express.h"
#include "receive/gateway_webhooks.h"
#include "receive/github.h"
#include "receive/hmac_source.h"
#include "receive/kdniao.h"
#include "receive/kuaidi100.h"
#include "receive/platform_ingress.h"
#include "receive/shopify.h"
#include "receive/slack.h"
#include "receive/source.h"
#include "receive/source_path.h"
#include "receive/standard_webhooks_source.h"
#include "receive/stripe.h"
#include "receive/wechat_pay.h"

namespace yizhan::receive {

/// What is particular to a source of each kind. The order is that of kSourceKinds.
using KindOptions =
    std::variant<WechatPayOptions, AlipayOptions, EasypayOptions, PlatformIngressOptions, Sub2apiOptions, NewapiOptions,
                 ExpressOptions, Kuaidi100Options, KdniaoOptions, GithubOptions, StripeOptions, ShopifyOptions,
                 SlackOptions, StandardWebhooksOptions, HmacOptions>;

inline constexpr std::array<std::string_view, std::variant_size_v<KindOptions>> kSourceKinds{
    "wxpay",  "alipay", "easypay", "platform", "sub2api",           "newapi", "express", "kuaidi100", "kdniao",
    "github", "stripe", "shopify", "slack",    "standard-webhooks", "hmac",
};

/// The kind's name, as the configuration spells it.
constexpr std::string_view kind_of(const KindOptions& options) {
  return kSourceKinds[options.index()];
}

/// Errors are those of the kind's own make_…_source().
Result<std::shared_ptr<const Source>> make_source(const KindOptions& options);

}  // namespace yizhan::receive
