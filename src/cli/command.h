// What a command declares of itself: its group, options and arguments. Handles on the parser, which stays out of sight:
// its header costs every file that includes it three seconds.
#pragma once

#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's name
class App;
class Option;
}  // namespace CLI

namespace yizhan::cli {

/// An option (`--limit`) or an argument (`id`) of a command. Copies mean the same one.
class CommandOption {
 public:
  explicit CommandOption(CLI::Option& option) : option_(&option) {}

  /// How the help calls its value: `N`; `bash|zsh|fish` where that is a closed list.
  CommandOption type_name(const std::string& name) const;
  CommandOption required() const;
  /// Only numbers above 0.
  CommandOption positive() const;
  /// Only numbers from `least` to `most`.
  CommandOption between(int least, int most) const;
  /// Of an option that may be repeated: what follows its value is not another one.
  CommandOption one_value_each() const;
  /// `a,b` is two values.
  CommandOption comma_separated() const;

 private:
  CLI::Option* option_;
};

/// A command, or the whole program. Copies mean the same one; valid as long as the command line is.
class Command {
 public:
  explicit Command(CLI::App& parser) : parser_(&parser) {}

  /// The title under which the list of commands has it.
  void group(const std::string& title) const;
  /// Another name that is understood as well.
  void alias(const std::string& name) const;
  /// `value` is set when the option is given, and must outlive the command line. A name without dashes is an argument.
  /// Value: std::string, std::vector<std::string>, int, std::int64_t or double.
  template <class Value>
  CommandOption add_option(const std::string& names, Value& value, const std::string& says) const;
  CommandOption add_flag(const std::string& names, bool& value, const std::string& says) const;
  /// Whether the command line has the option of that name.
  bool has(const std::string& option) const;

  CLI::App& parser() const { return *parser_; }

 private:
  CLI::App* parser_;
};

}  // namespace yizhan::cli
