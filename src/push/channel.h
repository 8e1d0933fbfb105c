// A push service: takes one message for one device, says what became of it. Two kinds: a cloud function of uni-push
// (cloud_function.h) and Getui itself (getui.h).
//
// A call without a cid would be a broadcast to every device: a Message cannot be made without one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "domain/attempt.h"
#include "domain/policy.h"

namespace yizhan::push {

class Message {
 public:
  /// Codes: `cid_missing`, `content_empty`, `payload_invalid`. `event_payload` is what delivery_payload() made; the
  /// request id is `event_id` without hyphens (hashed where that is not 10–32 letters and digits): the same on every
  /// attempt, and the push service drops one that it has seen.
  static Result<Message> read(std::string_view event_id, std::string_view event_payload);

  const std::string& request_id() const { return request_id_; }
  const std::string& appid() const { return appid_; }
  const std::string& cid() const { return cid_; }
  const std::string& title() const { return title_; }
  const std::string& content() const { return content_; }
  const std::string& payload() const { return payload_; }  ///< JSON; `{}` where there is none

 private:
  Message() = default;
  std::string request_id_, appid_, cid_, title_, content_, payload_;
};

class Channel {
 public:
  using Done = std::move_only_function<void(AttemptOutcome)>;
  virtual ~Channel() = default;

  /// One attempt. Calls `done` once, never before it returns, on the I/O thread; those under way when this is destroyed
  /// may be dropped. Outcomes that are the push service's own are kPush… of ErrorClass; what fails before that is as
  /// for any HTTP call. No secret of the channel's is in an outcome, whatever the service repeated.
  virtual void send(Message message, Done done) = 0;

  /// The URL without query, that attempts are accounted to (breaker, rate, `yizhan endpoints`).
  virtual const std::string& endpoint_url() const = 0;
};

}  // namespace yizhan::push
