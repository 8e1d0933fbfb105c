#include <fmt/format.h>

#include "cli/readable.h"
#include "cli/timeline.h"

namespace yizhan::cli {
namespace {

/// An event that is due this long without an attempt is not being looked after.
constexpr Seconds kOverdue{30};

std::string why(const EventStory& story) {
  if (story.dead_letter && !story.dead_letter->final_error.empty()) return story.dead_letter->final_error;
  return story.event.last_error;
}

std::optional<std::string_view> advice_from_last_attempt(const EventStory& story) {
  if (story.attempts.empty()) return std::nullopt;
  const store::AttemptView& last = story.attempts.back();
  const auto error_class = parse_error_class(last.error_class);
  if (!error_class || *error_class == ErrorClass::kNone) return std::nullopt;
  return advice(*error_class, last.response_status);
}

void add_open_steps(std::vector<std::string>& steps, const EventStory& story, UtcTime now) {
  const store::EventView& event = story.event;
  if (story.disabled) {
    steps.push_back(fmt::format("It waits: its endpoint {} was disabled {} ({}).", story.disabled->url,
                                relative_time(story.disabled->disabled_at, now), story.disabled->reason));
    steps.push_back(fmt::format("When the endpoint takes callbacks again: yizhan endpoints enable {}",
                                story.disabled->endpoint_key));
    return;
  }
  if (event.lease_expires_at && *event.lease_expires_at > now) {
    steps.emplace_back("A service has taken it: an attempt is in flight or about to start.");
    return;
  }
  const std::string_view which = story.attempts.empty() ? "The first attempt" : "The next attempt";
  const UtcTime due = event.next_attempt_at.value_or(event.event.created_at);
  if (due > now) {
    steps.push_back(fmt::format("{} is due in {}.", which, readable_span(due - now)));
    if (const auto advised = advice_from_last_attempt(story)) steps.emplace_back(*advised);
    if (event.status == EventStatus::kRetrying) {
      steps.push_back(fmt::format("To send it now: yizhan replay {}", event.event.id));
    }
    return;
  }
  steps.push_back(
      fmt::format("{} is due{}.", which, now - due < kOverdue ? " now" : " since " + readable_span(now - due)));
  if (!event.last_error.empty()) steps.push_back(fmt::format("It waits because: {}", event.last_error));
  if (now - due >= kOverdue) {
    steps.emplace_back(
        "If it stays so: is `yizhan serve` running on this store, its platform configured and enabled, and nothing "
        "older of its order key in the way?");
  }
}

}  // namespace

std::string_view advice(ErrorClass error_class, int response_status) {
  switch (error_class) {
    case ErrorClass::kNone:
      return "";
    case ErrorClass::kDns:
      return "The host name did not resolve: check the callback URL and this machine's DNS.";
    case ErrorClass::kConnect:
      return "Nothing took the connection: check that the platform is up and that this machine may reach it.";
    case ErrorClass::kTls:
      return "The TLS handshake failed: check the platform's certificate, its host name, and ca_file if it has its own "
             "authority.";
    case ErrorClass::kTimeout:
      return "No whole answer within the time-out: the platform is slow, or its time-out is set too short.";
    case ErrorClass::kHttp4xx:
      if (response_status == 401 || response_status == 403) {
        return "The platform refused the callback: check the signing scheme and the secret on both sides.";
      }
      if (response_status == 404 || response_status == 405) {
        return "The platform does not know this address: check base_url and callback_target.";
      }
      if (response_status == 410) return "The platform said that this endpoint is gone for good.";
      if (response_status == 429) return "The platform asks for fewer callbacks: set rate_per_second for it.";
      return "The platform refused the callback: its answer says why; sending the same again seldom helps.";
    case ErrorClass::kHttp5xx:
      return "The platform failed on its side: what it answered is in 'events show --responses', why in its own log.";
    case ErrorClass::kRedirect:
      return "The platform redirects, and redirects are never followed: set the final address as its URL.";
    case ErrorClass::kResponseTooLarge:
      return "The platform's response head is over the limit.";
    case ErrorClass::kBlockedAddress:
      return "The target lies in a network that callbacks may not reach: if it is meant to, list it in "
             "YIZHAN_OUTBOUND_ALLOW.";
    case ErrorClass::kProtocol:
      return "What answered does not speak HTTP/1.1: check port and scheme of the callback URL.";
    case ErrorClass::kSigning:
      return "A replay chose the platform's previous secret, which is not configured any more: name it second among "
             "its secrets, or replay without --secret.";
    case ErrorClass::kPushTargetInvalid:
      return "The push service does not know this device any more; it is deactivated until its app registers again. If "
             "it "
             "says so of every device, the app id is another app's.";
    case ErrorClass::kPushIgnored:
      return "The device has been inactive for 90 days, and the push service does not send to it.";
    case ErrorClass::kPushRefused:
      return "The push service refuses this message: its answer names the parameter; mend the notification, then set "
             "its "
             "send_status to NULL.";
    case ErrorClass::kPushThrottled:
      return "The push service asks for fewer calls, or the day's quota is used up: it is tried again by itself.";
    case ErrorClass::kPushUnauthorized:
      return "The push service refuses our token or credential: check PUSH_TOKEN on both sides, or Getui's app id, app "
             "key "
             "and master secret, and this machine's clock.";
    case ErrorClass::kPushFailed:
      return "The push service reports a failure, or answers what is no success: see 'events show --responses', and "
             "the "
             "cloud function's own log.";
    case ErrorClass::kAlertRefused:
      return "The alert channel refuses the message or our credentials: its answer says which. Mend [alert_channels], "
             "restart, then replay it.";
    case ErrorClass::kAlertThrottled:
      return "The alert channel asks for fewer messages: it is tried again by itself. Lower rate_per_minute of the "
             "channel if this repeats.";
    case ErrorClass::kAlertUnconfirmed:
      return "The mail went out to its last byte, and the connection was lost before the server said that it took it. "
             "It "
             "is sent again under the same Message-ID, so it may arrive twice.";
    case ErrorClass::kAlertFailed:
      return "The alert channel reports a failure: see 'events show --responses'.";
  }
  return "";
}

std::vector<std::string> next_steps(const EventStory& story, UtcTime now) {
  std::vector<std::string> steps;
  const std::string& id = story.event.event.id;
  switch (story.event.status) {
    case EventStatus::kDelivered:
      steps.emplace_back("Delivered. Nothing is left to do.");
      break;
    case EventStatus::kDiscarded:
      steps.push_back(fmt::format("Given up by hand: {}", why(story).empty() ? "no reason on record" : why(story)));
      steps.push_back(fmt::format("To send it after all: yizhan replay {}", id));
      break;
    case EventStatus::kDeadLetter:
      steps.emplace_back("A dead letter: no further attempt will be made by itself.");
      if (const auto advised = advice_from_last_attempt(story)) steps.emplace_back(*advised);
      steps.push_back(fmt::format("When the cause is mended: yizhan replay {}", id));
      steps.push_back(fmt::format("When nobody needs it any more: yizhan discard {} --reason '…'", id));
      break;
    case EventStatus::kPending:
    case EventStatus::kRetrying:
      add_open_steps(steps, story, now);
      break;
  }
  return steps;
}

}  // namespace yizhan::cli
