// ExpressTables: a notification becomes events, one a device.
//
// A notification with many devices is done page by page: `fanned_out_to` is the last device of the page before, and is
// written in the transaction that makes the page's events, so that wherever a process dies, the next call goes on from
// there. A device that has a delivery is never given a second event.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/audit.h"
#include "store/delivery_settling.h"
#include "store/device_key.h"
#include "store/express_tables.h"
#include "store/notification_rows.h"

namespace yizhan::store {
namespace {

using Type = SessionColumn::Type;

/// When what is due is in others' hands just now, and nobody will tell when they let go of it.
constexpr Milliseconds kOthersFanOut{500};

/// A device of the recipient, and the delivery that it has already.
struct Candidate {
  TargetDevice device;
  bool is_active = true;
  std::string inactive_reason;
  std::int64_t sequence = 0;  ///< of its event; 0: it has none
  std::string event_id;
  DeliveryOutcome outcome = DeliveryOutcome::kOutstanding;
  bool tried_again = false;
  bool event_exists = false;
  bool event_is_open = false;
};

struct Due {
  NotificationState state;
  NotificationContent content;
  std::string audience;      ///< as the row says
  std::string overtaken_by;  ///< of one that waited
  std::vector<Candidate> candidates;
};

struct NewDelivery {
  std::string notification_id;
  TargetDevice device;
};

const std::string& due_text() {
  static const std::string kText = fmt::format(
      "SELECT {}, {}, CASE WHEN n.waits_until IS NOT NULL THEN {} END FROM express_notifications AS n "
      "WHERE n.next_attempt_at IS NOT NULL AND n.next_attempt_at <= $1 "
      "ORDER BY n.next_attempt_at, n.id LIMIT $2 {{postgres|FOR UPDATE OF n SKIP LOCKED}}",
      kStateColumns, kContentColumns, kOvertakenBy);
  return kText;
}
constexpr int kContentColumnCount = 16;

/// One probe of an index for each device, whatever PostgreSQL knew of the tables when it made its plan (LATERAL).
/// Of devices `d`: $1 notification, $2 recipient, $3 appid or empty, $4 and $5 the device before, $6 how many.
std::string devices_text(std::string_view devices, std::string_view condition) {
  return fmt::format(
      "SELECT d.appid, d.cid, d.platform, d.is_active, d.inactive_reason, p.sequence, p.event_id, p.outcome, "
      "p.tried_again, e.sequence, s.sequence FROM {} AS d "
      "LEFT JOIN {{postgres|LATERAL (SELECT * FROM push_deliveries WHERE notification_id = $1 AND appid = d.appid AND "
      "cid = d.cid LIMIT 1) AS p ON true}}"
      "{{sqlite|push_deliveries AS p ON p.notification_id = $1 AND p.appid = d.appid AND p.cid = d.cid}} "
      "LEFT JOIN {{postgres|LATERAL (SELECT sequence FROM outbox_events WHERE sequence = p.sequence LIMIT 1) AS e ON "
      "true}}{{sqlite|outbox_events AS e ON e.sequence = p.sequence}} "
      "LEFT JOIN {{postgres|LATERAL (SELECT sequence FROM outbox_schedule WHERE sequence = p.sequence LIMIT 1) AS s ON "
      "true}}{{sqlite|outbox_schedule AS s ON s.sequence = p.sequence}} "
      "WHERE {} AND ($3 = '' OR d.appid = $3) AND (d.appid, d.cid) > ($4, $5) AND d.cid <> '' "
      "ORDER BY d.appid, d.cid LIMIT $6",
      devices, condition);
}

/// The devices with this cid; or, where none is registered, what would be one.
constexpr std::string_view kDeviceItself =
    "(SELECT appid, cid, platform, is_active, inactive_reason FROM push_devices "
    "WHERE cid = $2 AND ($3 = '' OR appid = $3) "
    "UNION ALL SELECT coalesce(nullif($3, ''), 'default'), $2, NULL, true, NULL "
    "WHERE NOT EXISTS (SELECT 1 FROM push_devices WHERE cid = $2 AND ($3 = '' OR appid = $3)))";

const std::string& devices_text(Audience audience) {
  static const std::string kUser = devices_text("push_devices", "d.user_id = $2 AND d.is_active");
  static const std::string kMerchant = devices_text("push_devices", "d.merchant_id = $2 AND d.is_active");
  static const std::string kDevice = devices_text(kDeviceItself, "d.cid = $2");
  switch (audience) {
    case Audience::kUser:
      return kUser;
    case Audience::kMerchant:
      return kMerchant;
    case Audience::kDevice:
      break;
  }
  return kDevice;
}

Candidate read_candidate(const SqlRow& row) {
  Candidate candidate;
  candidate.device = {.appid = text_of(row, 0), .cid = text_of(row, 1), .platform = text_of(row, 2)};
  candidate.is_active = row.integer(3) != 0;
  candidate.inactive_reason = text_of(row, 4);
  candidate.sequence = row.integer(5);
  candidate.event_id = text_of(row, 6);
  candidate.outcome = parse_delivery_outcome(row.bytes(7)).value_or(DeliveryOutcome::kOutstanding);
  candidate.tried_again = row.integer(8) != 0;
  candidate.event_exists = !row.null(9);
  candidate.event_is_open = !row.null(10);
  return candidate;
}

void end(NotificationState& state, std::string_view status, std::string last_error) {
  state.send_status = status;
  state.last_error = std::move(last_error);
  state.next_attempt_at.reset();
  state.waits_until.reset();
  state.fanned_out_to.clear();
}

/// As many bytes as a correlation may have, cut between characters.
std::string correlation_of(const Due& due) {
  constexpr std::size_t kLongest = 256;
  const std::string& text =
      due.content.notification.message_id.empty() ? due.state.id : due.content.notification.message_id;
  std::size_t length = std::min(text.size(), kLongest);
  while (length < text.size() && length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0U) == 0x80U) --length;
  return text.substr(0, length);
}

/// One call: what is due, and what comes of it.
class FanOutPass {
 public:
  FanOutPass(Session& session, const FanOutOptions& options, const DeliveryPayload& payload, IdMaker& ids, UtcTime now)
      : session_(session), options_(options), payload_(payload), ids_(ids), now_(now) {}

  /// Takes what is due, and finds its devices.
  Result<void> find();
  /// Decides on each.
  void decide();
  std::vector<NewEvent> take_events() { return std::move(events_); }
  /// Sends all that was decided; `sequences` are those of the events.
  void send(const std::vector<std::int64_t>& sequences);
  Result<FanOutReply> reply();

 private:
  void find_devices(Due& due);
  bool is_fanned_out(const Due& due) const;
  void decide(Due& due);
  void decide_without_devices(Due& due);
  void deliver(Due& due, const Candidate& candidate);

  Session& session_;
  const FanOutOptions& options_;
  const DeliveryPayload& payload_;
  IdMaker& ids_;
  const UtcTime now_;

  std::vector<Due> due_;
  std::int64_t page_ = 0;  ///< devices of one notification in this call
  std::vector<NewEvent> events_;
  std::vector<std::string> event_ids_;
  std::vector<NewDelivery> new_deliveries_;          ///< of the events, in order
  std::vector<std::vector<SessionValue>> replayed_;  ///< sequence, event id, now
};

bool FanOutPass::is_fanned_out(const Due& due) const {
  return !due.state.closed_by_hand() && due.overtaken_by.empty() && parse_audience(due.audience) &&
         !due.content.notification.recipient_id.empty();
}

void FanOutPass::find_devices(Due& due) {
  const auto [appid, cid] = split_device_key(due.state.fanned_out_to);
  const NewNotification& notification = due.content.notification;
  session_.send(
      devices_text(notification.audience),
      {due.state.id, notification.recipient_id, notification.appid, std::string(appid), std::string(cid), page_ + 1},
      [&due](const SqlRow& row) { due.candidates.push_back(read_candidate(row)); });
}

Result<void> FanOutPass::find() {
  session_.send(due_text(), {now_, std::int64_t{options_.notifications}}, [this](const SqlRow& row) {
    Due& due = due_.emplace_back();
    due.state = read_state(row, 0);
    due.content = read_content(row, kStateColumnCount);
    due.audience = text_of(row, kStateColumnCount + kAudienceColumn);
    due.overtaken_by = text_of(row, kStateColumnCount + kContentColumnCount);
  });
  if (auto done = session_.finish(); !done) return done;
  if (due_.empty()) return {};
  // Shared out, so that a recipient with many devices does not keep the others waiting.
  page_ = std::max<std::int64_t>(1, options_.devices / static_cast<std::int64_t>(due_.size()));
  for (Due& due : due_) {
    if (is_fanned_out(due)) find_devices(due);
  }
  if (auto done = session_.finish(); !done) return done;

  // Whoever is about to wait looks once more, when no device can be registering at the same moment.
  std::vector<std::string> recipients;
  std::vector<Due*> without;
  for (Due& due : due_) {
    if (!is_fanned_out(due) || !due.candidates.empty() || !due.state.fanned_out_to.empty()) continue;
    if (due.content.notification.audience == Audience::kDevice) continue;
    without.push_back(&due);
    recipients.push_back(due.content.notification.recipient_id);
  }
  if (without.empty()) return {};
  send_recipient_locks(session_, recipients);
  for (Due* due : without) find_devices(*due);
  return session_.finish();
}

void FanOutPass::decide() {
  for (Due& due : due_) decide(due);
}

void FanOutPass::decide(Due& due) {
  NotificationState& state = due.state;
  if (state.closed_by_hand()) return end(state, std::string(state.send_status), state.last_error);
  if (!due.overtaken_by.empty())
    return end(state, send_status_without_device(state.targets), overtaken_error(due.overtaken_by));
  const NewNotification& notification = due.content.notification;
  if (!parse_audience(due.audience)) {
    return end(state, "failed", fmt::format("aud is {:?}; it has to be user, merchant or device", due.audience));
  }
  if (notification.recipient_id.empty()) return end(state, "failed", "recipient_id is empty; it has to say for whom");
  const bool is_continued = !state.fanned_out_to.empty();
  const bool has_more = due.candidates.size() > static_cast<std::size_t>(page_);
  if (has_more) due.candidates.resize(static_cast<std::size_t>(page_));
  const bool any_active = std::ranges::any_of(due.candidates, &Candidate::is_active);
  if (!is_continued && !any_active && state.outstanding() == 0 && state.delivered == 0) {
    return decide_without_devices(due);
  }

  for (const Candidate& candidate : due.candidates) {
    if (candidate.is_active) deliver(due, candidate);
  }
  state.waits_until.reset();
  if (has_more) {
    const TargetDevice& last = due.candidates.back().device;
    state.fanned_out_to = device_key(last.appid, last.cid);
    state.next_attempt_at = now_;
  } else {
    state.fanned_out_to.clear();
    state.next_attempt_at.reset();
  }
  if (state.failed == 0) state.last_error.clear();
  update_send_status(state);
}

void FanOutPass::decide_without_devices(Due& due) {
  NotificationState& state = due.state;
  const NewNotification& notification = due.content.notification;
  const std::string_view over = send_status_without_device(state.targets);
  if (notification.audience == Audience::kDevice && !due.candidates.empty()) {
    const Candidate& device = due.candidates.front();
    return end(state, over,
               fmt::format("the device {} (appid {}) is not active{}{}", device.device.cid, device.device.appid,
                           device.inactive_reason.empty() ? "" : ": ", device.inactive_reason));
  }
  const std::string none = fmt::format("no active devices for {} {}", due.audience, notification.recipient_id);
  const UtcTime until = due.content.created_at + options_.wait_for_device;
  if (now_ < until) {
    state.waits_until = until;
    state.next_attempt_at = until;
    state.last_error = fmt::format("{}; waits until {}", none, to_rfc3339(until));
  } else if (options_.wait_for_device == Seconds{0}) {
    end(state, over, none);
  } else {
    end(state, over, fmt::format("{} (waited until {})", none, to_rfc3339(until)));
  }
}

void FanOutPass::deliver(Due& due, const Candidate& candidate) {
  NotificationState& state = due.state;
  const bool has_delivery = candidate.sequence != 0;
  if (has_delivery && candidate.event_exists) {
    // An outstanding one whose event somebody closed by hand would stay so for ever.
    if (candidate.outcome == DeliveryOutcome::kDelivered) return;
    if (candidate.outcome == DeliveryOutcome::kOutstanding && candidate.event_is_open) return;
    replayed_.push_back({candidate.sequence, candidate.event_id, now_});
    count_delivery(state, candidate.outcome, candidate.tried_again, -1);
    count_delivery(state, DeliveryOutcome::kOutstanding, true, 1);
    return;
  }
  if (has_delivery) {
    // Its event was deleted. What it was is gone; it counts as a new one.
    if (candidate.outcome == DeliveryOutcome::kDelivered) return;
    count_delivery(state, candidate.outcome, candidate.tried_again, -1);
  } else {
    ++state.targets;
  }
  NewEvent made;
  made.event.id = ids_.make(now_);
  made.event.platform = kPushPlatform;
  made.event.event_type = kPushEventType;
  made.event.correlation = correlation_of(due);
  made.event.created_at = now_;
  made.first_attempt_at = now_;
  made.endpoint_key = options_.endpoint_key;
  const DueNotification notification{
      .id = state.id, .notification = due.content.notification, .created_at = due.content.created_at};
  made.event.payload = payload_(notification, candidate.device, made.event.id);
  event_ids_.push_back(made.event.id);
  events_.push_back(std::move(made));
  new_deliveries_.push_back({state.id, candidate.device});
}

void FanOutPass::send(const std::vector<std::int64_t>& sequences) {
  static constexpr std::array<SessionColumn, 6> kDeliveries{
      {{"notification_id"}, {"appid"}, {"cid"}, {"sequence", Type::kInteger}, {"event_id"}, {"at", Type::kTime}}};
  static constexpr std::array<SessionColumn, 3> kReplayed{
      {{"sequence", Type::kInteger}, {"event_id"}, {"at", Type::kTime}}};
  std::vector<std::vector<SessionValue>> deliveries;
  for (std::size_t i = 0; i < new_deliveries_.size(); ++i) {
    const NewDelivery& made = new_deliveries_[i];
    deliveries.push_back({made.notification_id, made.device.appid, made.device.cid, sequences[i], event_ids_[i], now_});
  }
  session_.send_each(
      "INSERT INTO push_deliveries (notification_id, appid, cid, sequence, event_id, updated_at) "
      "SELECT notification_id, appid, cid, sequence, event_id, at FROM {each} WHERE true "
      "ON CONFLICT (notification_id, appid, cid) DO UPDATE SET sequence = excluded.sequence, "
      "event_id = excluded.event_id, outcome = 'outstanding', tried_again = false, last_error = NULL, "
      "updated_at = excluded.updated_at",
      kDeliveries, deliveries);
  if (!replayed_.empty()) session_.send(kServiceChangeBegins, {});
  // Through what replays an event anywhere else; whatever became of it, somebody wants it to go out.
  session_.send_each(
      "{postgres|SELECT outbox_replay(array_agg(sequence), ARRAY['retrying', 'delivered', 'dead_letter', 'discarded'], "
      "max(at)) FROM unnest($1, $2, $3) AS each (sequence, event_id, at)}"
      "{sqlite|UPDATE cs_platform_event_outbox SET status = 'pending', next_attempt_at = $3, last_error = NULL, "
      "updated_at = $3 WHERE id = $2}",
      kReplayed, replayed_);
  session_.send_each("{sqlite|DELETE FROM cs_platform_event_dead_letters WHERE event_id = $2}", kReplayed, replayed_);
  if (!replayed_.empty()) session_.send(kServiceChangeEnds, {});
  session_.send_each(
      "UPDATE push_deliveries SET outcome = 'outstanding', tried_again = true, updated_at = each.at FROM {each} "
      "WHERE push_deliveries.sequence = each.sequence {postgres|AND push_deliveries.sequence = ANY ($1)}",
      kReplayed, replayed_);
  std::vector<NotificationState> states;
  for (const Due& due : due_) states.push_back(due.state);
  send_states(session_, states, now_);
}

Result<FanOutReply> FanOutPass::reply() {
  FanOutReply reply{.notifications = static_cast<int>(due_.size()),
                    .deliveries = static_cast<int>(new_deliveries_.size() + replayed_.size())};
  session_.send(
      "SELECT next_attempt_at FROM express_notifications WHERE next_attempt_at IS NOT NULL "
      "ORDER BY next_attempt_at, id LIMIT 1",
      {}, [&](const SqlRow& row) { reply.next_available_at = row.time(0); });
  if (auto done = session_.finish(); !done) return std::unexpected(done.error());
  const bool is_due = reply.next_available_at && *reply.next_available_at <= now_;
  reply.more = is_due && !due_.empty();
  if (is_due && due_.empty()) reply.next_available_at = now_ + kOthersFanOut;
  return reply;
}

}  // namespace

Result<FanOutReply> ExpressTables::fan_out(const FanOutOptions& options, const DeliveryPayload& payload, UtcTime now) {
  FanOutReply reply;
  const auto done = transact("fan_out.before_commit", [&](Session& session) -> Result<void> {
    FanOutPass pass(session, options, payload, ids_, now);
    if (auto found = pass.find(); !found) return found;
    pass.decide();
    std::vector<std::int64_t> sequences;
    if (auto events = pass.take_events(); !events.empty()) {
      auto stored = store_events(session, std::move(events), now);
      if (!stored) return std::unexpected(stored.error());
      sequences = std::move(*stored);
    }
    pass.send(sequences);
    auto made = pass.reply();
    if (!made) return std::unexpected(made.error());
    reply = *made;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return reply;
}

}  // namespace yizhan::store
