// What the AI gateways sub2api and new-api send of their own accord, at /in/{source}: JSON.
//
//   sub2api   {delivery_id, event, …}, X-Sub2Api-Signature over timestamp and body. Event type: `event`; told apart by
//             `delivery_id`, which is signed; the header X-Sub2Api-Delivery, which is not, is passed over.
//   new-api   {type, title, content, values?, timestamp}, X-Webhook-Signature over the body. Event type: `type`; told
//             apart by the body as a whole, since there is no id. It is sent once.
//
// Answers: answers.h, json_answer().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "receive/source.h"
#include "verify/signing.h"

namespace yizhan::receive {

struct Sub2apiOptions {
  std::string name{};                  ///< last part of the path
  std::vector<std::string> secrets{};  ///< in force
  Seconds tolerance = verify::MessageToVerify::kTolerance;
};

struct NewapiOptions {
  std::string name{};
  std::vector<std::string> secrets{};
};

/// Codes: `source_name_invalid`, `secret_invalid`.
Result<std::shared_ptr<const Source>> make_sub2api_source(const Sub2apiOptions& options);
Result<std::shared_ptr<const Source>> make_newapi_source(const NewapiOptions& options);

}  // namespace yizhan::receive
