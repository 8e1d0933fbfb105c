#include "app/push_lane.h"

#include <fmt/format.h>

#include "app/channel_route.h"

namespace yizhan::app {
namespace {

std::shared_ptr<const dispatch::Route> make_route(const push::Channel& channel, const DeliveryPolicy& policy) {
  auto route = make_channel_route(std::string(store::kPushPlatform), channel.endpoint_url(), policy);
  // The channel made its own requests' URLs of it, so it can be read.
  if (auto url = http::parse_url(channel.endpoint_url())) {
    route->url = std::make_shared<const http::Url>(std::move(*url));
  }
  return route;
}

AttemptOutcome refused(const Error& reason) {
  AttemptOutcome outcome;
  outcome.error_class = ErrorClass::kPushRefused;
  outcome.error_message = fmt::format("{}: {}", reason.code, reason.message);
  outcome.started_at = utc_now();
  return outcome;
}

}  // namespace

PushLane::PushLane(http::asio::io_context& io, std::unique_ptr<push::Channel> channel, const DeliveryPolicy& policy)
    : io_(io) {
  replace(std::move(channel), policy);
}

void PushLane::replace(std::unique_ptr<push::Channel> channel, const DeliveryPolicy& policy) {
  if (at_work_ && at_work_->in_flight > 0) retired_.push_back(std::move(at_work_));
  at_work_ = std::make_shared<AtWork>(std::move(channel));
  route_ = at_work_->channel ? make_route(*at_work_->channel, policy) : nullptr;
}

void PushLane::forget_retired() {
  std::erase_if(retired_, [](const auto& each) { return each->in_flight == 0; });
}

Result<std::shared_ptr<const dispatch::Route>> PushLane::route(std::string_view, std::string_view callback_target) {
  if (!route_) {
    return fail("platform_disabled",
                "push is not configured: give CLOUD_FUNC_URL, or Getui's app id, app key and master secret");
  }
  if (!callback_target.empty()) {
    return fail(
        "callback_target_invalid",
        fmt::format("an event of platform '{}' goes to a device and has no callback_target; this one names '{}'",
                    store::kPushPlatform, callback_target));
  }
  return route_;
}

void PushLane::send(store::Event& event, const dispatch::Route&, Done done) {
  auto message = push::Message::read(event.id, event.payload);
  if (!message) {
    return http::asio::post(
        io_, [done = std::move(done), outcome = refused(message.error())]() mutable { done(std::move(outcome)); });
  }
  ++at_work_->in_flight;
  at_work_->channel->send(std::move(*message), [this, weak = std::weak_ptr(at_work_),
                                                done = std::move(done)](AttemptOutcome outcome) mutable {
    // Gone with the lane, where the client ends its calls after that.
    const auto at_work = weak.lock();
    // The channel is still on its own stack: it is destroyed in a turn of its own.
    if (at_work && --at_work->in_flight == 0 && at_work != at_work_) {
      http::asio::post(io_, [this] { forget_retired(); });
    }
    done(std::move(outcome));
  });
}

std::int64_t PushLane::endpoint_key() const {
  return route_ ? route_->endpoint_key : store::kUnrouted;
}

std::int64_t PushLane::endpoint_key_of(const push::Channel* channel) {
  return channel == nullptr ? store::kUnrouted : dispatch::endpoint_key(store::kPushPlatform, channel->endpoint_url());
}

}  // namespace yizhan::app
