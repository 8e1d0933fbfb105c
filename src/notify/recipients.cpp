#include "notify/recipients.h"

#include <fmt/format.h>

#include <algorithm>

namespace yizhan::notify {

std::string NoRecipients::text() const {
  return fmt::format("{}: {}", code, message);
}

std::optional<NoRecipients> without_order(const store::NotifyTask& task) {
  if (!task.waybill_found && task.step.tracking_no.empty()) {
    return NoRecipients{NoRecipients::Kind::kSkip, "waybill_unknown",
                        fmt::format("There is no tracking event {} (any more).", task.tracking_event_id)};
  }
  if (!task.waybill_found) {
    return NoRecipients{NoRecipients::Kind::kSkip, "waybill_unknown",
                        fmt::format("There is no waybill {} (any more). Add it to platform_express_waybills, then set "
                                    "process_status to NULL.",
                                    task.step.tracking_no)};
  }
  if (task.order_id.empty()) {
    return NoRecipients{NoRecipients::Kind::kSkip, "order_missing",
                        fmt::format("The waybill {} names no order. Set its order_id, then set process_status to NULL.",
                                    task.step.tracking_no)};
  }
  return std::nullopt;
}

Found recipients_of(std::string_view order_id, Recipients recipients) {
  if (!recipients.user_id.empty() || !recipients.merchant_id.empty()) return recipients;
  return std::unexpected(NoRecipients{
      NoRecipients::Kind::kSkip, "order_without_recipients",
      fmt::format("The order {} has neither user_id nor merchant_id, so there is nobody to tell.", order_id)});
}

void LocalRecipients::find(const std::vector<store::NotifyTask>& tasks, std::function<void(std::vector<Found>)> done) {
  std::vector<Found> answers;
  answers.reserve(tasks.size());
  for (const store::NotifyTask& task : tasks) {
    if (auto none = without_order(task)) {
      answers.emplace_back(std::unexpected(std::move(*none)));
    } else if (!task.order_found) {
      answers.emplace_back(std::unexpected(NoRecipients{
          NoRecipients::Kind::kSkip, "order_not_found",
          fmt::format("There is no order {} in ml_orders, which the waybill {} names. Add it there, or give the "
                      "Supabase service that has it as SUPA_URL; then set process_status to NULL.",
                      task.order_id, task.step.tracking_no)}));
    } else {
      answers.push_back(recipients_of(task.order_id, {task.user_id, task.merchant_id}));
    }
  }
  done(std::move(answers));
}

}  // namespace yizhan::notify
