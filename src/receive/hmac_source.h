// Whoever signs with an HMAC that an operator can describe, at /in/{source}: in which header, encoded how, over which
// text (verify/signing.h: SigningScheme::kHmac).
//
// What tells callbacks apart and what they are called is taken from a header or from a field of the JSON body. A field
// goes by its path: `data.object.id`, `items.0.id`.
//
// Answers: answers.h, json_answer().
#pragma once

#include <memory>
#include <string>

#include "receive/source.h"
#include "verify/signing.h"

namespace yizhan::receive {

/// Where a text is found. The header, where both are set; nowhere, where none is.
struct TextPlace {
  std::string header{};
  std::string field{};
};

struct HmacOptions {
  std::string name{};                                       ///< last part of the path
  verify::SigningOptions signing{};                         ///< its scheme is kHmac
  Seconds tolerance = verify::MessageToVerify::kTolerance;  ///< of a signed timestamp
  /// What does not have it is told apart by its body: of two callbacks of one text the second is a duplicate.
  TextPlace idempotency_key{};
  TextPlace event_type{};  ///< what does not have it is a `callback`
};

/// Codes: `source_name_invalid`, `secret_invalid`, `signing_options_invalid`.
Result<std::shared_ptr<const Source>> make_hmac_source(const HmacOptions& options);

}  // namespace yizhan::receive
