#include "receive/wechat_pay.h"

#include <fmt/format.h>

#include <algorithm>

#include "receive/answers.h"
#include "receive/source_path.h"
#include "receive/wechat_pay_notice.h"

namespace yizhan::receive {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kXmlType = "text/xml; charset=utf-8";
constexpr Milliseconds kWechatPayWaits{4500};  // WeChat Pay gives up after 5 s

bool is_v3(std::string_view body) {
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos || body[first] != '<';
}

class WechatPay final : public Source {
 public:
  WechatPay(std::string path, WechatPayMerchant merchant, std::shared_ptr<const verify::WechatPayV2> v2,
            std::shared_ptr<const verify::WechatPayV3> v3, Seconds tolerance)
      : path_(std::move(path)),
        merchant_(std::move(merchant)),
        v2_(std::move(v2)),
        v3_(std::move(v3)),
        tolerance_(tolerance) {}

  Result<std::variant<Notice, Reply>> read(const Request& request) const override {
    if (auto reply = answer_probe(request)) return *std::move(reply);
    if (is_v3(request.http.body)) {
      if (v3_ == nullptr) return not_configured("APIv3", "JSON");
      return read_wechat_pay_v3(*v3_, merchant_, request, tolerance_);
    }
    if (v2_ == nullptr) return not_configured("API v2", "XML");
    return read_wechat_pay_v2(*v2_, merchant_, request);
  }

  Reply answer(const Outcome& outcome) const override {
    return answers_v3(outcome) ? answer_v3(outcome) : answer_v2(outcome);
  }

  std::vector<std::string> paths() const override { return {path_}; }
  Milliseconds answer_within() const override { return kWechatPayWaits; }

 private:
  static std::unexpected<Error> not_configured(std::string_view version, std::string_view form) {
    return fail("version_not_configured",
                fmt::format("A notice in {} needs the {} keys, and this account has none.", form, version));
  }

  bool answers_v3(const Outcome& outcome) const {
    if (v2_ == nullptr || v3_ == nullptr) return v3_ != nullptr;
    if (outcome.request != nullptr && !outcome.request->header("Wechatpay-Signature").empty()) return true;
    return outcome.notice != nullptr && std::ranges::find(outcome.notice->keys, kWechatPayV3Key,
                                                          &store::CallbackKey::name) != outcome.notice->keys.end();
  }

  static Reply answer_v2(const Outcome& outcome) {
    const bool success = is_success(outcome);
    return {.status = status_of(outcome),
            .content_type = kXmlType,
            .body = fmt::format("<xml><return_code><![CDATA[{}]]></return_code><return_msg><![CDATA[{}]]></return_msg>"
                                "</xml>",
                                success ? "SUCCESS" : "FAIL", success ? "OK" : reason_code(outcome))};
  }

  static Reply answer_v3(const Outcome& outcome) {
    Reply reply{.status = status_of(outcome), .content_type = kJsonType};
    if (!is_success(outcome)) {
      reply.body = fmt::format(R"({{"code":"FAIL","message":"{}"}})", reason_code(outcome));
    }
    return reply;
  }

  const std::string path_;
  const WechatPayMerchant merchant_;
  const std::shared_ptr<const verify::WechatPayV2> v2_;
  const std::shared_ptr<const verify::WechatPayV3> v3_;
  const Seconds tolerance_;
};

}  // namespace

Result<void> WechatPayMerchant::check(std::string_view named_merchant_id, std::string_view named_app_id) const {
  if (!merchant_id.empty() && named_merchant_id != merchant_id) {
    return fail("merchant_differs", "The notice is for another merchant than this account's.");
  }
  const bool known =
      app_ids.empty() || named_app_id.empty() || std::ranges::find(app_ids, named_app_id) != app_ids.end();
  if (!known) return fail("merchant_differs", "The notice is for another application than this account's.");
  return {};
}

Result<std::shared_ptr<const Source>> make_wechat_pay_source(const WechatPayOptions& options) {
  auto path = source_path("/notify/wxpay/{account}", options.account);
  if (!path) return std::unexpected(std::move(path.error()));
  const bool has_v3 = !options.v3.platform_keys.empty() || !options.v3.api_v3_keys.empty();
  if (options.api_v2_keys.empty() && !has_v3) {
    return fail("source_options_invalid",
                "WeChat Pay needs keys: an API key for v2, or an APIv3 key and a platform certificate or public key.");
  }
  std::shared_ptr<const verify::WechatPayV2> v2;
  if (!options.api_v2_keys.empty()) {
    auto made = verify::WechatPayV2::make(options.api_v2_keys);
    if (!made) return std::unexpected(std::move(made.error()));
    v2 = std::move(*made);
  }
  std::shared_ptr<const verify::WechatPayV3> v3;
  if (has_v3) {
    auto made = verify::WechatPayV3::make(options.v3);
    if (!made) return std::unexpected(std::move(made.error()));
    v3 = std::move(*made);
  }
  return std::make_shared<WechatPay>(*std::move(path), WechatPayMerchant{options.merchant_id, options.app_ids},
                                     std::move(v2), std::move(v3), options.tolerance);
}

}  // namespace yizhan::receive
