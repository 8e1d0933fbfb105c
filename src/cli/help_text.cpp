#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ranges>

#include "cli/command_line.h"
#include "cli/display_text.h"

namespace yizhan::cli {
namespace {

constexpr int kUsualWidth = 100;
constexpr int kIndent = 2;
constexpr int kWidestName = 34;

struct Entry {
  std::string name;
  std::string says;
};

class HelpWriter {
 public:
  HelpWriter(int width, bool color) : width_(width), color_(color) {}

  /// A paragraph that begins with a space is laid out already.
  void text(std::string_view paragraph) {
    out_ += paragraph.starts_with(' ') ? std::string(paragraph) : wrapped(paragraph, width_, 0);
    out_ += '\n';
  }

  void title(std::string_view name) {
    out_ += '\n';
    out_ += styled(name, Style::kStrong, color_);
    out_ += '\n';
  }

  void indented(std::string_view line) {
    out_.append(kIndent, ' ');
    out_ += line;
    out_ += '\n';
  }

  void entries(const std::vector<Entry>& entries) {
    int name_width = 0;
    for (const Entry& entry : entries) {
      const int width = display_width(entry.name);
      if (width <= kWidestName) name_width = std::max(name_width, width);
    }
    const int says_at = kIndent + name_width + 2;
    for (const Entry& entry : entries) {
      std::string line(kIndent, ' ');
      line += padded_right(entry.name, name_width);
      const std::string says = wrapped(entry.says, width_, says_at, says_at);
      if (display_width(entry.name) > name_width) {
        line += '\n' + std::string(static_cast<std::size_t>(says_at), ' ');
      } else {
        line += "  ";
      }
      out_ += line + says + '\n';
    }
  }

  void examples(std::string_view footer) {
    bool is_command = true;
    for (const auto part : footer | std::views::split('\n')) {
      const std::string_view line(part.begin(), part.end());
      if (line.empty()) continue;
      if (is_command) {
        indented(line);
      } else {
        out_.append(kIndent * 3, ' ');
        out_ += styled(line, Style::kFaint, color_) + '\n';
      }
      is_command = !is_command;
    }
  }

  std::string take() { return std::move(out_); }

 private:
  int width_;
  bool color_;
  std::string out_;
};

bool takes_value(const CLI::Option& option) {
  return option.get_expected_max() > 0 && option.get_type_size() > 0;
}

/// Validators add themselves to a type's name: `N:POSITIVE`.
std::string type_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

/// A closed list (`a|b|c`) that is too long to stand beside the option's name.
bool is_long_list(const std::string& type) {
  constexpr std::size_t kLongest = 24;
  return type.size() > kLongest && type.find('|') != std::string::npos;
}

std::string shown_name(const CLI::Option& option) {
  if (option.get_positional()) {
    std::string name = option.get_name(true);
    if (option.get_expected_max() > 1) name += "…";
    return option.get_required() ? name : "[" + name + "]";
  }
  std::string name;
  for (const std::string& letter : option.get_snames()) name += (name.empty() ? "-" : ", -") + letter;
  for (const std::string& word : option.get_lnames()) name += (name.empty() ? "--" : ", --") + word;
  if (!takes_value(option)) return name;
  return name + ' ' + (is_long_list(type_of(option)) ? "ONE" : type_of(option));
}

std::string description_of(const CLI::Option& option) {
  const std::string type = type_of(option);
  std::string says = option.get_description();
  const bool beside_name = !option.get_positional() && !is_long_list(type);
  if (!takes_value(option) || type.find('|') == std::string::npos || beside_name) return says;
  says += ": ";
  for (const char character : type) says += character == '|' ? std::string(", ") : std::string(1, character);
  return says;
}

std::vector<Entry> entries_of(const CLI::App& command, bool positional) {
  std::vector<Entry> entries;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() != positional || option->get_group().empty()) continue;
    entries.push_back({shown_name(*option), description_of(*option)});
  }
  return entries;
}

std::string summary(const CLI::App& command) {
  const std::string description = command.get_description();
  return description.substr(0, description.find('\n'));
}

std::string usage_line(const CLI::App& command, bool has_commands) {
  std::string line = full_name(command) + " [options]";
  if (has_commands) line += " <command>";
  for (const Entry& entry : entries_of(command, true)) line += ' ' + entry.name;
  return line;
}

void write_commands(HelpWriter& writer, const CLI::App& command) {
  std::vector<std::string> groups;
  const auto subs = command.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* sub : subs) {
    if (std::ranges::find(groups, sub->get_group()) == groups.end()) groups.push_back(sub->get_group());
  }
  for (const std::string& group : groups) {
    std::vector<Entry> entries;
    for (const CLI::App* sub : subs) {
      if (sub->get_group() == group) entries.push_back({sub->get_name(), summary(*sub)});
    }
    writer.title(group == "Subcommands" ? "Commands" : group);
    writer.entries(entries);
  }
}

void write_exit_statuses(HelpWriter& writer) {
  std::vector<Entry> entries;
  entries.reserve(std::size(kExitStatusMeanings));
  for (const ExitStatusMeaning& known : kExitStatusMeanings) {
    entries.push_back({fmt::format("{:>3}", static_cast<int>(known.status)), std::string(known.meaning)});
  }
  writer.title("Exit status");
  writer.entries(entries);
}

}  // namespace

std::string help_text(const CLI::App& command, const Terminal& terminal) {
  HelpWriter writer(terminal.width > 0 ? std::min(terminal.width, kUsualWidth) : kUsualWidth, terminal.color);
  const bool is_root = command.get_parent() == nullptr;
  const bool has_commands = !command.get_subcommands([](const CLI::App*) { return true; }).empty();

  const std::string first = summary(command);
  writer.text(is_root ? first : full_name(command) + ": " + first);
  const std::string description = command.get_description();
  if (first.size() < description.size()) {
    writer.text("");
    for (const auto part : std::string_view(description).substr(first.size() + 1) | std::views::split('\n')) {
      writer.text(std::string_view(part.begin(), part.end()));
    }
  }
  writer.title("Usage");
  writer.indented(usage_line(command, has_commands));
  write_commands(writer, command);
  const std::vector<Entry> positionals = entries_of(command, true);
  if (!positionals.empty()) {
    writer.title("Arguments");
    writer.entries(positionals);
  }
  const std::vector<Entry> options = entries_of(command, false);
  if (!options.empty()) {
    writer.title(is_root ? "Options of every command" : "Options");
    writer.entries(options);
  }
  if (!command.get_footer().empty()) {
    writer.title("Examples");
    writer.examples(command.get_footer());
  }
  if (is_root) write_exit_statuses(writer);
  std::string text = writer.take();
  if (!is_root) text += "\nOptions of every command (--store, --json …): yizhan --help\n";
  return text;
}

}  // namespace yizhan::cli
