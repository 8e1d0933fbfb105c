// What a service that operators are told by answers: a code and a message in JSON, whatever the HTTP status.
//
//   DingTalk, WeCom   {"errcode": 0, "errmsg": "ok"}
//   Feishu            {"code": 0, "msg": "success"}, older {"StatusCode": 0, "StatusMessage": "success"}
//   Alibaba Cloud     {"Code": "OK", "Message": "OK"}
#pragma once

#include <span>
#include <string_view>

#include "domain/attempt.h"

namespace yizhan::alert {

/// Members that hold the code and the message.
struct AnswerNames {
  std::string_view code;
  std::string_view message;
};

/// What a code means, with what an operator has to do about it (English, one sentence; may be empty). A code that ends
/// with `*` stands for every one that begins so; the first that fits counts.
struct CodeMeaning {
  std::string_view code;
  ErrorClass error_class;
  std::string_view advice;
};

struct AnswerForm {
  std::string_view service;            ///< `DingTalk`
  std::span<const AnswerNames> names;  ///< the first that the answer has counts
  std::string_view success;            ///< the code: `0`
  std::span<const CodeMeaning> meanings;
};

/// Sets class and message of `outcome`, which is that of the HTTP call. A success is a 2xx with the code of success. A
/// code that is not in the table is kAlertFailed; under another status than 2xx that status' class stands instead.
void judge_answer(AttemptOutcome& outcome, std::string_view body, const AnswerForm& form);

}  // namespace yizhan::alert
