// GitHub's webhooks, at /in/{source} (source: GitHub, "Webhook events and payloads"). Signed by X-Hub-Signature-256
// over the raw body, as JSON or, where the hook is set to it, as a form whose field `payload` is the JSON; that JSON is
// then the clear body.
//
// Event type: X-GitHub-Event (`ping`, `push`, `pull_request`…); told apart by X-GitHub-Delivery, the same when somebody
// redelivers it. Both headers are outside the signature.
//
// Answers within 10 s: answers.h, json_answer().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "receive/source.h"

namespace yizhan::receive {

struct GithubOptions {
  std::string name{};                  ///< last part of the path
  std::vector<std::string> secrets{};  ///< in force
};

/// Codes: `source_name_invalid`, `secret_invalid`.
Result<std::shared_ptr<const Source>> make_github_source(const GithubOptions& options);

}  // namespace yizhan::receive
