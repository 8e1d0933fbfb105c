#include "doctor/notify_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/readable.h"

namespace yizhan::doctor {
namespace {

struct NotifyReading {
  std::string_view code;  ///< of notify/: what last_error begins with
  Symptom symptom;
  std::string_view mend;
};
constexpr std::array kNotifyReadings{
    NotifyReading{
        "order_hidden_by_rls", symptom("order_hidden_by_rls"),
        "NOTIFY_WORKER_SUPA_USE_BEARER=true with a service_role key, or NOTIFY_WORKER_USE_RLS_SAFE_RPC=true with "
        "NOTIFY_WORKER_RPC_TOKEN; do not leave row-level security off"},
    NotifyReading{
        "jwt_not_decoded", symptom("jwt_not_decoded"),
        "'yizhan keys verify KEY' with PostgREST's secret says whether they match, 'yizhan keys generate' makes a "
        "pair that does; restart PostgREST after a change"},
    NotifyReading{"supa_key_refused", symptom("jwt_not_decoded"), "give SUPA_KEY the key that the gateway has"},
    NotifyReading{"jwt_expired", symptom("jwt_expired"), "yizhan keys generate --secret-file FILE, then set SUPA_KEY"},
    NotifyReading{"schema_cache_unavailable", symptom("postgrest_unwell"),
                  "mend the database behind PostgREST (is it up, is its disk full?); the rows go on by themselves"},
    NotifyReading{"database_overloaded", symptom("postgrest_unwell"),
                  "give the database behind PostgREST connections, memory or disk; the rows go on by themselves"},
    NotifyReading{"postgrest_unavailable", symptom("postgrest_unwell"),
                  "start PostgREST, or correct SUPA_URL; the rows go on by themselves"},
    NotifyReading{
        "on_conflict_unmatched", symptom("on_conflict_unmatched"),
        "there: DROP INDEX ux_express_notifications_message_id; CREATE UNIQUE INDEX "
        "ux_express_notifications_message_id ON express_notifications (message_id); in this store: 'yizhan migrate'"},
    NotifyReading{
        "order_not_found", symptom("order_not_found"),
        "add the order to ml_orders, or set SUPA_URL to the service that has it; then set process_status to NULL"},
    NotifyReading{"order_missing", symptom("order_not_found"),
                  "yizhan waybills put TRACKING_NO --order ID; then set process_status to NULL"},
    NotifyReading{"waybill_unknown", symptom("order_not_found"),
                  "yizhan waybills put TRACKING_NO --order ID; then set process_status to NULL"},
};
/// Nobody is to be told, as it is meant to be.
constexpr std::string_view kNothingWrong = "state_silent";

const NotifyReading* reading_of(std::string_view code) {
  const auto known = std::ranges::find(kNotifyReadings, code, &NotifyReading::code);
  return known == kNotifyReadings.end() ? nullptr : &*known;
}

std::string how(const store::NotifyCause& cause) {
  if (cause.status.empty()) return "put off";
  return cause.status;
}

Finding of_cause(const store::NotifyCause& cause, UtcTime now) {
  const NotifyReading* reading = reading_of(cause.code);
  const bool ended = !cause.status.empty();
  const std::string when =
      ended ? relative_time(cause.newest_at, now) : "tried again " + relative_time(cause.newest_at, now);
  const std::string evidence = fmt::format("{} of notify_queue {}. {}, {}: {}", counted(cause.count, "row", "rows"),
                                           how(cause), cause.example_id, when, cause.example_error);
  if (reading != nullptr) return found(reading->symptom, cause.code, evidence, std::string(reading->mend));
  const std::string again = ended ? "; then set process_status to NULL" : "; it is tried again by itself";
  return found(symptom("notify_failed"), cause.code, evidence, "mend what the error says" + again);
}

}  // namespace

std::vector<Finding> judge_queue(const store::NotifyQueueState& queue, UtcTime now) {
  std::vector<Finding> findings;
  for (const store::NotifyCause& cause : queue.causes) {
    if (cause.code != kNothingWrong) findings.push_back(of_cause(cause, now));
  }
  if (queue.oldest_due_at && now - *queue.oldest_due_at > kQueueStands) {
    findings.push_back(
        found(symptom("notify_stands_still"), "notify_queue",
              fmt::format("A row is due {}, and nobody has looked at it.", relative_time(*queue.oldest_due_at, now)),
              "start a service with the role push: 'yizhan up', 'yizhan serve --roles push'"));
  }
  return findings;
}

std::vector<Finding> judge_notifications(const store::NotificationGaps& notifications) {
  std::vector<Finding> findings;
  const auto add = [&](const Symptom& what, const store::Noticed& noticed, std::string_view says, std::string mend) {
    if (noticed.count == 0) return;
    findings.push_back(found(what, noticed.example,
                             fmt::format("{} {}; as {}.", readable_count(noticed.count), says, noticed.example),
                             std::move(mend)));
  };
  add(symptom("devices_missing"), notifications.without_device,
      "of the last notifications found no active device of their user or merchant",
      "let the app register with user_id (a merchant's app with merchant_id): POST /api/v1/push/register; 'yizhan "
      "devices list --user U' or '--merchant M' shows who is there");
  add(symptom("merchant_missing"), notifications.without_merchant,
      "of the last orders have a user and no merchant: no merchant is told",
      "set merchant_id of these rows of ml_orders");
  add(symptom("notification_empty"), notifications.without_text,
      "of the last notifications have no title, body, content or event_text_safe: phones show nothing",
      "whoever makes them must fill one of these; 'yizhan notifications show MESSAGE_ID' shows one");
  add(symptom("tracking_text_empty"), notifications.steps_without_text,
      "of the last tracking events came without words; their notifications have those of the templates",
      "nothing; [[notify_templates]] changes the words");
  return findings;
}

void check_notify(const Installation& installation, Notes& notes) {
  if (!notes.has_store(installation)) return;
  const UtcTime since = installation.now - kNotifyLookedAt;
  if (const auto queue = notes.look(store::notify_queue_state(*installation.store, since))) {
    notes.add(judge_queue(*queue, installation.now));
  }
  if (const auto notifications = notes.look(store::notification_gaps(*installation.store, since))) {
    notes.add(judge_notifications(*notifications));
  }
}

}  // namespace yizhan::doctor
