// The callbacks lane: events of the outbox, signed as their platform wants it, sent by HTTP POST.
#pragma once

#include <string>
#include <unordered_map>

#include "dispatch/lane.h"

namespace yizhan::dispatch {

/// Runs on the io_context thread of `client`.
class CallbackLane final : public Lane {
 public:
  /// `client` must outlive the lane.
  CallbackLane(http::asio::io_context& io, http::Client& client, Platforms platforms);

  Result<std::shared_ptr<const Route>> route(std::string_view platform, std::string_view callback_target) override;
  /// ErrorClass::kSigning where the event wants the previous secret and its platform has none any more.
  void send(store::Event& event, const Route& route, Done done) override;

  /// Events are routed to these from now on; attempts in flight end as they began.
  void replace(Platforms platforms);

  const Platforms& platforms() const { return platforms_; }

 private:
  Result<std::shared_ptr<const Route>> find_route(std::string_view platform, std::string_view callback_target) const;

  http::asio::io_context& io_;
  http::Client& client_;
  Platforms platforms_;
  /// Routes by platform and callback_target; emptied when it grows past a bound, because targets are others' input.
  std::unordered_map<std::string, std::shared_ptr<const Route>> routes_;
};

/// The body of a callback: the payload as it is, or in the standard envelope.
std::shared_ptr<const std::string> callback_body(store::Event& event, Envelope envelope);

}  // namespace yizhan::dispatch
