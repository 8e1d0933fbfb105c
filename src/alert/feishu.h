// The custom bot of Feishu, and of Lark: a post into a group.
//
//   POST https://open.feishu.cn/open-apis/bot/v2/hook/<token>
//   {"timestamp": "<s>", "sign": …, "msg_type": "post",                                  verify/feishu.h
//    "content": {"post": {"zh_cn": {"title": …, "content": [[{"tag": "text", "text": …}], …]}}}}
//   → {"code": 0, "msg": "success"}
//
// The elements of a post are plain text: nothing in them is a link or a mention. A hundred a minute, five a second.
// Source: Feishu open platform, "Custom bot usage guide".
#pragma once

#include "alert/http_channel.h"
#include "alert/words.h"

namespace yizhan::alert {

struct FeishuOptions {
  std::string url = "https://open.feishu.cn/open-apis/bot/v2/hook";
  std::string token{};   ///< the last part of the webhook's path; empty: it is in the URL
  std::string secret{};  ///< empty: nothing is signed
  Language language = Language::kEnglish;
};

/// Code `url_invalid`.
Result<std::unique_ptr<Channel>> make_feishu(http::Client& client, FeishuOptions options,
                                             HttpChannelOptions http_options);

}  // namespace yizhan::alert
