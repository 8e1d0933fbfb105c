// Formats: proc(5). A line of /proc/net/tcp is `sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode
// …`, addresses as hexadecimal `ADDRESS:PORT`, state 0A for a listening socket. A process holds the socket when one of
// its /proc/<pid>/fd links reads `socket:[<inode>]`.
#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "http/server.h"

namespace yizhan::http {
namespace {

constexpr std::string_view kListening = "0A";

void collect_listening(const char* table, std::uint16_t port, std::set<std::string>& links) {
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);  // the heading
  while (std::getline(file, line)) {
    std::istringstream columns(line);
    std::string slot, local, remote, state, queues, timer, retransmits, user, timeout, inode;
    if (!(columns >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode)) {
      continue;
    }
    const auto colon = local.rfind(':');
    if (state != kListening || colon == std::string::npos) continue;
    unsigned found = 0;
    std::from_chars(local.data() + colon + 1, local.data() + local.size(), found, 16);
    if (found == port) links.insert(fmt::format("socket:[{}]", inode));
  }
}

bool holds_one_of(const std::filesystem::path& process, const std::set<std::string>& links) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(process / "fd", error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unreadable;
    const auto target = std::filesystem::read_symlink(entry->path(), unreadable);
    if (!unreadable && links.contains(target.string())) return true;
  }
  return false;
}

}  // namespace

std::string owner_of_port(std::uint16_t port) {
  std::set<std::string> links;
  collect_listening("/proc/net/tcp", port, links);
  collect_listening("/proc/net/tcp6", port, links);
  if (links.empty()) return {};
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const std::string pid = entry->path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    if (!holds_one_of(entry->path(), links)) continue;
    std::string name;
    std::ifstream command(entry->path() / "comm");
    std::getline(command, name);
    return fmt::format("process '{}' (pid {})", name, pid);
  }
  return {};
}

}  // namespace yizhan::http
