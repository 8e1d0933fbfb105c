// WeCom's (Enterprise WeChat's) group robot: markdown into a group.
//
//   POST https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…
//   {"msgtype": "markdown", "markdown": {"content": at most 4096 bytes}}
//   → {"errcode": 0, "errmsg": "ok"}
//
// Nothing is signed: who knows the key may send. Twenty messages a minute. Source: WeCom developer centre, "Group robot
// configuration".
#pragma once

#include "alert/http_channel.h"
#include "alert/words.h"

namespace yizhan::alert {

struct WecomOptions {
  std::string url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send";
  std::string key{};  ///< empty: it is in the URL
  Language language = Language::kEnglish;
};

/// Code `url_invalid`.
Result<std::unique_ptr<Channel>> make_wecom(http::Client& client, const WecomOptions& options,
                                            HttpChannelOptions http_options);

/// As much of `text` as the robot takes, cut between characters; what was cut ends with `…`. Pure.
std::string cut_for_wecom(std::string text);

}  // namespace yizhan::alert
