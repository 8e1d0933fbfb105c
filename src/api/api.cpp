#include "api/api.h"

#include "api/api_state.h"

namespace yizhan::api {

ApiState::ApiState(ApiParts given, ApiOptions options)
    : parts(std::move(given)),
      access(std::make_shared<Access>(parts.io, parts.reads, std::move(options.access))),
      ledger(std::make_shared<LedgerCache>(parts.io, parts.reports)),
      resources(std::make_shared<const ResourceParts>(
          ResourceParts{parts.io, parts.commits, parts.reads, parts.on_notifications})) {}

void ApiState::add_routes() {
  add_event_routes();
  add_look_routes();
  add_callback_routes();
  add_order_routes();
  add_change_routes();
  add_resource_routes();
  add_replay_routes();
  add_audit_routes();
  add_alert_routes();
  add_status_routes();
}

void ApiState::add(std::string_view method, std::string_view pattern, Scope scope, Handler handler) {
  const auto guarded = [this, scope, handler = std::move(handler)](http::ServerRequest& request,
                                                                   const http::PathParameters& parameters,
                                                                   http::Responder responder) {
    if (const auto allowed = access->decide(request, scope); !allowed) {
      return responder.answer(answer_error(allowed.error(), request.path));
    }
    handler(*this, request, parameters, std::move(responder));
  };
  router.add(
      method, pattern,
      [this, guarded](http::ServerRequest& request, const http::PathParameters& parameters, http::Responder responder) {
        if (access->fresh()) return guarded(request, parameters, std::move(responder));
        // The request stays as it is until it is answered.
        access->when_fresh(
            [self = shared_from_this(), guarded, &request, parameters, responder = std::move(responder)]() mutable {
              guarded(request, parameters, std::move(responder));
            });
      });
}

void ApiState::add_public(std::string_view method, std::string_view pattern, Handler handler) {
  router.add(method, pattern,
             [this, handler = std::move(handler)](http::ServerRequest& request, const http::PathParameters& parameters,
                                                  http::Responder responder) {
               handler(*this, request, parameters, std::move(responder));
             });
}

void ApiState::answer_from(store::ReadThread& thread, std::string_view path, http::Responder responder, Look look) {
  const auto waiting = std::make_shared<http::Responder>(std::move(responder));
  auto& io = parts.io;
  const bool taken = thread.run([&io, waiting, look = std::move(look)](store::Store& store) mutable {
    http::asio::post(io, [waiting, response = look(store)] { waiting->answer(response); });
  });
  if (!taken) waiting->answer(answer_error({"store_busy", "too many look-ups wait"}, path));
}

void ApiState::answer_ledger(std::string_view path, http::Responder responder, store::LedgerCount what,
                             http::ServerResponse (*show)(const Ledger&)) {
  if (ledgers.size() >= kMostLedgers) {
    return responder.answer(answer_error({"store_busy", "too many ledgers are being counted"}, path));
  }
  const auto counter = std::make_shared<LedgerCounter>(parts.io, parts.reports, std::move(what), LedgerPace{});
  ledgers.insert(counter);
  counter->start([weak = weak_from_this(), id = counter.get(), path = std::string(path), show,
                  responder = std::move(responder)](Result<Ledger> counted) mutable {
    const auto self = weak.lock();
    if (!self) return;
    std::erase_if(self->ledgers, [id](const auto& each) { return each.get() == id; });
    if (!counted) return responder.answer(answer_error(counted.error(), path));
    self->answer_from(self->parts.reports, path, std::move(responder),
                      [ledger = std::move(*counted), show](store::Store&) { return show(ledger); });
  });
}

void ApiState::answer_from_writer(http::Responder responder, Look change) {
  const auto waiting = std::make_shared<http::Responder>(std::move(responder));
  auto& io = parts.io;
  parts.commits.run([&io, waiting, change = std::move(change)](store::Store& store) mutable {
    http::asio::post(io, [waiting, response = change(store)] { waiting->answer(response); });
  });
}

Result<void> ApiState::check_secret(SigningSecret secret, const std::vector<store::CauseCount>& counted) const {
  if (secret == SigningSecret::kCurrent) return {};
  for (const store::CauseCount& each : counted) {
    if (!parts.check_previous_secret) return fail("previous_secret_missing", "no platform is known here");
    if (auto signable = parts.check_previous_secret(each.platform); !signable) return signable;
  }
  return {};
}

store::AuditEntry ApiState::audit_entry(const http::ServerRequest& request, std::string_view action) const {
  store::AuditEntry entry;
  entry.at = utc_now();
  entry.origin = store::AuditOrigin::kApi;
  entry.actor = access->actor(request);
  entry.action = action;
  return entry;
}

http::ServerResponse json_answer(std::string body) {
  http::ServerResponse response;
  response.body = std::move(body);
  response.body += '\n';
  return response;
}

Api::Api(ApiParts parts, ApiOptions options)
    : state_(std::make_shared<ApiState>(std::move(parts), std::move(options))) {
  state_->add_routes();
}

Api::~Api() = default;

void Api::handle(http::ServerRequest& request, http::Responder responder) {
  state_->router.handle(request, std::move(responder));
}

void Api::set_keys(const std::vector<store::ApiKey>& keys) {
  state_->access->set_keys(keys);
}
void Api::keys_changed() {
  state_->access->invalidate();
}
void Api::stopping() {
  state_->stopping = true;
  state_->ledger->stop();
  for (const auto& counter : state_->ledgers) counter->stop();
}

std::vector<http::Router::Route> Api::routes() const {
  return state_->router.routes();
}

}  // namespace yizhan::api
