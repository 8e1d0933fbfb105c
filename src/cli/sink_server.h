// A small HTTP/1.1 server for the sink: it reads requests as strictly as the service's own server, and answers them in
// ways in which a proper server would not (cli/sink_behaviour.h).
//
// Runs on one io_context thread; nothing here is thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "cli/sink_behaviour.h"
#include "http/asio.h"
#include "http/server.h"

namespace yizhan::cli {

/// A request as it came in, whole.
struct SinkRequest {
  UtcTime received_at{};
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The first header of that name, compared without regard to case; empty when absent.
  std::string_view header(std::string_view name) const;
};

/// What the sink does with it.
struct SinkAnswer {
  SinkBehaviour behaviour;  ///< never kFlaky or kRetryAfter: who decides has counted
  std::string header_lines;
  std::string body = "ok\n";
  std::function<void()> answered;  ///< called once, when it was sent or the connection ended; may be empty
};

class SinkServer {
 public:
  /// Called once for each request, before it is answered.
  using Decide = std::function<SinkAnswer(SinkRequest request)>;

  /// Listens at once. Codes `address_in_use` (names the process that has the port), `listen_failed`.
  static Result<std::unique_ptr<SinkServer>> listen(http::asio::io_context& io, const http::ListenAddress& address,
                                                    Decide decide);
  /// Closes every connection.
  virtual ~SinkServer() = default;
  /// With the port really used.
  virtual http::ListenAddress address() const = 0;
};

}  // namespace yizhan::cli
