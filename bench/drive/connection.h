// A non-blocking TCP connection on the loopback interface, with the bytes that wait on both of its sides.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "drive/http_message.h"
#include "drive/poller.h"

namespace yizhan::bench {

/// Sends on 127.0.0.1 without delay. Throws std::system_error when nobody accepts.
int connect_to(std::uint16_t port);
/// Throws std::system_error, for instance when the port is taken.
int listen_on(std::uint16_t port);
/// The next waiting connection, without delay and non-blocking; -1 when none waits.
int accept_from(int listener);

/// Owns its socket. Whoever derives from it is told of whole messages.
class Connection : public Watched {
 public:
  Connection(Poller& poller, int descriptor);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void ready(std::uint32_t events) final;

 protected:
  /// What cannot be sent at once is kept and sent when the peer reads.
  void send(std::string_view bytes);

  virtual void received(const Message& message) = 0;
  /// The peer closed, the connection broke, or it sent something that is not HTTP/1.1 with a length. May destroy
  /// `this`.
  virtual void ended() = 0;

 private:
  bool read_some();
  bool flush();

  Poller& poller_;
  int descriptor_;
  std::vector<char> incoming_;
  std::size_t filled_ = 0;
  std::string outgoing_;
};

}  // namespace yizhan::bench
