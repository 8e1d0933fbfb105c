// The push lane: outbox events of platform `push`, each one notification for one device, through a push channel.
#pragma once

#include <memory>
#include <vector>

#include "dispatch/lane.h"
#include "http/asio.h"
#include "push/channel.h"

namespace yizhan::app {

/// Runs on the I/O thread.
class PushLane final : public dispatch::Lane {
 public:
  /// `io` outlives this. Without a channel, push is not configured: its events wait.
  PushLane(http::asio::io_context& io, std::unique_ptr<push::Channel> channel, const DeliveryPolicy& policy);

  /// Codes: `platform_disabled` without a channel, `callback_target_invalid` where there is one: the channel knows
  /// where its messages go.
  Result<std::shared_ptr<const dispatch::Route>> route(std::string_view platform,
                                                       std::string_view callback_target) override;
  /// What cannot be sent to anybody (Message::read) is refused for good, as `push_refused`.
  void send(store::Event& event, const dispatch::Route& route, Done done) override;

  /// Events go by this channel from now on. The one before ends what it has in flight, and lives as long.
  void replace(std::unique_ptr<push::Channel> channel, const DeliveryPolicy& policy);

  /// Of all its events, for those who make them (store::FanOutOptions); store::kUnrouted without a channel.
  std::int64_t endpoint_key() const;
  static std::int64_t endpoint_key_of(const push::Channel* channel);

 private:
  /// A channel, with the attempts that it has not answered yet.
  struct AtWork {
    std::unique_ptr<push::Channel> channel;
    int in_flight = 0;
  };
  void forget_retired();

  http::asio::io_context& io_;
  std::shared_ptr<AtWork> at_work_;
  std::vector<std::shared_ptr<AtWork>> retired_;
  std::shared_ptr<const dispatch::Route> route_;  ///< null without a channel
};

}  // namespace yizhan::app
