// Rows of `express_notifications`: as they are read, as new ones are written, and the part that changes afterwards.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/session.h"
#include "store/store.h"

namespace yizhan::store {

/// What becomes of a notification. Read and written while its row is locked.
struct NotificationState {
  std::string id;
  std::string send_status;  ///< empty for NULL
  std::string last_error;
  std::int64_t targets = 0;
  std::int64_t delivered = 0;
  std::int64_t failed = 0;
  std::int64_t retrying = 0;  ///< outstanding ones that have failed before
  std::optional<UtcTime> next_attempt_at;
  std::optional<UtcTime> waits_until;
  std::string fanned_out_to;  ///< appid, line end and cid; empty: no fan-out is in progress

  std::int64_t outstanding() const { return targets - delivered - failed; }
  /// There is something to fan out, and somebody wrote a status that says that there is not.
  bool closed_by_hand() const {
    return next_attempt_at && !send_status.empty() && send_status != "processing" && send_status != "retrying";
  }
};

/// The state's columns of `n`, in the order that read_state() takes them in, from column `first` on.
inline constexpr std::string_view kStateColumns =
    "n.id, n.send_status, n.last_error, n.targets, n.delivered, n.failed, n.retrying, n.next_attempt_at, "
    "n.waits_until, n.fanned_out_to";
inline constexpr int kStateColumnCount = 10;
NotificationState read_state(const SqlRow& row, int first);
/// Writes them back; their rows are locked.
void send_states(Session& session, const std::vector<NotificationState>& states, UtcTime now);

/// The other columns of `n`: what is to be shown, to whom, and created_at, updated_at.
inline constexpr std::string_view kContentColumns =
    "n.message_id, n.aud, n.recipient_id, n.appid, n.title, n.body, n.content, n.event_text_safe, n.status_code, "
    "n.tracking_no, n.order_id, n.tracking_event_id, n.event_time, n.payload, n.created_at, n.updated_at";
inline constexpr int kAudienceColumn = 1;  ///< of them
struct NotificationContent {
  NewNotification notification;  ///< an audience that there is not reads as kUser
  UtcTime created_at{};
  UtcTime updated_at{};
};
NotificationContent read_content(const SqlRow& row, int first);

/// Of a notification that cannot be stored: `value_refused`, naming the field.
std::optional<Error> refusal(const NewNotification& notification);
/// Adds them, due at `now`, each under the id beside it. One whose message_id is there keeps its row, and its texts
/// are changed unless it was fanned out. In an order that is the same for everybody, so that two who add the same wait
/// for each other and do not end in a deadlock.
void send_notifications(Session& session, std::vector<std::pair<std::string, NewNotification>> notifications,
                        UtcTime now);

/// An expression: the message_id of the newest notification about the same parcel, for the same recipient, that is
/// newer than `n`; NULL when `n` is the newest or is not about a parcel.
inline constexpr std::string_view kOvertakenBy =
    "(SELECT coalesce(m.message_id, m.id) FROM express_notifications AS m "
    "WHERE m.recipient_id = n.recipient_id AND m.tracking_no = n.tracking_no AND m.tracking_no <> '' AND m.aud = n.aud "
    "AND (coalesce(m.event_time, m.created_at), m.created_at, m.id) > "
    "(coalesce(n.event_time, n.created_at), n.created_at, n.id) "
    "ORDER BY coalesce(m.event_time, m.created_at) DESC, m.created_at DESC, m.id DESC LIMIT 1)";
/// Until the transaction ends, nobody else finds, or does not find, devices of these recipients and acts on it: a
/// device that registers while a notification is being put to wait for it is not missed. Empty ones are left out.
void send_recipient_locks(Session& session, const std::vector<std::string>& recipients);

/// What last_error says of one that was overtaken.
std::string overtaken_error(std::string_view by_message_id);

}  // namespace yizhan::store
