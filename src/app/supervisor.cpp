#include "app/supervisor.h"

#include <cstdlib>

#include "base/datagram.h"

namespace yizhan::app {

void tell_supervisor(std::string_view state) {
  const char* variable = std::getenv("NOTIFY_SOCKET");
  const std::string_view path = variable == nullptr ? std::string_view() : std::string_view(variable);
  if (auto sender = DatagramSender::to(path)) static_cast<void>(sender->send(state));
}

}  // namespace yizhan::app
