#include "alert/sms.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "alert/service_answer.h"
#include "base/ids.h"
#include "base/json_writer.h"
#include "base/utf8.h"
#include "http/percent_encoding.h"
#include "verify/acs3.h"
#include "verify/digest.h"

namespace yizhan::alert {
namespace {

constexpr std::array<AnswerNames, 1> kSmsNames{{{"Code", "Message"}}};
constexpr std::string_view kLimit = "The numbers' quota of the service is used up for now";
constexpr std::string_view kKey = "Check access_key_id, access_key_secret and this machine's clock";
constexpr std::string_view kRights = "Give the access key the right to send (dysms:SendSms)";
constexpr std::array<CodeMeaning, 18> kSmsMeanings{{
    {"isv.BUSINESS_LIMIT_CONTROL", ErrorClass::kAlertThrottled, kLimit},
    {"isv.DAY_LIMIT_CONTROL", ErrorClass::kAlertThrottled, kLimit},
    {"isv.MONTH_LIMIT_CONTROL", ErrorClass::kAlertThrottled, kLimit},
    {"Throttling*", ErrorClass::kAlertThrottled, "Lower the channel's rate_per_minute"},
    {"isv.AMOUNT_NOT_ENOUGH", ErrorClass::kAlertRefused, "The account has no money left: top it up"},
    {"isv.SMS_SIGNATURE_ILLEGAL", ErrorClass::kAlertRefused, "Check sign_name: it must be approved for this account"},
    {"isv.SMS_SIGN_ILLEGAL", ErrorClass::kAlertRefused, "Check sign_name: it must be approved for this account"},
    {"isv.SMS_TEMPLATE_ILLEGAL", ErrorClass::kAlertRefused, "Check template_code: it must be approved"},
    {"isv.TEMPLATE_MISSING_PARAMETERS", ErrorClass::kAlertRefused,
     "Name all of the template's variables in "
     "template_parameters"},
    {"isv.MOBILE_NUMBER_ILLEGAL", ErrorClass::kAlertRefused, "Check phone_numbers"},
    {"isv.*", ErrorClass::kAlertRefused, "Look the code up in the service's list"},
    {"isp.RAM_PERMISSION_DENY", ErrorClass::kAlertRefused, kRights},
    {"NoPermission", ErrorClass::kAlertRefused, kRights},
    {"Forbidden*", ErrorClass::kAlertRefused, kRights},
    {"SignatureDoesNotMatch", ErrorClass::kAlertRefused, kKey},
    {"IncompleteSignature", ErrorClass::kAlertRefused, kKey},
    {"InvalidTimeStamp*", ErrorClass::kAlertRefused, kKey},
    {"InvalidAccessKeyId*", ErrorClass::kAlertRefused, kKey},
}};
constexpr AnswerForm kSmsForm{
    .service = "the SMS service", .names = kSmsNames, .success = "OK", .meanings = kSmsMeanings};

/// A variable of a template takes no more than 35 characters.
std::string cut_characters(std::string_view text) {
  constexpr std::size_t kLongest = 35;
  std::size_t end = 0;
  for (std::size_t count = 0; count < kLongest && end < text.size(); ++count) {
    end += std::max<std::size_t>(utf8_sequence_length(text.substr(end)), 1);
  }
  return std::string(text.substr(0, end));
}

std::string value_of(std::string_view name, const Alert& alert, const Words& words) {
  constexpr std::size_t kToTheSecond = 19;
  if (name == "title") return cut_characters(words.headline);
  if (name == "state") return cut_characters(words.state);
  if (name == "subject") return cut_characters(alert.subject);
  if (name == "count") return fmt::to_string(alert.count);
  if (name == "since") return to_store_text(alert.raised_at).substr(0, kToTheSecond);
  return std::string(to_string(alert.rule));
}

/// `2026-02-06T08:30:00Z`
std::string acs_time(UtcTime time) {
  constexpr std::size_t kToTheSecond = 19;
  return to_rfc3339(time).substr(0, kToTheSecond) + "Z";
}

class Sms final : public HttpService {
 public:
  Sms(SmsOptions options, http::Url url) : options_(std::move(options)), url_(std::move(url)) {}

  HttpCall call(const Message& message, UtcTime now) const override {
    const std::string query = canonical_query(message);
    verify::Acs3Request request;
    request.path = url_.target;
    request.canonical_query = query;
    request.headers = {{"x-acs-action", "SendSms"},
                       {"x-acs-content-sha256", verify::sha256_hex("")},
                       {"x-acs-date", acs_time(now)},
                       {"x-acs-signature-nonce", IdMaker().make(now)},
                       {"x-acs-version", "2017-05-25"}};
    std::string lines;
    for (const auto& [name, value] : request.headers) lines += fmt::format("{}: {}\r\n", name, value);
    request.headers.emplace_back("host", url_.host_header);
    lines += fmt::format("Authorization: {}\r\n",
                         verify::acs3_authorization(options_.access_key_id, options_.access_key_secret, request));
    auto url = std::make_shared<http::Url>(url_);
    url->target += '?';
    url->target += query;
    return {std::move(url), std::move(lines), ""};
  }

  void judge(AttemptOutcome& outcome, std::string_view body) const override { judge_answer(outcome, body, kSmsForm); }

 private:
  /// Its parameters in the order of their names.
  std::string canonical_query(const Message& message) const {
    std::string query;
    const auto add = [&query](std::string_view name, std::string_view value) {
      if (!query.empty()) query += '&';
      query += name;
      query += '=';
      http::append_percent_encoded(query, value);
    };
    add("OutId", message.event_id);
    add("PhoneNumbers", fmt::to_string(fmt::join(options_.phone_numbers, ",")));
    add("SignName", options_.sign_name);
    add("TemplateCode", options_.template_code);
    add("TemplateParam", template_parameters(message.alert));
    return query;
  }

  std::string template_parameters(const Alert& alert) const {
    const Words words = words_of(alert, options_.language);
    JsonWriter json;
    json.begin_object();
    for (const auto& [variable, value] : options_.template_parameters) {
      json.text(variable, value_of(value, alert, words));
    }
    return json.end_object().take();
  }

  SmsOptions options_;
  http::Url url_;
};

}  // namespace

Result<std::unique_ptr<Channel>> make_sms(http::Client& client, SmsOptions options, HttpChannelOptions http_options) {
  auto url = http::parse_url(options.url);
  if (!url) return std::unexpected(std::move(url.error()));
  if (url->target.contains('?')) return fail("url_invalid", "the URL of the SMS service must have no query");
  const std::vector<std::string> secrets{options.access_key_secret};
  http::Url whole = *url;
  return make_http_channel(client, whole, std::make_shared<const Sms>(std::move(options), std::move(*url)), secrets,
                           std::move(http_options));
}

}  // namespace yizhan::alert
