// What two servers offer alike: devices, notifications and parcels, on the API (7401) and on the push server (7301).
//
//   request ─▶ access of that server ─▶ handler: reads it, says what to do ─▶ store thread ─▶ form of that server
//
// A handler is a function of the request alone; what it hands back runs on the writer's or the reading thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http/router.h"
#include "http/server.h"
#include "store/audit.h"
#include "store/group_commit.h"

namespace yizhan::api {

struct ResourceAnswer {
  int status = 200;
  std::string json;                ///< an object
  bool notifications_due = false;  ///< the fan-out has something to do
};

struct ResourceTask {
  enum class Thread { kReader, kWriter } thread = Thread::kReader;
  std::move_only_function<Result<ResourceAnswer>(store::Store&)> work;
  // Of an administrative act, for the audit trail; empty for what anybody's application does.
  std::string audit_action{};
  std::string audit_object{};
};

/// May move from the request's body.
using ResourceHandler = Result<ResourceTask> (*)(http::ServerRequest&, const http::PathParameters&);

/// What resources stand on; lifetimes as in ApiParts (api.h).
struct ResourceParts {
  http::asio::io_context& io;
  store::GroupCommit& commits;
  store::ReadThread& reads;
  /// Called on the I/O thread when notifications are durable that may be due, before they are answered; may be empty.
  std::function<void()> on_notifications;
};

/// How a server writes an answer, or an error.
using AnswerForm = http::ServerResponse (*)(const Result<ResourceAnswer>& answer, std::string_view path);

/// Answers the request, `by` whoever makes it (its origin and actor): when the writer is unwell or too many look-ups
/// wait at once, with `store_unavailable` or `store_busy`.
void serve_resource(const std::shared_ptr<const ResourceParts>& parts, ResourceHandler handler, AnswerForm form,
                    const store::AuditEntry& by, http::ServerRequest& request, const http::PathParameters& parameters,
                    http::Responder responder);

}  // namespace yizhan::api
