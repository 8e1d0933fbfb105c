// What commands put on the audit trail (store/audit.h).
#pragma once

#include <string>

#include "cli/context.h"
#include "store/audit.h"

namespace yizhan::cli {

/// Who runs this command: YIZHAN_ACTOR, or the system's user and host, `lin@bastion`; by sudo `lin as root@bastion`.
std::string actor(const Context& context);

/// An entry for what this command does, at this moment.
store::AuditEntry audit_entry(const Context& context, std::string action, std::string object = {},
                              std::string reason = {});

/// Does `change` with its entry in the audit trail, in one transaction; answers what it answers. Where `changed` says
/// that nothing was, there is no entry.
template <class Answer, class Changed>
Result<Answer> change_audited(store::Store& store, const store::AuditEntry& entry,
                              const std::function<Result<Answer>()>& change, Changed changed) {
  Result<Answer> answer = fail("store_unavailable", "nothing was changed");
  const auto done = store::audited(store, entry, [&](store::AuditEntry& completed) -> Result<void> {
    answer = change();
    if (!answer) return std::unexpected(answer.error());
    if (!changed(*answer)) completed.action.clear();
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return answer;
}

}  // namespace yizhan::cli
