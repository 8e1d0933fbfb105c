#include "alert/feishu.h"

#include <fmt/format.h>

#include <array>

#include "alert/service_answer.h"
#include "base/json_writer.h"
#include "http/percent_encoding.h"
#include "verify/feishu.h"

namespace yizhan::alert {
namespace {

constexpr std::array<AnswerNames, 2> kFeishuNames{{{"code", "msg"}, {"StatusCode", "StatusMessage"}}};
constexpr std::string_view kSlower = "Lower the channel's rate_per_minute";
constexpr std::array<CodeMeaning, 8> kFeishuMeanings{{
    {"11232", ErrorClass::kAlertThrottled, kSlower},
    {"11233", ErrorClass::kAlertThrottled, kSlower},
    {"99991400", ErrorClass::kAlertThrottled, kSlower},
    {"9499", ErrorClass::kAlertThrottled, kSlower},
    {"19001", ErrorClass::kAlertRefused, "Check the bot's webhook URL: it may have been removed"},
    {"19021", ErrorClass::kAlertRefused, "Check the bot's secret, and this machine's clock (it may be an hour off)"},
    {"19022", ErrorClass::kAlertRefused, "Add this machine's address to the bot's list of addresses"},
    {"19024", ErrorClass::kAlertRefused, "Set the bot's keyword to Yizhan, which is in every message, or remove it"},
}};
constexpr AnswerForm kFeishuForm{
    .service = "Feishu", .names = kFeishuNames, .success = "0", .meanings = kFeishuMeanings};

void write_line(JsonWriter& json, std::string_view text) {
  json.begin_array().begin_object().text("tag", "text").text("text", text).end_object().end_array();
}

class Feishu final : public HttpService {
 public:
  Feishu(FeishuOptions options, std::shared_ptr<const http::Url> url)
      : options_(std::move(options)), url_(std::move(url)) {}

  HttpCall call(const Message& message, UtcTime now) const override {
    return {url_, "Content-Type: application/json; charset=utf-8\r\n",
            body(words_of(message.alert, options_.language), to_unix_seconds(now))};
  }

  void judge(AttemptOutcome& outcome, std::string_view body) const override {
    judge_answer(outcome, body, kFeishuForm);
  }

 private:
  std::string body(const Words& words, std::int64_t now) const {
    JsonWriter json;
    json.begin_object();
    if (!options_.secret.empty()) {
      json.text("timestamp", fmt::to_string(now)).text("sign", verify::feishu_signature(options_.secret, now));
    }
    json.text("msg_type", "post").key("content").begin_object().key("post").begin_object().key("zh_cn").begin_object();
    json.text("title", words.title()).key("content").begin_array();
    for (const auto& [label, value] : words.lines) write_line(json, fmt::format("{}: {}", label, value));
    if (!words.next.empty()) write_line(json, fmt::format("{}: {}", words.next_label, words.next));
    return json.end_array().end_object().end_object().end_object().end_object().take();
  }

  FeishuOptions options_;
  std::shared_ptr<const http::Url> url_;
};

}  // namespace

Result<std::unique_ptr<Channel>> make_feishu(http::Client& client, FeishuOptions options,
                                             HttpChannelOptions http_options) {
  if (!options.token.empty()) {
    if (!options.url.ends_with('/')) options.url += '/';
    http::append_percent_encoded(options.url, options.token);
  }
  auto url = http::parse_url(options.url);
  if (!url) return std::unexpected(std::move(url.error()));
  const std::vector<std::string> secrets{options.token, options.secret};
  auto whole = std::make_shared<const http::Url>(std::move(*url));
  return make_http_channel(client, *whole, std::make_shared<const Feishu>(std::move(options), whole), secrets,
                           std::move(http_options));
}

}  // namespace yizhan::alert
