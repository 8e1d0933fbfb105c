#include "api/push_server.h"

#include "api/problem.h"
#include "api/push_access.h"
#include "api/push_resources.h"
#include "base/json_writer.h"
#include "base/version.h"

namespace yizhan::api {
namespace {

http::ServerResponse refuse(const Error& error, std::string_view path) {
  // The headers, and what may be said of a defect, are those of the API.
  http::ServerResponse response = answer_error(error, path);
  const http::Problem& problem = problem_of(error.code);
  if (response.status == 422) response.status = 400;
  response.content_type = "application/json";
  response.body = JsonWriter()
                      .begin_object()
                      .boolean("ok", false)
                      .text("code", problem.code)
                      .text("message", problem.status == 500 ? problem.title : std::string_view(error.message))
                      .end_object()
                      .take();
  response.body += '\n';
  return response;
}

http::ServerResponse push_form(const Result<ResourceAnswer>& answer, std::string_view path) {
  if (!answer) return refuse(answer.error(), path);
  http::ServerResponse response;
  response.status = answer->status;
  response.body = R"({"ok":true)";
  const std::string_view members = std::string_view(answer->json).substr(1);  // without its `{`
  if (members != "}") response.body += ',';
  response.body += members;
  response.body += '\n';
  return response;
}

}  // namespace

struct PushServer::State : std::enable_shared_from_this<PushServer::State> {
  State(PushServerParts given, PushServerOptions options)
      : parts(std::make_shared<const ResourceParts>(
            ResourceParts{given.io, given.commits, given.reads, std::move(given.on_notifications)})),
        keys(std::make_shared<Access>(given.io, given.reads, std::move(options.access))),
        access(keys, options.jwt_secret) {
    router.add("GET", "/health", [this](http::ServerRequest&, const http::PathParameters&, http::Responder responder) {
      responder.answer(push_form(health(), "/health"));
    });
    add("POST", "/api/v1/push/register", Scope::kPushRegister, register_device);
    add("POST", "/api/v1/push/unregister", Scope::kPushRegister, unregister_device);
    add("GET", "/api/v1/push/devices", Scope::kPushRead, list_devices);
    add("POST", "/api/v1/push/send", Scope::kPushWrite, send_notifications);
    add("POST", "/api/v1/notifications", Scope::kPushWrite, add_notification);
    add("GET", "/api/v1/notifications", Scope::kPushRead, list_notifications);
    add("GET", "/api/v1/notifications/{id}", Scope::kPushRead, show_notification);
  }

  void add(std::string_view method, std::string_view pattern, Scope scope, ResourceHandler handler) {
    const auto guarded = [this, scope, handler](http::ServerRequest& request, const http::PathParameters& parameters,
                                                http::Responder responder) {
      if (const auto allowed = access.decide(request, scope, utc_now()); !allowed) {
        return responder.answer(refuse(allowed.error(), request.path));
      }
      serve_resource(parts, handler, push_form, {}, request, parameters, std::move(responder));
    };
    router.add(method, pattern,
               [this, guarded](http::ServerRequest& request, const http::PathParameters& parameters,
                               http::Responder responder) {
                 if (keys->fresh()) return guarded(request, parameters, std::move(responder));
                 // The request stays as it is until it is answered.
                 keys->when_fresh([self = shared_from_this(), guarded, &request, parameters,
                                   responder = std::move(responder)]() mutable {
                   guarded(request, parameters, std::move(responder));
                 });
               });
  }

  /// The process runs and answers, whatever the store does: restarting the process would not mend that.
  ResourceAnswer health() const {
    const auto uptime = std::chrono::floor<Seconds>(std::chrono::steady_clock::now() - started);
    return {.json = JsonWriter()
                        .begin_object()
                        .text("status", "ok")
                        .text("version", version())
                        .number("uptime_seconds", uptime.count())
                        .boolean("store_healthy", parts->commits.healthy())
                        .end_object()
                        .take()};
  }

  std::shared_ptr<const ResourceParts> parts;
  std::shared_ptr<Access> keys;
  PushAccess access;
  http::Router router;
  SteadyTime started = std::chrono::steady_clock::now();
};

PushServer::PushServer(PushServerParts parts, PushServerOptions options)
    : state_(std::make_shared<State>(std::move(parts), std::move(options))) {}

PushServer::~PushServer() = default;

void PushServer::handle(http::ServerRequest& request, http::Responder responder) {
  state_->router.handle(request, std::move(responder));
}

void PushServer::set_keys(const std::vector<store::ApiKey>& keys) {
  state_->keys->set_keys(keys);
}
void PushServer::keys_changed() {
  state_->keys->invalidate();
}
void PushServer::replace_jwt_secret(std::string_view jwt_secret) {
  state_->access = PushAccess(state_->keys, jwt_secret);
}
std::vector<http::Router::Route> PushServer::routes() const {
  return state_->router.routes();
}

}  // namespace yizhan::api
