#include "domain/attempt.h"

#include <array>
#include <utility>

namespace yizhan {
namespace {

constexpr std::array<std::pair<ErrorClass, std::string_view>, kErrorClassCount> kNames{{
    {ErrorClass::kNone, ""},
    {ErrorClass::kDns, "dns"},
    {ErrorClass::kConnect, "connect"},
    {ErrorClass::kTls, "tls"},
    {ErrorClass::kTimeout, "timeout"},
    {ErrorClass::kHttp4xx, "http_4xx"},
    {ErrorClass::kHttp5xx, "http_5xx"},
    {ErrorClass::kRedirect, "redirect"},
    {ErrorClass::kResponseTooLarge, "response_too_large"},
    {ErrorClass::kBlockedAddress, "blocked_address"},
    {ErrorClass::kProtocol, "protocol"},
    {ErrorClass::kSigning, "signing"},
    {ErrorClass::kPushTargetInvalid, "push_target_invalid"},
    {ErrorClass::kPushIgnored, "push_ignored"},
    {ErrorClass::kPushRefused, "push_refused"},
    {ErrorClass::kPushThrottled, "push_throttled"},
    {ErrorClass::kPushUnauthorized, "push_unauthorized"},
    {ErrorClass::kPushFailed, "push_failed"},
    {ErrorClass::kAlertRefused, "alert_refused"},
    {ErrorClass::kAlertThrottled, "alert_throttled"},
    {ErrorClass::kAlertUnconfirmed, "alert_unconfirmed"},
    {ErrorClass::kAlertFailed, "alert_failed"},
}};

}  // namespace

std::string_view to_string(ErrorClass error_class) {
  for (const auto& [known, name] : kNames) {
    if (known == error_class) return name;
  }
  return "";
}

std::optional<ErrorClass> parse_error_class(std::string_view text) {
  for (const auto& [known, name] : kNames) {
    if (name == text) return known;
  }
  return std::nullopt;
}

bool is_final(ErrorClass error_class) {
  return error_class == ErrorClass::kSigning || error_class == ErrorClass::kPushTargetInvalid ||
         error_class == ErrorClass::kPushIgnored || error_class == ErrorClass::kPushRefused ||
         error_class == ErrorClass::kAlertRefused;
}

bool is_throttled(ErrorClass error_class) {
  return error_class == ErrorClass::kPushThrottled || error_class == ErrorClass::kAlertThrottled;
}

bool is_of_push_service(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::kPushTargetInvalid:
    case ErrorClass::kPushIgnored:
    case ErrorClass::kPushRefused:
    case ErrorClass::kPushThrottled:
    case ErrorClass::kPushUnauthorized:
    case ErrorClass::kPushFailed:
      return true;
    default:
      return false;
  }
}

ErrorClass class_of_status(int status) {
  if (status >= 200 && status <= 299) return ErrorClass::kNone;
  if (status >= 300 && status <= 399) return ErrorClass::kRedirect;
  if (status >= 400 && status <= 499) return ErrorClass::kHttp4xx;
  return ErrorClass::kHttp5xx;
}

}  // namespace yizhan
