#include "cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>

#include "command_runner.h"

namespace yizhan::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What bash offers after `words`, with the script loaded.
std::vector<std::string> offered_by_bash(CommandRunner& commands, const std::vector<std::string>& words) {
  const auto script = commands.write_file("completion.bash", commands.output_of({"completion", "bash"}));
  std::string array;
  for (const std::string& word : words) array += "'" + word + "' ";
  const std::string program = "source " + script.string() + "; COMP_WORDS=(" + array + "); COMP_CWORD=" +
                              std::to_string(words.size() - 1) + "; _yizhan; printf '%s\\n' \"${COMPREPLY[@]}\"";
  const auto file = commands.write_file("ask.bash", program);
  struct Close {
    void operator()(FILE* pipe) const { pclose(pipe); }
  };
  const std::unique_ptr<FILE, Close> pipe(popen(("bash " + file.string() + " 2>&1").c_str(), "r"));
  std::vector<std::string> lines;
  std::array<char, 256> line{};
  while (fgets(line.data(), line.size(), pipe.get()) != nullptr) {
    std::string text = line.data();
    while (text.ends_with('\n')) text.pop_back();
    if (!text.empty()) lines.push_back(text);
  }
  return lines;
}

TEST(Completion, BashOffersCommandsOptionsAndValues) {
  CommandRunner commands;
  EXPECT_THAT(offered_by_bash(commands, {"yizhan", "em"}), ElementsAre("emit"));
  EXPECT_THAT(offered_by_bash(commands, {"yizhan", "events", ""}),
              ::testing::IsSupersetOf({"list", "show", "--json", "--store"}));
  EXPECT_THAT(offered_by_bash(commands, {"yizhan", "--json", "events", "li"}), ElementsAre("list"));
  EXPECT_THAT(offered_by_bash(commands, {"yizhan", "events", "list", "--old"}), ElementsAre("--oldest-first"));
  EXPECT_THAT(offered_by_bash(commands, {"yizhan", "events", "list", "--status", "de"}),
              ElementsAre("delivered", "dead_letter"));
  EXPECT_THAT(offered_by_bash(commands, {"yizhan", "completion", ""}), ::testing::IsSupersetOf({"bash", "zsh", "fish"}));
}

TEST(Completion, EveryShellKnowsEveryCommand) {
  CommandRunner commands;
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = commands.output_of({"completion", shell});
    for (const char* word : {"serve", "dead-letters", "list", "secret", "oldest-first", "data-dir", "standard-webhooks-v1a"}) {
      EXPECT_THAT(script, HasSubstr(word)) << shell;
    }
  }
  EXPECT_THAT(commands.output_of({"completion", "zsh"}), ::testing::StartsWith("#compdef yizhan\n"));
}

}  // namespace
}  // namespace yizhan::cli
