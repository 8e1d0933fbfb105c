#include "cli/completion.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "cli/shell_quoted.h"

namespace yizhan::cli {
namespace {

struct Named {
  std::string name;
  std::string says;
};

struct CompletedOption {
  std::string name;  ///< with its dashes
  std::string says;
  std::vector<std::string> values;  ///< what it may be, where that is a closed list
  bool takes_file = false;
  bool takes_value = false;
};

/// One command as a shell sees it: what may follow the words of `path`.
struct Place {
  std::string path;  ///< `` for the program, `events`, `events show`
  std::vector<Named> commands;
  std::vector<CompletedOption> options;
  std::vector<std::string> values;  ///< of its arguments
};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// `a|b|c`, the way in which type names spell a closed list.
std::vector<std::string> closed_list(const std::string& type_name) {
  std::vector<std::string> values;
  if (type_name.find('|') == std::string::npos) return values;
  std::size_t begin = 0;
  while (begin <= type_name.size()) {
    const std::size_t end = std::min(type_name.find('|', begin), type_name.size());
    values.push_back(type_name.substr(begin, end - begin));
    begin = end + 1;
  }
  return values;
}

void collect(const CLI::App& command, const std::string& path, const std::vector<CompletedOption>& inherited,
             std::vector<Place>& places) {
  Place place{path, {}, {}, {}};
  for (const CLI::Option* option : command.get_options()) {
    const std::string type_name = option->get_type_name();
    const bool takes_value = option->get_expected_max() > 0 && option->get_type_size() > 0;
    if (option->get_positional()) {
      for (std::string& value : closed_list(type_name)) place.values.push_back(std::move(value));
      continue;
    }
    for (const std::string& name : option->get_lnames()) {
      place.options.push_back({"--" + name, option->get_description(),
                               takes_value ? closed_list(type_name) : std::vector<std::string>(),
                               type_name == "FILE" || type_name == "DIRECTORY", takes_value});
    }
  }
  std::vector<CompletedOption> for_below = inherited;
  if (path.empty()) for_below = place.options;
  for (const CompletedOption& option : inherited) {
    if (option.name != "--help") place.options.push_back(option);
  }
  const auto subs = command.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* sub : subs) place.commands.push_back({sub->get_name(), first_line(sub->get_description())});
  places.push_back(std::move(place));
  for (const CLI::App* sub : subs) {
    collect(*sub, path.empty() ? sub->get_name() : path + ' ' + sub->get_name(), for_below, places);
  }
}

template <class Range, class Text>
std::string joined(const Range& range, std::string_view separator, Text text_of) {
  std::string out;
  for (const auto& item : range) {
    if (!out.empty()) out += separator;
    out += text_of(item);
  }
  return out;
}

std::string paths_as_patterns(const std::vector<Place>& places) {
  std::vector<std::string> paths;
  for (const Place& place : places) {
    if (!place.path.empty()) paths.push_back(place.path);
  }
  return joined(paths, "|", [](const std::string& path) { return fmt::format("\"{}\"", path); });
}

std::string file_options(const std::vector<Place>& places) {
  std::vector<std::string> names;
  for (const Place& place : places) {
    for (const CompletedOption& option : place.options) {
      if (option.takes_file && std::ranges::find(names, option.name) == names.end()) names.push_back(option.name);
    }
  }
  return joined(names, "|", [](const std::string& name) { return name; });
}

std::string bash_script(const std::vector<Place>& places) {
  std::string values;
  std::string words;
  for (const Place& place : places) {
    for (const CompletedOption& option : place.options) {
      if (option.values.empty()) continue;
      values += fmt::format("    \"{} {}\") COMPREPLY=($(compgen -W \"{}\" -- \"$current\")); return ;;\n", place.path,
                            option.name, joined(option.values, " ", [](const std::string& value) { return value; }));
    }
    std::vector<std::string> all = place.values;
    for (const Named& command : place.commands) all.push_back(command.name);
    for (const CompletedOption& option : place.options) all.push_back(option.name);
    words += fmt::format("    \"{}\") words=\"{}\" ;;\n", place.path,
                         joined(all, " ", [](const std::string& word) { return word; }));
  }
  return fmt::format(R"(# bash completion for yizhan:  source <(yizhan completion bash)
_yizhan() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" path="" words="" next i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="${{path:+$path }}${{COMP_WORDS[i]}}"
    case "$next" in
      {}) path="$next" ;;
    esac
  done
  case "$path $previous" in
{}  esac
  case "$previous" in
    {}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case "$path" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -F _yizhan yizhan
)",
                     paths_as_patterns(places), values, file_options(places), words);
}

std::string zsh_script(const std::vector<Place>& places) {
  const auto described = [](const std::string& name, const std::string& says) {
    std::string escaped;
    for (const char character : first_line(says)) {
      if (character == ':' || character == '\\') escaped += '\\';
      escaped += character;
    }
    return shell_quoted(fmt::format("{}:{}", name, escaped));
  };
  std::string values;
  std::string cases;
  for (const Place& place : places) {
    for (const CompletedOption& option : place.options) {
      if (option.values.empty()) continue;
      values += fmt::format("    \"{} {}\") compadd -- {}; return ;;\n", place.path, option.name,
                            joined(option.values, " ", [](const std::string& value) { return value; }));
    }
    cases += fmt::format("    \"{}\")\n", place.path);
    if (!place.values.empty()) {
      cases += fmt::format("      compadd -- {}\n",
                           joined(place.values, " ", [](const std::string& value) { return value; }));
    }
    if (!place.commands.empty()) {
      cases += fmt::format(
          "      entries=({})\n      _describe -t commands command entries\n",
          joined(place.commands, " ", [&](const Named& command) { return described(command.name, command.says); }));
    }
    cases += fmt::format(
        "      entries=({})\n      _describe -t options option entries ;;\n",
        joined(place.options, " ", [&](const CompletedOption& option) { return described(option.name, option.says); }));
  }
  return fmt::format(R"(#compdef yizhan
# zsh completion for yizhan:  source <(yizhan completion zsh)
_yizhan() {{
  local place="" next i previous="${{words[CURRENT-1]}}"
  local -a entries
  for ((i = 2; i < CURRENT; i++)); do
    next="${{place:+$place }}${{words[i]}}"
    case "$next" in
      {}) place="$next" ;;
    esac
  done
  case "$place $previous" in
{}  esac
  case "$previous" in
    {}) _files; return ;;
  esac
  case "$place" in
{}  esac
}}
if [ "$funcstack[1]" = _yizhan ]; then
  _yizhan "$@"
else
  compdef _yizhan yizhan
fi
)",
                     paths_as_patterns(places), values, file_options(places), cases);
}

std::string fish_script(const std::vector<Place>& places) {
  std::string script = fmt::format(R"(# fish completion for yizhan:  yizhan completion fish | source
function __yizhan_place
    set -l place ''
    for word in (commandline -opc)[2..-1]
        set -l next (string trim -- "$place $word")
        switch $next
            case {}
                set place $next
        end
    end
    test "$place" = "$argv[1]"
end
complete -c yizhan -f
)",
                                   joined(places, " ", [](const Place& place) { return shell_quoted(place.path); }));
  for (const Place& place : places) {
    const std::string condition = fmt::format("\"__yizhan_place '{}'\"", place.path);
    for (const Named& command : place.commands) {
      script +=
          fmt::format("complete -c yizhan -n {} -a {} -d {}\n", condition, command.name, shell_quoted(command.says));
    }
    for (const std::string& value : place.values)
      script += fmt::format("complete -c yizhan -n {} -a {}\n", condition, value);
    for (const CompletedOption& option : place.options) {
      script += fmt::format("complete -c yizhan -n {} -l {} -d {}", condition, option.name.substr(2),
                            shell_quoted(first_line(option.says)));
      if (option.takes_value) script += " -x";
      if (option.takes_file) script += " -F";
      if (!option.values.empty()) {
        script += " -a " + shell_quoted(joined(option.values, " ", [](const std::string& value) { return value; }));
      }
      script += '\n';
    }
  }
  return script;
}

}  // namespace

std::optional<Shell> parse_shell(std::string_view name) {
  if (name == "bash") return Shell::kBash;
  if (name == "zsh") return Shell::kZsh;
  if (name == "fish") return Shell::kFish;
  return std::nullopt;
}

std::string completion_script(Command root, Shell shell) {
  std::vector<Place> places;
  collect(root.parser(), "", {}, places);
  switch (shell) {
    case Shell::kBash:
      return bash_script(places);
    case Shell::kZsh:
      return zsh_script(places);
    case Shell::kFish:
      return fish_script(places);
  }
  return "";
}

}  // namespace yizhan::cli
