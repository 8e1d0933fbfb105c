#include "base/journal.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/datagram.h"
#include "base/json_scan.h"
#include "base/utf8.h"

namespace yizhan::log {
namespace {

/// What is kept of a line that is too long for a datagram.
constexpr std::size_t kLongestCutLine = 32 << 10;

void append_field(std::string& entry, std::string_view name, std::string_view value) {
  entry += name;
  if (value.find('\n') == std::string_view::npos) {
    entry += '=';
  } else {
    entry += '\n';
    for (int shift = 0; shift < 64; shift += 8) {
      entry += static_cast<char>((static_cast<std::uint64_t>(value.size()) >> shift) & 0xff);
    }
  }
  entry += value;
  entry += '\n';
}

/// `eventId` → `YIZHAN_EVENT_ID`. Empty for what the journal would not take.
std::string field_name(std::string_view member) {
  std::string name = "YIZHAN_";
  for (const char c : member) {
    if (c >= 'A' && c <= 'Z') {
      name += '_';
      name += c;
    } else if (c >= 'a' && c <= 'z') {
      name += static_cast<char>(c - 'a' + 'A');
    } else if ((c >= '0' && c <= '9') || c == '_') {
      name += c;
    } else {
      return {};
    }
  }
  return name;
}

std::string_view priority_of(std::string_view level) {
  if (level == "error") return "3";
  if (level == "warning") return "4";
  return level == "debug" ? "7" : "6";
}

std::string entry_of(std::string_view message, std::string_view priority) {
  std::string entry;
  append_field(entry, "MESSAGE", message);
  append_field(entry, "PRIORITY", priority);
  append_field(entry, "SYSLOG_IDENTIFIER", "yizhan");
  return entry;
}

class Journal final : public LogSink {
 public:
  explicit Journal(DatagramSender sender) : sender_(std::move(sender)) {}

  int send(std::string_view line) {
    const int failure = sender_.send(journal_entry(line));
    if (failure != EMSGSIZE) return failure;
    return sender_.send(entry_of(utf8_prefix(line, kLongestCutLine), "6"));
  }

  std::size_t write(std::string_view lines) override {
    std::size_t lost = 0;
    while (!lines.empty()) {
      const std::size_t end = lines.find('\n');
      if (send(lines.substr(0, end)) != 0) ++lost;
      lines.remove_prefix(end + 1);
    }
    return lost;
  }

 private:
  DatagramSender sender_;
};

}  // namespace

std::string journal_entry(std::string_view line) {
  std::string members;
  std::string_view priority = priority_of({});
  json::ObjectReader reader(line);
  for (auto member = reader.next(); member && *member; member = reader.next()) {
    const auto& [key, value] = **member;
    const std::string name = field_name(key);
    if (name.empty()) continue;
    if (value.kind != json::Kind::kString) {
      append_field(members, name, value.text);
    } else if (const auto text = json::read_string(value)) {
      if (key == "level") priority = priority_of(*text);
      append_field(members, name, *text);
    }
  }
  return entry_of(line, priority) + members;
}

Result<std::unique_ptr<LogSink>> open_journal(const std::string& socket) {
  auto sender = DatagramSender::to(socket);
  // An empty datagram is no entry: the journal ignores it.
  const int failure = sender ? sender->send({}) : EINVAL;
  if (failure != 0) {
    return fail("log_journal_unusable", fmt::format("systemd's journal does not take lines at {}: {}; set log.to to "
                                                    "stderr or file where there is none",
                                                    socket, std::strerror(failure)));
  }
  return std::make_unique<Journal>(std::move(*sender));
}

}  // namespace yizhan::log
