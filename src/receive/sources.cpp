#include "receive/sources.h"

namespace yizhan::receive {
namespace {

/// One for each alternative of KindOptions; a missing one does not compile.
struct Maker {
  using Made = Result<std::shared_ptr<const Source>>;

  Made operator()(const WechatPayOptions& options) const { return make_wechat_pay_source(options); }
  Made operator()(const AlipayOptions& options) const { return make_alipay_source(options); }
  Made operator()(const EasypayOptions& options) const { return make_easypay_source(options); }
  Made operator()(const PlatformIngressOptions& options) const { return make_platform_ingress_source(options); }
  Made operator()(const Sub2apiOptions& options) const { return make_sub2api_source(options); }
  Made operator()(const NewapiOptions& options) const { return make_newapi_source(options); }
  Made operator()(const ExpressOptions& options) const { return make_express_source(options); }
  Made operator()(const Kuaidi100Options& options) const { return make_kuaidi100_source(options); }
  Made operator()(const KdniaoOptions& options) const { return make_kdniao_source(options); }
  Made operator()(const GithubOptions& options) const { return make_github_source(options); }
  Made operator()(const StripeOptions& options) const { return make_stripe_source(options); }
  Made operator()(const ShopifyOptions& options) const { return make_shopify_source(options); }
  Made operator()(const SlackOptions& options) const { return make_slack_source(options); }
  Made operator()(const StandardWebhooksOptions& options) const { return make_standard_webhooks_source(options); }
  Made operator()(const HmacOptions& options) const { return make_hmac_source(options); }
};

}  // namespace

Result<std::shared_ptr<const Source>> make_source(const KindOptions& options) {
  return std::visit(Maker{}, options);
}

}  // namespace yizhan::receive
