// Events and callbacks as lines of JSON, for `yizhan export` and for what retention writes away. The format is
// documented in docs/operations.md and only grows:
//
//   {"kind":"event", …members of the event in the API…, "payload":… or "payload_base64":…, "attempts":[…]}
//   {"kind":"callback", …members of the callback in the API…, "headers":…, "body":… or "body_base64":…}
#pragma once

#include <string>

#include "store/retention.h"

namespace yizhan::api {

/// With its line end. A payload that is JSON but holds line ends is given as base64, so that its bytes stay as they
/// are.
std::string event_line(const store::WholeEvent& event);
std::string callback_line(const store::CallbackView& callback);

}  // namespace yizhan::api
