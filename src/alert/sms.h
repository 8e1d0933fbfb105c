// Alibaba Cloud's SMS: one text message to every number.
//
//   POST https://dysmsapi.aliyuncs.com/?OutId=…&PhoneNumbers=…&SignName=…&TemplateCode=…&TemplateParam=<JSON>
//   x-acs-action: SendSms, x-acs-version: 2017-05-25, Authorization: ACS3-HMAC-SHA256 …       verify/acs3.h
//   → {"Code": "OK", "Message": "OK", "BizId": …}
//
// SendSms is not idempotent: a message whose answer is lost is sent again, and may arrive twice. OutId is the event's
// id, so that both are found under it in the service's record. Source: Alibaba Cloud, "SendSms", and its error codes.
#pragma once

#include "alert/http_channel.h"
#include "alert/words.h"

namespace yizhan::alert {

struct SmsOptions {
  std::string url = "https://dysmsapi.aliyuncs.com/";
  std::string access_key_id;
  std::string access_key_secret;
  std::vector<std::string> phone_numbers;
  std::string sign_name;
  std::string template_code;
  /// The template's variables, each with what goes into it: `title`, `state`, `subject`, `count`, `since`, `rule`.
  std::vector<std::pair<std::string, std::string>> template_parameters;
  Language language = Language::kChinese;
};

/// Code `url_invalid`.
Result<std::unique_ptr<Channel>> make_sms(http::Client& client, SmsOptions options, HttpChannelOptions http_options);

}  // namespace yizhan::alert
