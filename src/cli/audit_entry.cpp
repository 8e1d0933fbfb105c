#include "cli/audit_entry.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <array>

namespace yizhan::cli {
namespace {

std::string system_user() {
  std::array<char, 4096> room{};
  struct passwd entry{};
  struct passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, room.data(), room.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return fmt::format("uid {}", ::geteuid());
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

}  // namespace

std::string actor(const Context& context) {
  if (const std::string_view given = context.variable("YIZHAN_ACTOR"); !given.empty()) return std::string(given);
  const std::string user = system_user();
  const std::string_view behind = context.variable("SUDO_USER");
  const std::string who = behind.empty() || behind == user ? user : fmt::format("{} as {}", behind, user);
  return fmt::format("{}@{}", who, host_name());
}

store::AuditEntry audit_entry(const Context& context, std::string action, std::string object, std::string reason) {
  store::AuditEntry entry;
  entry.at = utc_now();
  entry.origin = store::AuditOrigin::kCli;
  entry.actor = actor(context);
  entry.action = std::move(action);
  entry.object = std::move(object);
  entry.reason = std::move(reason);
  return entry;
}

}  // namespace yizhan::cli
