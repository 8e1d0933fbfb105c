// News from other nodes and from hands: a thread that listens on the channel `yizhan_outbox` on a connection of its
// own, and connects again by itself for as long as it lives.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "store/store.h"

namespace yizhan::store::postgres {

class Listener final : public News {
 public:
  /// `on_news` runs on the listener's thread.
  Listener(std::string url, std::function<void(std::int64_t endpoint_key)> on_news);
  /// No call of `on_news` begins after this.
  ~Listener() override;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  void run();
  /// Until the connection is lost or the listener ends.
  void listen();
  /// True when the listener ends; waits at most so long for that, or until `socket` (unless negative) can be read.
  bool ending(int socket, int milliseconds);

  std::string url_;
  std::function<void(std::int64_t)> on_news_;
  int end_;  // an eventfd: readable once the listener ends
  bool listened_ = false;
  std::thread thread_;
};

}  // namespace yizhan::store::postgres
