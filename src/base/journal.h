// systemd's journal as a place for log lines, by its native protocol: one datagram for each line, its fields as
// `NAME=value` lines, or `NAME`, the length as 64 bits (little endian) and the value where that has a line's end.
// Source: systemd, "Native Journal Protocol" (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/).
//
// A line becomes MESSAGE (the line itself, so `journalctl -o cat` prints JSON), PRIORITY (syslog's: 3 error, 4 warning,
// 6 info, 7 debug), SYSLOG_IDENTIFIER, and each of its members as YIZHAN_ and its name in capitals: `eventId` is
// YIZHAN_EVENT_ID, `event` is YIZHAN_EVENT. A line that is too long for a datagram is sent cut off, and without
// members.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/log_sink.h"

namespace yizhan::log {

/// Code `log_journal_unusable` when nobody listens at `socket`.
Result<std::unique_ptr<LogSink>> open_journal(const std::string& socket);

/// The datagram of one line, without its end. Pure.
std::string journal_entry(std::string_view line);

}  // namespace yizhan::log
