#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <iostream>

namespace yizhan::cli {
namespace {

constexpr int kUnknownWidth = 80;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

int terminal_width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const std::string_view columns = variable("COLUMNS");
  int width = 0;
  std::from_chars(columns.data(), columns.data() + columns.size(), width);
  return width > 0 ? width : kUnknownWidth;
}

std::string_view escape_sequence(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kStrong:
      return "\x1b[1m";
    case Style::kFaint:
      return "\x1b[2m";
    case Style::kGood:
      return "\x1b[32m";
    case Style::kWarning:
      return "\x1b[33m";
    case Style::kBad:
      return "\x1b[31m";
  }
  return "";
}

}  // namespace

Terminal process_terminal() {
  Terminal terminal{std::cin, std::cout, std::cerr};
  terminal.in_is_terminal = isatty(STDIN_FILENO) == 1;
  terminal.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  terminal.err_is_terminal = isatty(STDERR_FILENO) == 1;
  terminal.width = terminal.out_is_terminal ? terminal_width() : 0;
  terminal.color = terminal.out_is_terminal && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
  return terminal;
}

std::string styled(std::string_view text, Style style, bool color) {
  const std::string_view start = escape_sequence(style);
  if (!color || start.empty() || text.empty()) return std::string(text);
  std::string out(start);
  out += text;
  out += "\x1b[0m";
  return out;
}

}  // namespace yizhan::cli
