#include "store/push.h"

#include <algorithm>
#include <array>
#include <utility>

namespace yizhan::store {
namespace {

template <class Enum, std::size_t kCount>
using Names = std::array<std::pair<Enum, std::string_view>, kCount>;

constexpr Names<Audience, 3> kAudiences{
    {{Audience::kUser, "user"}, {Audience::kMerchant, "merchant"}, {Audience::kDevice, "device"}}};

constexpr Names<DeliveryOutcome, 4> kOutcomes{{{DeliveryOutcome::kOutstanding, "outstanding"},
                                               {DeliveryOutcome::kDelivered, "delivered"},
                                               {DeliveryOutcome::kIgnored, "ignored"},
                                               {DeliveryOutcome::kFailed, "failed"}}};

constexpr Names<NotifyStatus, 4> kNotifyStatuses{{{NotifyStatus::kQueued, "queued"},
                                                  {NotifyStatus::kSkipped, "skipped"},
                                                  {NotifyStatus::kFailed, "failed"},
                                                  {NotifyStatus::kPutOff, ""}}};

template <class Enum, std::size_t kCount>
std::string_view name_of(const Names<Enum, kCount>& names, Enum value) {
  const auto found = std::ranges::find(names, value, &std::pair<Enum, std::string_view>::first);
  return found == names.end() ? std::string_view() : found->second;
}

template <class Enum, std::size_t kCount>
std::optional<Enum> value_of(const Names<Enum, kCount>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name, &std::pair<Enum, std::string_view>::second);
  if (found == names.end()) return std::nullopt;
  return found->first;
}

}  // namespace

std::string_view to_string(Audience audience) {
  return name_of(kAudiences, audience);
}

std::optional<Audience> parse_audience(std::string_view text) {
  return value_of(kAudiences, text);
}

std::string_view to_string(DeliveryOutcome outcome) {
  return name_of(kOutcomes, outcome);
}

std::optional<DeliveryOutcome> parse_delivery_outcome(std::string_view text) {
  return value_of(kOutcomes, text);
}

std::string_view to_string(NotifyStatus status) {
  return name_of(kNotifyStatuses, status);
}

std::string request_id_of(std::string_view event_id) {
  std::string request_id(event_id);
  std::erase(request_id, '-');
  return request_id;
}

std::string_view send_status_of(std::int64_t targets, std::int64_t delivered, std::int64_t failed, bool tried_again) {
  if (targets == 0) return "no-targets";
  if (targets > delivered + failed) return tried_again ? "retrying" : "processing";
  return delivered > 0 ? "success" : "failed";
}

std::string_view send_status_without_device(std::int64_t targets) {
  return send_status_of(targets, 0, targets, false);
}

}  // namespace yizhan::store
