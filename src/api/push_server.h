// The push server (7301), as the seed's clients call it: phones register, backends look and send.
//
//   GET  /health                      for everybody
//   POST /api/v1/push/register        anon or service_role token, or a key with push:register
//   POST /api/v1/push/unregister      likewise
//   GET  /api/v1/push/devices         service_role token, or a key with push:read
//   POST /api/v1/push/send            service_role token, or a key with push:write
//   POST /api/v1/notifications        likewise
//   GET  /api/v1/notifications, …/{id}    service_role token, or a key with push:read
//
// Every answer is {"ok":true,…} or {"ok":false,"code","message"}, the codes those of problem.h; what is wrong with a
// body is 400 here. "ok" is true only when what was asked for is durable. What does not reach a handler (another path,
// a body over the limit) is answered by http/ as application/problem+json.
//
// Runs on the I/O thread; handlers never block it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/access.h"
#include "http/router.h"
#include "http/server.h"
#include "store/group_commit.h"

namespace yizhan::api {

struct PushServerOptions {
  AccessOptions access{};
  std::string jwt_secret{};  ///< of the anon and service_role tokens; empty: API keys only
};

/// All of it must outlive the push server and what it has under way, as with ApiParts (api.h).
struct PushServerParts {
  http::asio::io_context& io;
  store::GroupCommit& commits;
  store::ReadThread& reads;
  /// On the I/O thread: there are notifications to be fanned out, new ones or such that a registration has woken.
  std::function<void()> on_notifications{};
};

class PushServer {
 public:
  PushServer(PushServerParts parts, PushServerOptions options);
  ~PushServer();
  PushServer(const PushServer&) = delete;
  PushServer& operator=(const PushServer&) = delete;

  /// Answers a request; for Server::listen.
  void handle(http::ServerRequest& request, http::Responder responder);

  /// The store's keys, read before the listener opens (see check_push_listener(), push_access.h).
  void set_keys(const std::vector<store::ApiKey>& keys);
  /// This process has added or revoked a key.
  void keys_changed();
  /// From now on tokens are those of this secret; empty: API keys only.
  void replace_jwt_secret(std::string_view jwt_secret);

  std::vector<http::Router::Route> routes() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace yizhan::api
