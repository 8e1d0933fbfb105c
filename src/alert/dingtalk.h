// DingTalk's custom robot: markdown into a group.
//
//   POST https://oapi.dingtalk.com/robot/send?access_token=…&timestamp=<ms>&sign=…      verify/dingtalk.h
//   {"msgtype": "markdown", "markdown": {"title": …, "text": …}, "at": {"atMobiles": […], "isAtAll": false}}
//   → {"errcode": 0, "errmsg": "ok"}, always under 200
//
// Twenty messages a minute; who sends more is muted for ten minutes. Source: DingTalk open platform, "Custom robot".
#pragma once

#include "alert/http_channel.h"
#include "alert/words.h"

namespace yizhan::alert {

struct DingtalkOptions {
  std::string url = "https://oapi.dingtalk.com/robot/send";
  std::string access_token{};  ///< empty: it is in the URL
  std::string secret{};        ///< empty: the robot is secured by a keyword or by addresses, nothing is signed
  std::vector<std::string> at_mobiles{};
  Language language = Language::kEnglish;
};

/// Code `url_invalid`.
Result<std::unique_ptr<Channel>> make_dingtalk(http::Client& client, DingtalkOptions options,
                                               HttpChannelOptions http_options);

}  // namespace yizhan::alert
