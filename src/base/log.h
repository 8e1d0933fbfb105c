// The log: one JSON object a line, to standard error or where prepare_target() says. Every line has `time` (RFC 3339,
// UTC), `level`, `event` (a stable word for what happened) and the fields of that event; docs/logs.md lists them all.
// Values are escaped, so that no input can forge a line; secrets and bodies are never passed in.
//
// Warnings and errors are written when write() returns; lines of lower levels follow within some milliseconds, in order
// (base/log_output.h).
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"

namespace yizhan::log {

enum class Level { kDebug, kInfo, kWarning, kError, kOff };

struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;

  Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
  Field(std::string_view field_name, const char* text) : name(field_name), value(std::string_view(text)) {}
  Field(std::string_view field_name, const std::string& text) : name(field_name), value(std::string_view(text)) {}
  Field(std::string_view field_name, bool flag) : name(field_name), value(flag) {}
  Field(std::string_view field_name, double number) : name(field_name), value(number) {}
  template <std::integral Integer>
  Field(std::string_view field_name, Integer number) : name(field_name), value(static_cast<std::int64_t>(number)) {}
};

/// Below this level nothing is written. May be called at any time from any thread.
void set_level(Level level);
bool enabled(Level level);
/// `debug`, `info`, `warning`, `error` or `off`.
Result<Level> parse_level(std::string_view name);

enum class Destination { kStandardError, kStandardOutput, kFile, kJournal };

/// Where systemd's journal takes lines.
inline constexpr std::string_view kJournalSocket = "/run/systemd/journal/socket";

struct Target {
  Destination to = Destination::kStandardError;
  std::string file;             ///< of kFile
  std::size_t rotate_size = 0;  ///< bytes; 0: not by size
  std::size_t rotate_keep = 7;  ///< rotated files that are kept
  bool rotate_daily = false;    ///< also at the first line of a day, UTC
  std::string journal_socket;   ///< of kJournal
};

/// Opens the place; when what it returns is called, lines go there, and those before it are written where they went.
/// May be called at any time from any thread. Codes `log_file_unusable`, `log_journal_unusable`.
Result<std::move_only_function<void()>> prepare_target(const Target& target);

/// The log file has been moved: it is opened anew. Nothing where lines do not go to a file, or it cannot be opened.
void reopen();

/// What was logged so far is written when this returns. The end of the process does it, too.
void flush();

/// Since the start: lines that nobody took in time, or that had no room where they were written to. For metrics.
std::uint64_t lines_dropped();

/// Thread-safe; a line is written whole. Cheap when the level is off, but build no strings for it without asking
/// enabled().
void write(Level level, std::string_view event, std::span<const Field> fields);
inline void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  write(level, event, std::span(fields.begin(), fields.size()));
}

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::kDebug)) write(Level::kDebug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::kInfo)) write(Level::kInfo, event, fields);
}
inline void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::kWarning)) write(Level::kWarning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::kError)) write(Level::kError, event, fields);
}

}  // namespace yizhan::log
