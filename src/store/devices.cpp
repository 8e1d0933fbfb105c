// ExpressTables: registrations.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/express_tables.h"
#include "store/field_check.h"
#include "store/notification_rows.h"
#include "store/page_end.h"

namespace yizhan::store {
namespace {

constexpr std::string_view kDeviceColumns =
    "id, appid, cid, user_id, merchant_id, platform, is_active, inactive_reason, last_seen_at, created_at, updated_at";

Device read_device(const SqlRow& row) {
  Device device;
  device.id = text_of(row, 0);
  device.appid = text_of(row, 1);
  device.cid = text_of(row, 2);
  device.user_id = text_of(row, 3);
  device.merchant_id = text_of(row, 4);
  device.platform = text_of(row, 5);
  device.is_active = row.integer(6) != 0;
  device.inactive_reason = text_of(row, 7);
  device.last_seen_at = row.time(8);
  device.created_at = row.time(9);
  device.updated_at = row.time(10);
  return device;
}

std::optional<Error> refusal(const DeviceRegistration& registration) {
  if (auto refused = refuse_text("appid", registration.appid, 1, 64)) return refused;
  if (auto refused = refuse_text("cid", registration.cid, 1, 128)) return refused;
  if (registration.appid.find('\n') != std::string::npos) {
    return Error{"value_refused", "appid holds a line end; send it without"};
  }
  if (auto refused = refuse_text("user_id", registration.user_id, 0, 255)) return refused;
  if (auto refused = refuse_text("merchant_id", registration.merchant_id, 0, 255)) return refused;
  return refuse_text("platform", registration.platform, 0, 64);
}

/// A notification that waits for a device, and the newer one about the same parcel, if there is one.
struct Waiting {
  std::string id;
  std::int64_t targets = 0;  ///< whom it failed to reach before
  std::string overtaken_by;
};

void send_wake(Session& session, const std::vector<Waiting>& waiting, UtcTime now) {
  static constexpr std::array<SessionColumn, 2> kWoken{{{"id"}, {"at", SessionColumn::Type::kTime}}};
  static constexpr std::array<SessionColumn, 4> kOvertaken{
      {{"id"}, {"status"}, {"reason"}, {"at", SessionColumn::Type::kTime}}};
  std::vector<std::vector<SessionValue>> woken;
  std::vector<std::vector<SessionValue>> overtaken;
  for (const Waiting& each : waiting) {
    if (each.overtaken_by.empty()) {
      woken.push_back({each.id, now});
    } else {
      overtaken.push_back(
          {each.id, std::string(send_status_without_device(each.targets)), overtaken_error(each.overtaken_by), now});
    }
  }
  session.send_each(
      "UPDATE express_notifications SET next_attempt_at = each.at, updated_at = each.at FROM {each} "
      "WHERE express_notifications.id = each.id {postgres|AND express_notifications.id = ANY ($1)}",
      kWoken, woken);
  session.send_each(
      "UPDATE express_notifications SET send_status = each.status, last_error = each.reason, next_attempt_at = NULL, "
      "waits_until = NULL, updated_at = each.at FROM {each} WHERE express_notifications.id = each.id "
      "{postgres|AND express_notifications.id = ANY ($1)}",
      kOvertaken, overtaken);
  // The node that fans out may be another one: kFanOutNews.
  if (!woken.empty()) session.send("{postgres|SELECT pg_notify('yizhan_outbox', '2')}", {});
}

}  // namespace

Result<RegisteredDevice> ExpressTables::register_device(const DeviceRegistration& registration, UtcTime now) {
  if (auto refused = refusal(registration)) return std::unexpected(std::move(*refused));
  static const std::string kFind =
      fmt::format("SELECT {} FROM push_devices WHERE appid = $1 AND cid = $2", kDeviceColumns);
  // Of those that wait alone: a recipient may have a long history.
  // What fan_out() holds just now, it sends by itself: it looks for devices under the recipient's lock.
  static const std::string kFindWaiting = fmt::format(
      "SELECT n.id, n.targets, {} FROM express_notifications AS n {{sqlite|INDEXED BY express_notifications_waiting}} "
      "WHERE n.recipient_id = $1 AND n.aud = $2 "
      "AND n.waits_until IS NOT NULL AND n.send_status IS NULL AND coalesce(n.appid, '') IN ('', $3) "
      "ORDER BY n.id {{postgres|FOR UPDATE OF n SKIP LOCKED}}",
      kOvertakenBy);
  RegisteredDevice registered;
  const auto done = transact("register_device.before_commit", [&](Session& session) -> Result<void> {
    const std::string id = ids_.make(now);
    session.send(
        "INSERT INTO push_devices (id, appid, cid, user_id, merchant_id, platform, is_active, last_seen_at, "
        "created_at, "
        "updated_at) VALUES ($1, $2, $3, nullif($4, ''), nullif($5, ''), nullif($6, ''), true, $7, $7, $7) "
        "ON CONFLICT (appid, cid) DO UPDATE SET user_id = coalesce(excluded.user_id, push_devices.user_id), "
        "merchant_id = coalesce(excluded.merchant_id, push_devices.merchant_id), "
        "platform = coalesce(excluded.platform, push_devices.platform), is_active = true, inactive_reason = NULL, "
        "last_seen_at = excluded.last_seen_at, updated_at = excluded.updated_at",
        {id, registration.appid, registration.cid, registration.user_id, registration.merchant_id,
         registration.platform, now});
    session.send(kFind, {registration.appid, registration.cid},
                 [&](const SqlRow& row) { registered.device = read_device(row); });
    if (auto finished = session.finish(); !finished) return finished;
    registered.existed = registered.device.id != id;

    std::vector<Waiting> waiting;
    const auto find = [&](Audience audience, const std::string& recipient) {
      if (recipient.empty()) return;
      session.send(kFindWaiting, {recipient, std::string(to_string(audience)), registration.appid},
                   [&](const SqlRow& row) { waiting.push_back({text_of(row, 0), row.integer(1), text_of(row, 2)}); });
    };
    send_recipient_locks(session, {registered.device.user_id, registered.device.merchant_id});
    find(Audience::kUser, registered.device.user_id);
    find(Audience::kMerchant, registered.device.merchant_id);
    if (auto finished = session.finish(); !finished) return finished;
    send_wake(session, waiting, now);
    registered.notifications_woken =
        static_cast<int>(std::ranges::count_if(waiting, [](const Waiting& each) { return each.overtaken_by.empty(); }));
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return registered;
}

Result<bool> ExpressTables::unregister_device(std::string_view appid, std::string_view cid, std::string_view reason,
                                              UtcTime now) {
  bool found = false;
  const auto done = transact("unregister_device.before_commit", [&](Session& session) -> Result<void> {
    session.send(
        "UPDATE push_devices SET is_active = false, inactive_reason = nullif($3, ''), updated_at = $4 "
        "WHERE appid = $1 AND cid = $2",
        {std::string(appid), std::string(cid), std::string(reason), now});
    if (auto finished = session.finish(); !finished) return finished;
    found = session.changed() > 0;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return found;
}

Result<Rows<Device>> ExpressTables::list_devices(const DeviceSelection& selection, const Page& page) {
  std::string text = fmt::format("SELECT {} FROM push_devices WHERE 1 = 1", kDeviceColumns);
  std::vector<SessionValue> parameters;
  const auto require = [&](std::string_view column, const std::string& value) {
    if (value.empty()) return;
    parameters.emplace_back(value);
    text += fmt::format(" AND {} = ${}", column, parameters.size());
  };
  require("appid", selection.appid);
  require("cid", selection.cid);
  require("user_id", selection.user_id);
  require("merchant_id", selection.merchant_id);
  if (selection.active) text += *selection.active ? " AND is_active" : " AND NOT is_active";
  const bool few = !selection.cid.empty() || !selection.user_id.empty() || !selection.merchant_id.empty();
  const std::string_view direction = page.oldest_first ? "ASC" : "DESC";
  parameters.emplace_back(std::int64_t{page.limit} + 1);
  parameters.emplace_back(page.after);
  text += fmt::format(" ORDER BY {0}id {1} LIMIT ${2} OFFSET ${3}",
                      few ? fmt::format("last_seen_at {}, ", direction) : std::string(), direction,
                      parameters.size() - 1, parameters.size());
  Rows<Device> listed;
  const auto done = look([&](Session& session) -> Result<void> {
    session.send(text, parameters, [&](const SqlRow& row) { listed.rows.push_back(read_device(row)); });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  end_page_at_offset(listed, page);
  return listed;
}

}  // namespace yizhan::store
