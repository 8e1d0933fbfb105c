#include "app/service_entry.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <climits>

#include "base/log.h"

namespace yizhan::app {

store::AuditEntry service_entry(std::string action) {
  std::array<char, HOST_NAME_MAX + 1> host{};
  ::gethostname(host.data(), host.size() - 1);
  store::AuditEntry entry;
  entry.at = utc_now();
  entry.actor = fmt::format("{}:{}", host.data(), ::getpid());
  entry.action = std::move(action);
  return entry;
}

void put_on_record(store::GroupCommit& commits, store::AuditEntry entry) {
  commits.run([entry = std::move(entry)](store::Store& store) {
    const auto written = store::append_audit(store, entry);
    if (!written) {
      log::warning("audit_not_written",
                   {{"action", entry.action}, {"code", written.error().code}, {"reason", written.error().message}});
    }
  });
}

}  // namespace yizhan::app
