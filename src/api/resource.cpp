#include "api/resource.h"

namespace yizhan::api {
namespace {

/// What is answered later, on the I/O thread.
struct Waiting {
  std::shared_ptr<const ResourceParts> parts;
  AnswerForm form;
  std::string path;
  http::Responder responder;

  void answer(const Result<ResourceAnswer>& answered) {
    if (answered && answered->notifications_due && parts->on_notifications) parts->on_notifications();
    responder.answer(form(answered, path));
  }
};

Result<ResourceAnswer> work_audited(store::Store& store, const store::AuditEntry& entry,
                                    std::move_only_function<Result<ResourceAnswer>(store::Store&)>& work) {
  Result<ResourceAnswer> answered;
  const auto done = store::audited(store, entry, [&](store::AuditEntry&) -> Result<void> {
    answered = work(store);
    if (!answered) return std::unexpected(answered.error());
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return answered;
}

}  // namespace

void serve_resource(const std::shared_ptr<const ResourceParts>& parts, ResourceHandler handler, AnswerForm form,
                    const store::AuditEntry& by, http::ServerRequest& request, const http::PathParameters& parameters,
                    http::Responder responder) {
  auto task = handler(request, parameters);
  const auto waiting = std::make_shared<Waiting>(Waiting{parts, form, std::string(request.path), std::move(responder)});
  if (!task) return waiting->answer(std::unexpected(std::move(task.error())));

  store::AuditEntry entry = by;
  entry.action = std::move(task->audit_action);
  entry.object = std::move(task->audit_object);
  auto run = [waiting, entry = std::move(entry), work = std::move(task->work)](store::Store& store) mutable {
    auto answered = entry.action.empty() ? work(store) : work_audited(store, entry, work);
    http::asio::post(waiting->parts->io,
                     [waiting, answered = std::move(answered)]() mutable { waiting->answer(answered); });
  };
  if (task->thread == ResourceTask::Thread::kReader) {
    if (!parts->reads.run(std::move(run))) waiting->answer(fail("store_busy", "too many look-ups wait"));
    return;
  }
  // Nobody waits in line for a store that does not take anything at the moment.
  if (!parts->commits.healthy()) return waiting->answer(fail("store_unavailable", "the last commit failed"));
  parts->commits.run(std::move(run));
}

}  // namespace yizhan::api
