#include "alert/wecom.h"

#include <array>

#include "alert/markdown.h"
#include "alert/service_answer.h"
#include "base/json_writer.h"
#include "base/utf8.h"

namespace yizhan::alert {
namespace {

constexpr std::size_t kLongestContent = 4096;
constexpr std::string_view kEllipsis = "…";

constexpr std::array<AnswerNames, 1> kWeComNames{{{"errcode", "errmsg"}}};
constexpr std::string_view kWeComNoRobot = "Check the robot's key: it may have been removed";
constexpr std::array<CodeMeaning, 7> kWeComMeanings{{
    {"45009", ErrorClass::kAlertThrottled, "Lower the channel's rate_per_minute"},
    {"45033", ErrorClass::kAlertThrottled, "Lower the channel's rate_per_minute"},
    {"93000", ErrorClass::kAlertRefused, kWeComNoRobot},
    {"93008", ErrorClass::kAlertRefused, kWeComNoRobot},
    {"40058", ErrorClass::kAlertRefused, "The robot takes messages of another form"},
    {"45002", ErrorClass::kAlertRefused, "The message is too long"},
    {"60020", ErrorClass::kAlertRefused, "Add this machine's address to the list that the enterprise trusts"},
}};
constexpr AnswerForm kWeComForm{.service = "WeCom", .names = kWeComNames, .success = "0", .meanings = kWeComMeanings};

class Wecom final : public HttpService {
 public:
  Wecom(Language language, std::shared_ptr<const http::Url> url) : language_(language), url_(std::move(url)) {}

  HttpCall call(const Message& message, UtcTime) const override {
    JsonWriter json;
    json.begin_object().text("msgtype", "markdown").key("markdown").begin_object();
    json.text("content", cut_for_wecom(markdown(words_of(message.alert, language_)))).end_object().end_object();
    return {url_, "Content-Type: application/json; charset=utf-8\r\n", json.take()};
  }

  void judge(AttemptOutcome& outcome, std::string_view body) const override { judge_answer(outcome, body, kWeComForm); }

 private:
  Language language_;
  std::shared_ptr<const http::Url> url_;
};

}  // namespace

std::string cut_for_wecom(std::string text) {
  if (text.size() <= kLongestContent) return text;
  return std::string(utf8_prefix(text, kLongestContent - kEllipsis.size())).append(kEllipsis);
}

Result<std::unique_ptr<Channel>> make_wecom(http::Client& client, const WecomOptions& options,
                                            HttpChannelOptions http_options) {
  auto url = http::parse_url(options.url);
  if (!url) return std::unexpected(std::move(url.error()));
  if (!options.key.empty()) *url = with_parameter(std::move(*url), "key", options.key);
  auto whole = std::make_shared<const http::Url>(std::move(*url));
  return make_http_channel(client, *whole, std::make_shared<const Wecom>(options.language, whole), {options.key},
                           std::move(http_options));
}

}  // namespace yizhan::alert
