// How a trace is told: each thing's moments, and what is left to do.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "api/order_json.h"
#include "cli/callback_advice.h"
#include "cli/readable.h"
#include "cli/trace_story.h"

namespace yizhan::cli {
namespace {

std::string named(std::string_view name, std::string_view value) {
  return value.empty() ? std::string() : fmt::format(", {} {}", name, value);
}

Moment moment_of(const store::CallbackView& view) {
  const store::InboundCallback& callback = view.callback;
  Moment moment{.at = callback.received_at, .mark = "▶", .style = Style::kGood, .what = "received", .detail = {}};
  std::string verdict(store::to_string(view.verdict));
  if (view.verdict == store::Verdict::kRejected) {
    moment.mark = "✗";
    moment.style = Style::kBad;
  } else if (view.verdict == store::Verdict::kDuplicate) {
    moment.style = Style::kFaint;
  }
  if (!callback.reason.empty()) verdict += fmt::format(" ({})", callback.reason);
  const std::string effect =
      view.effect == store::EffectResult::kNone ? std::string() : named("effect", store::to_string(view.effect));
  const std::string repeats = view.first_id ? fmt::format(", repeats callback {}", *view.first_id) : std::string();
  moment.detail = fmt::format("callback {} from {}, {}: {}{}{}; answered {} to {}", view.id, callback.source,
                              callback.event_type.empty() ? "type unknown" : callback.event_type, verdict, repeats,
                              effect, view.answer_status, callback.peer);
  return moment;
}

void add_moments(std::vector<Moment>& moments, const store::PayOrder& order) {
  moments.push_back(
      {.at = order.created_at,
       .mark = "●",
       .style = Style::kStrong,
       .what = "order",
       .detail = fmt::format("{}: {} {} asked for", order.out_trade_no, order.total_fee, order.currency)});
  if (order.paid_at) {
    moments.push_back(
        {.at = *order.paid_at,
         .mark = "✓",
         .style = Style::kGood,
         .what = "paid",
         .detail = fmt::format("{} through {}{}; now {}", order.out_trade_no, order.provider,
                               named("transaction", order.transaction_id), api::order_state(order.status))});
  }
}

void add_moments(std::vector<Moment>& moments, const store::WaybillView& parcel) {
  for (const store::TrackingEvent& event : parcel.events) {
    moments.push_back(
        {.at = event.created_at,
         .mark = "■",
         .style = event.late ? Style::kFaint : Style::kPlain,
         .what = "parcel",
         .detail = fmt::format("{} {} at {} UTC{}{}{}", parcel.waybill.tracking_no, event.step.status_code,
                               readable_time(event.step.event_time), event.late ? ", late: nobody is told" : "",
                               event.step.location.empty() ? "" : ", " + event.step.location,
                               event.step.event_text.empty() ? "" : ": " + event.step.event_text)});
  }
}

std::string_view status_words(const store::NotificationView& view) {
  return view.send_status.empty() ? "waiting" : std::string_view(view.send_status);
}

Style style_of_status(std::string_view send_status) {
  if (send_status == "success") return Style::kGood;
  if (send_status == "failed" || send_status == "no-targets") return Style::kBad;
  return Style::kStrong;
}

void add_moments(std::vector<Moment>& moments, const TracedNotification& notification) {
  const store::NotificationView& view = notification.view;
  moments.push_back({.at = view.created_at,
                     .mark = "●",
                     .style = Style::kStrong,
                     .what = "notification",
                     .detail = fmt::format("{} for {} {}: {}", view.notification.message_id,
                                           store::to_string(view.notification.audience), view.notification.recipient_id,
                                           view.notification.title.empty() ? view.notification.event_text_safe
                                                                           : view.notification.title)});
  if (view.targets > 0 || !view.send_status.empty()) {
    moments.push_back(
        {.at = view.updated_at,
         .mark = view.send_status == "success" ? "✓" : "○",
         .style = style_of_status(view.send_status),
         .what = std::string(status_words(view)),
         .detail = fmt::format("{}: {} of {} devices have it{}", view.notification.message_id, view.delivered,
                               view.targets, view.last_error.empty() ? "" : "; " + view.last_error)});
  }
}

/// What is sent where: of a delivery to a device, the device.
std::string way_of(const TraceStory& story, const store::Event& event) {
  for (const TracedNotification& notification : story.notifications) {
    for (const store::DeliveryView& delivery : notification.deliveries) {
      if (delivery.event_id == event.id) return fmt::format("push → {}", delivery.cid);
    }
  }
  return fmt::format("{} → {}", event.event_type, event.platform);
}

void add_moments(std::vector<Moment>& moments, const EventStory& story, const std::string& of_whom, UtcTime now) {
  for (Moment& moment : moments_of(story, now, false)) {
    std::string of = of_whom;
    if (moment.what == "accepted") {
      moment.what = "event";
      of += named("id", story.event.event.id);
    }
    moment.detail = moment.detail.empty() ? of : fmt::format("{}: {}", of, moment.detail);
    moments.push_back(std::move(moment));
  }
}

void add_steps(std::vector<std::string>& steps, const TracedNotification& notification) {
  const store::NotificationView& view = notification.view;
  const std::string& id = view.notification.message_id;
  if (view.send_status == "success") return;
  if (view.send_status.empty() && !view.waits_until) {
    steps.push_back(
        fmt::format("Notification {} is to be sent next; if it stays so, is a push channel configured and "
                    "does 'yizhan serve' run with the role push?",
                    id));
    return;
  }
  if (view.send_status.empty() && view.waits_until) {
    steps.push_back(fmt::format("Notification {} waits until {} UTC for a device of {} {}: {}.", id,
                                readable_time(*view.waits_until), store::to_string(view.notification.audience),
                                view.notification.recipient_id,
                                "it is sent as soon as one registers (POST /api/v1/push/register)"));
  } else if (view.send_status == "no-targets") {
    steps.push_back(
        fmt::format("Notification {} found nobody: {}. When a device is registered: yizhan notifications "
                    "resend {}",
                    id, view.last_error, id));
  } else if (view.send_status == "failed") {
    steps.push_back(
        fmt::format("Notification {} reached no device: {}. When that is mended: yizhan notifications "
                    "resend {}",
                    id, view.last_error, id));
  } else {
    steps.push_back(
        fmt::format("Notification {} is on its way: {} of {} devices have it.", id, view.delivered, view.targets));
  }
}

}  // namespace

std::vector<Moment> moments_of(const TraceStory& story, UtcTime now) {
  std::vector<Moment> moments;
  for (const store::CallbackView& callback : story.callbacks) moments.push_back(moment_of(callback));
  for (const store::PayOrder& order : story.orders) add_moments(moments, order);
  for (const store::WaybillView& parcel : story.parcels) add_moments(moments, parcel);
  for (const TracedNotification& notification : story.notifications) add_moments(moments, notification);
  for (const EventStory& event : story.events) add_moments(moments, event, way_of(story, event.event.event), now);
  // What happened at one moment stays in this order: the callback before what it caused.
  std::vector<std::size_t> order(moments.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t index) { return std::pair(moments[index].at, index); });
  std::vector<Moment> told;
  told.reserve(moments.size());
  for (const std::size_t index : order) told.push_back(std::move(moments[index]));
  return told;
}

std::vector<std::string> next_steps(const TraceStory& story, UtcTime now) {
  std::vector<std::string> steps;
  for (const store::CallbackView& callback : story.callbacks) {
    // What came again and was accepted then needs nobody.
    const bool mended = std::ranges::any_of(story.callbacks, [&](const store::CallbackView& later) {
      return later.verdict == store::Verdict::kAccepted && later.callback.source == callback.callback.source &&
             later.callback.received_at >= callback.callback.received_at;
    });
    std::string advised = callback_advice(callback);
    if (!mended && !advised.empty()) steps.push_back(fmt::format("Callback {}: {}", callback.id, advised));
  }
  for (const EventStory& event : story.events) {
    if (event.event.status == EventStatus::kDelivered) continue;
    for (std::string& step : next_steps(event, now)) {
      steps.push_back(fmt::format("{}: {}", way_of(story, event.event.event), step));
    }
  }
  for (const TracedNotification& notification : story.notifications) add_steps(steps, notification);
  // Several devices or events with one trouble need one sentence.
  std::set<std::string> said;
  std::erase_if(steps, [&](const std::string& step) { return !said.insert(step).second; });
  if (steps.empty()) steps.emplace_back("Everything about it is done. Nothing is left to do.");
  return steps;
}

}  // namespace yizhan::cli
