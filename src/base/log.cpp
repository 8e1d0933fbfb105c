#include "base/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/journal.h"
#include "base/json_text.h"
#include "base/log_file.h"
#include "base/log_output.h"

namespace yizhan::log {
namespace {

std::atomic<Level> threshold{Level::kInfo};
constexpr std::size_t kUsualLine = 512;

std::string_view name_of(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
    case Level::kOff:
      break;
  }
  return "off";
}

char digit(int value) {
  return static_cast<char>('0' + value);
}

void append_number(std::string& line, std::int64_t number) {
  const fmt::format_int digits(number);
  line.append(digits.data(), digits.size());
}

/// Three decimals. By way of whole thousandths: what a library does to be exact takes longer than all the rest of a
/// line.
void append_decimal(std::string& line, double real) {
  constexpr double kMostThousandths = 1e15;  // a double still tells them apart
  const double thousandths = std::round(real * 1000);
  if (!(std::abs(thousandths) < kMostThousandths)) {
    line += fmt::format("{:.3f}", real);
    return;
  }
  const auto whole = static_cast<std::int64_t>(std::abs(thousandths));
  if (thousandths < 0) line += '-';
  append_number(line, whole / 1000);
  const auto rest = static_cast<int>(whole % 1000);
  const std::array<char, 4> decimals{'.', digit(rest / 100), digit(rest / 10 % 10), digit(rest % 10)};
  line.append(decimals.data(), decimals.size());
}

void append_value(std::string& line, const Field& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    append_json_string(line, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    append_number(line, *number);
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    append_decimal(line, *real);
  } else {
    line += std::get<bool>(field.value) ? "true" : "false";
  }
}

}  // namespace

void set_level(Level level) {
  threshold.store(level, std::memory_order_relaxed);
}

bool enabled(Level level) {
  return level >= threshold.load(std::memory_order_relaxed);
}

Result<Level> parse_level(std::string_view name) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError, Level::kOff}) {
    if (name_of(level) == name) return level;
  }
  return fail("config_value_invalid",
              fmt::format("'{}' is no log level; use debug, info, warning, error or off", name));
}

Result<std::move_only_function<void()>> prepare_target(const Target& target) {
  Result<std::unique_ptr<LogSink>> sink;
  switch (target.to) {
    case Destination::kStandardError:
      sink = make_descriptor_sink(STDERR_FILENO);
      break;
    case Destination::kStandardOutput:
      sink = make_descriptor_sink(STDOUT_FILENO);
      break;
    case Destination::kFile:
      sink = open_log_file({target.file, target.rotate_size, target.rotate_keep, target.rotate_daily});
      break;
    case Destination::kJournal:
      sink = open_journal(target.journal_socket);
      break;
  }
  if (!sink) return std::unexpected(std::move(sink.error()));
  return [opened = std::move(*sink)]() mutable { log_output().replace(std::move(opened)); };
}

void reopen() {
  log_output().reopen();
}

void flush() {
  log_output().flush();
}

std::uint64_t lines_dropped() {
  return log_output().dropped();
}

void write(Level level, std::string_view event, std::span<const Field> fields) {
  std::string line;
  line.reserve(kUsualLine);
  line += R"({"time":")";
  std::array<char, kRfc3339Length> now;
  write_rfc3339(utc_now(), now.data());
  line.append(now.data(), now.size());
  line += R"(","level":")";
  line += name_of(level);
  line += R"(","event":)";
  append_json_string(line, event);
  for (const Field& field : fields) {
    line += ',';
    append_json_string(line, field.name);
    line += ':';
    append_value(line, field);
  }
  line += '}';
  if (level >= Level::kWarning) {
    log_output().write_now(line);
  } else {
    log_output().add(line);
  }
}

}  // namespace yizhan::log
