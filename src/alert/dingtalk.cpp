#include "alert/dingtalk.h"

#include <fmt/format.h>

#include <array>

#include "alert/markdown.h"
#include "alert/service_answer.h"
#include "base/json_writer.h"
#include "verify/dingtalk.h"

namespace yizhan::alert {
namespace {

constexpr std::array<AnswerNames, 1> kDingTalkNames{{{"errcode", "errmsg"}}};
constexpr std::string_view kMuted = "The robot is muted for ten minutes. Lower the channel's rate_per_minute";
constexpr std::string_view kDingTalkNoRobot = "Check the robot's webhook URL or access_token: it may have been removed";
constexpr std::array<CodeMeaning, 15> kDingTalkMeanings{{
    {"130101", ErrorClass::kAlertThrottled, kMuted},
    {"130103", ErrorClass::kAlertThrottled, kMuted},
    {"410100", ErrorClass::kAlertThrottled, kMuted},
    {"660026", ErrorClass::kAlertThrottled, kMuted},
    {"302033", ErrorClass::kAlertThrottled, kMuted},
    {"310000", ErrorClass::kAlertRefused,
     "Check the robot's security settings: the secret and this machine's clock for 'sign not match', the keyword "
     "(Yizhan is in every message) for 'keywords not in content', the list of addresses for 'not in whitelist'"},
    {"300001", ErrorClass::kAlertRefused, kDingTalkNoRobot},
    {"300005", ErrorClass::kAlertRefused, kDingTalkNoRobot},
    {"400013", ErrorClass::kAlertRefused, "The group has been dissolved: make a robot in another one"},
    {"400101", ErrorClass::kAlertRefused, kDingTalkNoRobot},
    {"400102", ErrorClass::kAlertRefused, "The robot is disabled: enable it in the group"},
    {"400106", ErrorClass::kAlertRefused, kDingTalkNoRobot},
    {"43004", ErrorClass::kAlertRefused, "Something between here and DingTalk changes the Content-Type"},
    {"40035", ErrorClass::kAlertRefused, kDingTalkNoRobot},
    {"4301*", ErrorClass::kAlertRefused, "DingTalk takes the text for unsafe content"},
}};
constexpr AnswerForm kDingTalkForm{
    .service = "DingTalk", .names = kDingTalkNames, .success = "0", .meanings = kDingTalkMeanings};

class Dingtalk final : public HttpService {
 public:
  Dingtalk(DingtalkOptions options, http::Url url) : options_(std::move(options)), url_(std::move(url)) {
    if (!options_.access_token.empty()) url_ = with_parameter(std::move(url_), "access_token", options_.access_token);
  }
  const http::Url& url() const { return url_; }

  HttpCall call(const Message& message, UtcTime now) const override {
    return {std::make_shared<const http::Url>(signed_url(now)), "Content-Type: application/json; charset=utf-8\r\n",
            body(words_of(message.alert, options_.language))};
  }

  void judge(AttemptOutcome& outcome, std::string_view body) const override {
    judge_answer(outcome, body, kDingTalkForm);
  }

 private:
  http::Url signed_url(UtcTime now) const {
    if (options_.secret.empty()) return url_;
    const std::int64_t timestamp = to_unix_micros(now) / 1000;
    http::Url url = with_parameter(url_, "timestamp", fmt::to_string(timestamp));
    return with_parameter(std::move(url), "sign", verify::dingtalk_signature(options_.secret, timestamp));
  }

  std::string body(const Words& words) const {
    std::string text = markdown(words);
    // Who is called has to stand in the text as well.
    for (const std::string& mobile : options_.at_mobiles) {
      text += fmt::format("{}@{}", &mobile == &options_.at_mobiles.front() ? "\n" : " ", mobile);
    }
    JsonWriter json;
    json.begin_object().text("msgtype", "markdown");
    json.key("markdown").begin_object().text("title", words.title()).text("text", text).end_object();
    json.key("at").begin_object().texts("atMobiles", options_.at_mobiles).boolean("isAtAll", false).end_object();
    return json.end_object().take();
  }

  DingtalkOptions options_;
  http::Url url_;
};

}  // namespace

Result<std::unique_ptr<Channel>> make_dingtalk(http::Client& client, DingtalkOptions options,
                                               HttpChannelOptions http_options) {
  auto url = http::parse_url(options.url);
  if (!url) return std::unexpected(std::move(url.error()));
  const std::vector<std::string> secrets{options.access_token, options.secret};
  auto service = std::make_shared<const Dingtalk>(std::move(options), std::move(*url));
  const http::Url& whole = service->url();
  return make_http_channel(client, whole, service, secrets, std::move(http_options));
}

}  // namespace yizhan::alert
