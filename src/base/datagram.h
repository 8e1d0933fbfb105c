// Datagrams to a Unix socket, as systemd takes them: notifications of a service's state, lines for the journal.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <optional>
#include <string_view>

#include "base/descriptor.h"

namespace yizhan {

class DatagramSender {
 public:
  /// `path`: a path, or `@` and a name in the abstract namespace. Nothing where it is neither, or no socket can be had.
  /// Whether anybody listens there is found out by send().
  static std::optional<DatagramSender> to(std::string_view path);

  /// 0, or the errno. Waits for a receiver whose queue is full, for a second at most; after that not again until he has
  /// taken something.
  int send(std::string_view message);

 private:
  DatagramSender(Descriptor socket, const sockaddr_un& address, socklen_t length);

  Descriptor socket_;
  sockaddr_un address_;
  socklen_t length_;
  bool stalled_ = false;
};

}  // namespace yizhan
