// The alert lane: outbox events of platforms `alert:<channel>`, each one alert for one channel (alert/channel.h). Every
// channel is an endpoint of its own, so that one that hangs or mutes costs the others nothing.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "alert/channel.h"
#include "dispatch/lane.h"
#include "http/asio.h"

namespace yizhan::app {

struct AlertChannel {
  std::string name;
  std::unique_ptr<alert::Channel> channel;  ///< null where it is not enabled
  DeliveryPolicy policy;
};

/// Runs on the I/O thread.
class AlertLane final : public dispatch::Lane {
 public:
  /// `io` outlives this.
  AlertLane(http::asio::io_context& io, std::vector<AlertChannel> channels);

  /// Codes: `platform_disabled` where there is no such channel or it is not enabled: its events wait for it.
  /// `callback_target_invalid` where there is a target: the channel knows where its messages go.
  Result<std::shared_ptr<const dispatch::Route>> route(std::string_view platform,
                                                       std::string_view callback_target) override;
  /// What is no alert is refused for good, as `alert_refused`.
  void send(store::Event& event, const dispatch::Route& route, Done done) override;

  /// Alerts go by these channels from now on. Those before end what they have in flight, and live as long.
  void replace(std::vector<AlertChannel> channels);

 private:
  /// A channel, with the attempts that it has not answered yet.
  struct AtWork {
    std::unique_ptr<alert::Channel> channel;
    std::shared_ptr<const dispatch::Route> route;  ///< null where it is not enabled
    int in_flight = 0;
  };
  void forget_retired();

  http::asio::io_context& io_;
  std::map<std::string, std::shared_ptr<AtWork>, std::less<>> channels_;  ///< by the platform's name
  std::vector<std::shared_ptr<AtWork>> retired_;
};

}  // namespace yizhan::app
