// The dead man's switch: calls a URL as long as all is well, so that a service elsewhere can tell when this one is not.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/step_loop.h"
#include "config/alerts.h"
#include "http/client.h"

namespace yizhan::app {

/// Runs on the io_context thread.
class Heartbeat {
 public:
  /// What is not well, in a few words; empty: nothing.
  using Trouble = std::function<std::optional<std::string>()>;

  /// `client` outlives this. Codes `url_invalid`, `network_invalid`.
  static Result<std::unique_ptr<Heartbeat>> make(http::asio::io_context& io, http::Client& client,
                                                 const config::AlertsSection& section, Trouble trouble);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// Calls until it is destroyed; what comes of a call in hand then is not looked at.
  void start() { loop_.start(); }

 private:
  struct State;
  Heartbeat(http::asio::io_context& io, std::shared_ptr<State> state, Seconds interval);

  std::shared_ptr<State> state_;
  StepLoop loop_;
};

}  // namespace yizhan::app
