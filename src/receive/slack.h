// What Slack sends, at /in/{source} (source: Slack, "The Events API", "Slash commands", "Interactivity"), signed by
// X-Slack-Signature:
//
//   events          JSON {type, event_id, event{type}}. Event type: event.type; told apart by event_id, which stays the
//                   same when Slack tries again (X-Slack-Retry-Num).
//   interactivity   a form whose field `payload` is JSON {type, trigger_id?}: that is the clear body. Event type: type.
//   slash commands  a form; event type `slash_command`, JSON made of it is the clear body.
//
// What has no id of its own is told apart by its body. {type:"url_verification"}, which Slack sends when the address is
// entered, is answered with its challenge at once.
//
// Answers within 3 s: 200 without a body, since Slack shows the answer to a command to whoever gave it; otherwise
// answers.h, json_answer(). What is rejected would not become better: X-Slack-No-Retry.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "receive/source.h"
#include "verify/signing.h"

namespace yizhan::receive {

struct SlackOptions {
  std::string name{};                  ///< last part of the path
  std::vector<std::string> secrets{};  ///< the app's signing secrets in force
  Seconds tolerance = verify::MessageToVerify::kTolerance;
};

/// Codes: `source_name_invalid`, `secret_invalid`.
Result<std::shared_ptr<const Source>> make_slack_source(const SlackOptions& options);

}  // namespace yizhan::receive
