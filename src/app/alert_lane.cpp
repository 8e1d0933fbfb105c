#include "app/alert_lane.h"

#include <fmt/format.h>

#include "app/channel_route.h"

namespace yizhan::app {
namespace {

AttemptOutcome not_sent(ErrorClass error_class, std::string why) {
  AttemptOutcome outcome;
  outcome.error_class = error_class;
  outcome.error_message = std::move(why);
  outcome.started_at = utc_now();
  return outcome;
}

}  // namespace

AlertLane::AlertLane(http::asio::io_context& io, std::vector<AlertChannel> channels) : io_(io) {
  replace(std::move(channels));
}

void AlertLane::replace(std::vector<AlertChannel> channels) {
  forget_retired();
  for (auto& [name, at_work] : channels_) {
    if (at_work->in_flight > 0) retired_.push_back(std::move(at_work));
  }
  channels_.clear();
  for (AlertChannel& each : channels) {
    const std::string platform = std::string(alert::kPlatformPrefix) + each.name;
    auto at_work = std::make_shared<AtWork>();
    if (each.channel) at_work->route = make_channel_route(platform, each.channel->endpoint_url(), each.policy);
    at_work->channel = std::move(each.channel);
    channels_.emplace(platform, std::move(at_work));
  }
}

void AlertLane::forget_retired() {
  std::erase_if(retired_, [](const auto& each) { return each->in_flight == 0; });
}

Result<std::shared_ptr<const dispatch::Route>> AlertLane::route(std::string_view platform,
                                                                std::string_view callback_target) {
  const auto found = channels_.find(platform);
  if (found == channels_.end()) {
    return fail("platform_disabled", fmt::format("there is no alert channel '{0}': configure [alert_channels.{0}], and "
                                                 "its alerts are sent",
                                                 platform.substr(alert::kPlatformPrefix.size())));
  }
  if (!found->second->route) {
    return fail("platform_disabled",
                fmt::format("the alert channel '{}' is not enabled", platform.substr(alert::kPlatformPrefix.size())));
  }
  if (!callback_target.empty()) {
    return fail("callback_target_invalid",
                fmt::format("an event of platform '{}' goes where its channel is configured to and has no "
                            "callback_target; this one names '{}'",
                            platform, callback_target));
  }
  return found->second->route;
}

void AlertLane::send(store::Event& event, const dispatch::Route&, Done done) {
  const auto end = [this, &done](AttemptOutcome outcome) {
    http::asio::post(io_,
                     [done = std::move(done), outcome = std::move(outcome)]() mutable { done(std::move(outcome)); });
  };
  const auto found = channels_.find(event.platform);
  if (found == channels_.end() || !found->second->channel) {
    // Tried again, which finds that it has to wait.
    return end(not_sent(ErrorClass::kAlertFailed, "the channel has just been taken out of the configuration"));
  }
  auto message = alert::read_message(event.id, std::move(event.payload));
  if (!message) {
    return end(
        not_sent(ErrorClass::kAlertRefused, fmt::format("{}: {}", message.error().code, message.error().message)));
  }
  ++found->second->in_flight;
  found->second->channel->send(std::move(*message), [weak = std::weak_ptr(found->second),
                                                     done = std::move(done)](AttemptOutcome outcome) mutable {
    if (const auto sent_by = weak.lock()) --sent_by->in_flight;
    done(std::move(outcome));
  });
}

}  // namespace yizhan::app
