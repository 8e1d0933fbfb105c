// Where operators are told: a channel takes one alert to one place and says what became of it. START HERE for the
// channels; one file a kind: dingtalk.h, feishu.h, wecom.h, mail.h, sms.h, webhook.h.
//
//   outbox event `alert:<channel>` ─▶ dispatch/ ─▶ app/alert_lane.h ─▶ Channel ─▶ outcome ─▶ decide, record, as any
//   event
#pragma once

#include <functional>
#include <string>

#include "alert/alert.h"
#include "domain/attempt.h"

namespace yizhan::alert {

struct Message {
  std::string event_id;  ///< the same on every attempt
  std::string payload;   ///< of the event: the alert's JSON as it stands in the store
  Alert alert;           ///< what it says
};

/// Code `payload_invalid`.
Result<Message> read_message(std::string_view event_id, std::string&& payload);

class Channel {
 public:
  using Done = std::move_only_function<void(AttemptOutcome)>;
  virtual ~Channel() = default;

  /// One attempt. Calls `done` once, never before it returns, on the I/O thread; those under way when this is destroyed
  /// may be dropped. Outcomes that are the service's own are kAlert… of ErrorClass; what fails before that is as for
  /// any HTTP call. No secret of the channel's is in an outcome, whatever the service repeated.
  virtual void send(Message message, Done done) = 0;

  /// What attempts are accounted to (breaker, rate, `yizhan endpoints`): scheme, host and port. The rest of a channel's
  /// URL is as good as a password.
  virtual const std::string& endpoint_url() const = 0;
};

}  // namespace yizhan::alert
