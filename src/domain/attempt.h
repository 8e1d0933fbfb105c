// What came of one attempt to deliver an event.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace yizhan {

/// Why an attempt failed. The names are stable: they stand in the store, the API, the metrics and the log.
enum class ErrorClass {
  kNone,              ///< it did not fail
  kDns,               ///< the host name did not resolve
  kConnect,           ///< no connection, or it broke before a response began
  kTls,               ///< handshake, certificate or host name refused
  kTimeout,           ///< the attempt's one deadline passed
  kHttp4xx,           ///< 400–499
  kHttp5xx,           ///< 500–599, or 1xx where a final status was due
  kRedirect,          ///< 300–399: never followed
  kResponseTooLarge,  ///< the response head exceeded its limit
  kBlockedAddress,    ///< the target resolves into a network that callbacks may not reach
  kProtocol,          ///< not HTTP/1.x, or a broken response
  kSigning,           ///< nothing was sent: the secret that a replay chose is not in force any more; no retry

  // What a push service says of one device, whatever its HTTP status:
  kPushTargetInvalid,  ///< there is no such device any more; it is deactivated; no retry
  kPushIgnored,        ///< the device has been inactive for long and will not show it (`successed_ignore`); no retry
  kPushRefused,        ///< the message itself is refused (a parameter, a limit); no retry
  kPushThrottled,      ///< too many calls: the service is slowed down, the device is tried again
  kPushUnauthorized,   ///< the token or credential is refused: tried again, an operator has to look at it
  kPushFailed,         ///< any other failure that the service reports: tried again

  // What an alert channel says of one message, whatever its HTTP status:
  kAlertRefused,      ///< the message or the credential is refused; no retry: an operator mends it and replays
  kAlertThrottled,    ///< too many messages: the channel is left alone for a while, the message is tried again
  kAlertUnconfirmed,  ///< a mail was sent to its last byte and nobody said that it was taken: sent again under its id
  kAlertFailed,       ///< any other failure that the channel reports: tried again
};
inline constexpr std::size_t kErrorClassCount = 22;

/// `""`, `dns`, `connect`, `tls`, `timeout`, `http_4xx`, `http_5xx`, `redirect`, `response_too_large`,
/// `blocked_address`, `protocol`, `signing`, `push_target_invalid`, `push_ignored`, `push_refused`, `push_throttled`,
/// `push_unauthorized`, `push_failed`, `alert_refused`, `alert_throttled`, `alert_unconfirmed`, `alert_failed`.
std::string_view to_string(ErrorClass error_class);
std::optional<ErrorClass> parse_error_class(std::string_view text);

/// No further attempt can help: a dead letter at once.
bool is_final(ErrorClass error_class);

/// The service asks for patience, which says nothing against the message: it is slowed down and nothing is given up.
bool is_throttled(ErrorClass error_class);

/// What a push service says of one device: the status of the HTTP answer that carried it means nothing beside it.
bool is_of_push_service(ErrorClass error_class);

/// The class of a final response status; kNone for 200–299.
ErrorClass class_of_status(int status);

/// How much of a response is kept with its attempt.
inline constexpr std::size_t kStoredResponseBytes = 1024;

struct AttemptOutcome {
  ErrorClass error_class = ErrorClass::kNone;
  int response_status = 0;    ///< 0 when there was no response
  std::string error_message;  ///< one line for a person; empty on success
  std::string response_head;  ///< first bytes of the response body, raw, at most kStoredResponseBytes
  UtcTime started_at{};
  Microseconds duration{};
  std::string retry_after;  ///< the header's value as received, at most 128 bytes; empty when absent

  bool succeeded() const { return error_class == ErrorClass::kNone; }
};

}  // namespace yizhan
