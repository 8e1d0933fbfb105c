// What a push service answers, read the same for the cloud function and for Getui: uni-push passes Getui's codes on
// under names of its own.
//
//   uni-push   {"errCode": 0, "errMsg": "", "data": {"<task id>": {"<cid>": "successed_online"}}}
//              errCode may be text: "uni-cloud-push-error-10005"
//   Getui      {"code": 0, "msg": "success", "data": {"<task id>": {"<cid>": "successed_online"}}}
//
//   status of a device: successed_online, successed_offline (it has it, or will have it), successed_ignore (not sent:
//   the device has been inactive for 90 days)
//   codes: 0; 10001 token, 10002 app or address blocked, 10003 auths a minute, 10004 no permission, 10005 calls a
//   minute; 20001 a parameter, `target user is invalid` among them; 30000–30019 what the contract allows, most of them
//   counts a day (30009) or a minute
//
// Source: Getui, "REST API V2", return codes; uni-push 2.0, "sendMessage", answer, and its return codes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "domain/attempt.h"

namespace yizhan::push {

struct DeviceResult {
  std::string task_id;
  std::string status;
};

struct ServiceAnswer {
  bool succeeded = false;
  std::optional<std::int64_t> code;                       ///< where it is a number
  std::string code_text;                                  ///< as it was written
  std::string message;                                    ///< one line
  std::unordered_map<std::string, DeviceResult> devices;  ///< by cid
};

/// Empty when it is no JSON object, or has no code: nothing then says that the message was taken.
/// Where the function's whole HTTP answer comes as JSON, {"statusCode": 200, "body": …} with `body` an object or text,
/// as an integrated response does that nobody unpacked, `body` is read, and a statusCode other than 2xx is a failure.
std::optional<ServiceAnswer> read_uni_push_answer(std::string_view body);
/// Likewise, without the unpacking.
std::optional<ServiceAnswer> read_getui_answer(std::string_view body);

/// The class of a code other than success. Where the table says nothing (a function's own code, 1, text), the message
/// does: a cid that is not known, a token, a frequency; anything else is kPushFailed.
ErrorClass class_of_failure(const ServiceAnswer& answer);

/// Whether an answer that names no device at all may be a success.
enum class DeviceNaming {
  kOptional,  ///< a function of the operator's own need not pass `data` on; where it does, this device must be in it
  kRequired,
};

/// Sets class, message and pause of `outcome`, which is that of the HTTP call (http/attempt_outcome.h). A code counts
/// whatever the HTTP status; one that says no more than that it failed leaves the class of a status other than 2xx.
void judge(AttemptOutcome& outcome, const std::optional<ServiceAnswer>& answer, std::string_view cid,
           DeviceNaming naming);
/// The class and the message of what the service says of one device.
void judge_device(AttemptOutcome& outcome, const DeviceResult& result);

/// How long the endpoint is left alone when the service says that the day's quota is used up, in seconds, as a
/// Retry-After: it is tried again now and then, and nothing is given up meanwhile.
inline constexpr std::string_view kQuotaPause = "3600";

}  // namespace yizhan::push
