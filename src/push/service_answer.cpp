#include "push/service_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>

#include "base/utf8.h"

namespace yizhan::push {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestMessage = 200;
constexpr int kDeepestDevice = 3;  // data, task, alias
constexpr std::string_view kUniPushPrefix = "uni-cloud-push-error-";

constexpr std::int64_t kDailyQuota = 30009;
constexpr std::int64_t kDailyListQuota = 30008;

std::string short_line(std::string_view text) {
  return one_line(text, kLongestMessage);
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(), [](char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character | 0x20) : character;
  });
  return lowered;
}

template <std::size_t kCount>
bool has_any(std::string_view text, const std::array<std::string_view, kCount>& words) {
  return std::ranges::any_of(words, [text](std::string_view word) { return text.contains(word); });
}

std::optional<json::value> parse_object(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) return std::nullopt;
  return value;
}

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

std::optional<std::int64_t> read_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

/// False where there is no code in it.
bool read_code(const json::object& object, std::string_view name, ServiceAnswer& answer) {
  const json::value* code = object.if_contains(name);
  if (code == nullptr || code->is_null()) return false;
  if (const json::string* text = code->if_string()) {
    answer.code_text = short_line(view(*text));
    std::string_view digits = view(*text);
    if (digits.starts_with(kUniPushPrefix)) digits.remove_prefix(kUniPushPrefix.size());
    answer.code = read_integer(digits);
  } else {
    answer.code_text = short_line(json::serialize(*code));
    if (const std::int64_t* number = code->if_int64()) answer.code = *number;
  }
  answer.succeeded = answer.code == 0;
  return true;
}

void read_devices(const json::value& data, std::string_view task_id, int depth, ServiceAnswer& answer) {
  const json::object* object = data.if_object();
  if (object == nullptr || depth == 0) return;
  for (const auto& member : *object) {
    const std::string_view name(member.key().data(), member.key().size());
    if (const json::string* status = member.value().if_string(); status != nullptr && !task_id.empty()) {
      answer.devices.insert_or_assign(std::string(name), DeviceResult{std::string(task_id), short_line(view(*status))});
    } else {
      read_devices(member.value(), task_id.empty() ? name : task_id, depth - 1, answer);
    }
  }
}

std::optional<ServiceAnswer> read_answer(const json::object& object, std::string_view code_name,
                                         std::string_view message_name) {
  ServiceAnswer answer;
  if (!read_code(object, code_name, answer)) return std::nullopt;
  if (const json::value* message = object.if_contains(message_name); message != nullptr && message->is_string()) {
    answer.message = short_line(view(message->get_string()));
  }
  if (const json::value* data = object.if_contains("data")) read_devices(*data, "", kDeepestDevice, answer);
  return answer;
}

/// What a function answered, where its HTTP answer was packed into JSON.
std::optional<json::value> unpack(const json::object& packed) {
  const json::value* body = packed.if_contains("body");
  if (body == nullptr) return std::nullopt;
  if (body->is_object()) return *body;
  const json::string* text = body->if_string();
  return text == nullptr ? std::nullopt : parse_object(view(*text));
}

bool is_success_status(const json::value* status) {
  return status == nullptr || (status->is_int64() && class_of_status(static_cast<int>(std::clamp<std::int64_t>(
                                                         status->get_int64(), 0, 999))) == ErrorClass::kNone);
}

/// What messages say where no code does. The words are those that Getui, uni-push and functions built on them use.
ErrorClass class_of_message(std::string_view message) {
  constexpr std::array<std::string_view, 14> kTargets{"target user is invalid",
                                                      "target is null",
                                                      "targetlistisnull",
                                                      "tokenmd5nousers",
                                                      "cid is invalid",
                                                      "invalid cid",
                                                      "cid not exist",
                                                      "cid does not exist",
                                                      "cid not found",
                                                      "push_clientid is invalid",
                                                      "cid无效",
                                                      "cid不存在",
                                                      "cid错误",
                                                      "无效的cid"};
  constexpr std::array<std::string_view, 9> kFrequencies{
      "too frequent", "too many", "rate limit", "frequency", "throttl", "over limit per", "频繁", "频率", "次数超限"};
  constexpr std::array<std::string_view, 5> kCredentials{"token", "sign", "unauthorized", "鉴权", "权限"};
  constexpr std::array<std::string_view, 13> kRefusals{"invalid", "error",  "wrong",        "expire",   "mismatch",
                                                       "illegal", "denied", "unauthorized", "required", "错误",
                                                       "无效",    "失效",   "过期"};
  const std::string text = lower(message);
  if (has_any(text, kTargets)) return ErrorClass::kPushTargetInvalid;
  if (has_any(text, kFrequencies)) return ErrorClass::kPushThrottled;
  if (has_any(text, kCredentials) && has_any(text, kRefusals)) return ErrorClass::kPushUnauthorized;
  return ErrorClass::kPushFailed;
}

std::string explain(const ServiceAnswer& answer) {
  return answer.message.empty()
             ? fmt::format("the push service answered with code {}", answer.code_text)
             : fmt::format("the push service answered with code {}: {}", answer.code_text, answer.message);
}

/// Whether its data are results of devices, and not something of the function's own.
bool names_a_device(const ServiceAnswer& answer) {
  return std::ranges::any_of(answer.devices,
                             [](const auto& device) { return device.second.status.starts_with("successed_"); });
}

bool is_success(int status) {
  return class_of_status(status) == ErrorClass::kNone;
}

}  // namespace

std::optional<ServiceAnswer> read_uni_push_answer(std::string_view body) {
  const auto document = parse_object(body);
  if (!document) return std::nullopt;
  const json::object& object = document->get_object();
  if (object.contains("errCode")) return read_answer(object, "errCode", "errMsg");
  const auto unpacked = unpack(object);
  if (!unpacked) return std::nullopt;
  auto answer = read_answer(unpacked->get_object(), "errCode", "errMsg");
  const json::value* status = object.if_contains("statusCode");
  if (answer && answer->succeeded && !is_success_status(status)) {
    answer->succeeded = false;
    answer->code.reset();
    answer->code_text = "statusCode " + short_line(json::serialize(*status));
  }
  return answer;
}

std::optional<ServiceAnswer> read_getui_answer(std::string_view body) {
  const auto document = parse_object(body);
  if (!document) return std::nullopt;
  return read_answer(document->get_object(), "code", "msg");
}

ErrorClass class_of_failure(const ServiceAnswer& answer) {
  switch (const std::int64_t code = answer.code.value_or(-1)) {
    case 10001:
    case 10002:
    case 10004:
      return ErrorClass::kPushUnauthorized;
    case 10003:
    case 10005:
      return ErrorClass::kPushThrottled;
    default:
      if (code >= 30000 && code <= 39999) return ErrorClass::kPushThrottled;
      if (code < 20000 || code > 29999) return class_of_message(answer.message);
  }
  // A parameter. What the contract does not allow comes under the same code, and is for an operator to mend.
  if (lower(answer.message).contains("permission required")) return ErrorClass::kPushUnauthorized;
  const bool target = class_of_message(answer.message) == ErrorClass::kPushTargetInvalid;
  return target ? ErrorClass::kPushTargetInvalid : ErrorClass::kPushRefused;
}

void judge_device(AttemptOutcome& outcome, const DeviceResult& result) {
  if (result.status == "successed_online" || result.status == "successed_offline") {
    outcome.error_class = ErrorClass::kNone;
    outcome.error_message.clear();
  } else if (result.status == "successed_ignore") {
    outcome.error_class = ErrorClass::kPushIgnored;
    outcome.error_message =
        "successed_ignore: the device has been inactive for 90 days, the service does not send to it";
  } else {
    outcome.error_class = class_of_message(result.status);
    outcome.error_message = fmt::format("the push service says '{}' of the device", result.status);
  }
}

void judge(AttemptOutcome& outcome, const std::optional<ServiceAnswer>& answer, std::string_view cid,
           DeviceNaming naming) {
  if (outcome.response_status == 0) return;  // nothing was answered
  const bool success_status = is_success(outcome.response_status);
  if (!answer) {
    if (!success_status) return;
    outcome.error_class = ErrorClass::kPushFailed;
    outcome.error_message =
        "the answer is none of a push service: a JSON object with errCode (uni-push) or code (Getui) is expected; the "
        "response on record shows what came";
    return;
  }
  if (!answer->succeeded) {
    const ErrorClass said = class_of_failure(*answer);
    if (success_status || said != ErrorClass::kPushFailed) outcome.error_class = said;
    outcome.error_message = explain(*answer);
    const bool daily = answer->code == kDailyQuota || answer->code == kDailyListQuota;
    if (daily && outcome.retry_after.empty()) outcome.retry_after = kQuotaPause;
    return;
  }
  if (!success_status) return;
  if (const auto device = answer->devices.find(std::string(cid)); device != answer->devices.end()) {
    return judge_device(outcome, device->second);
  }
  if (naming == DeviceNaming::kOptional && !names_a_device(*answer)) return;
  outcome.error_class = ErrorClass::kPushFailed;
  outcome.error_message =
      "the push service reports success and does not name this device: nothing says that it was sent";
}

}  // namespace yizhan::push
