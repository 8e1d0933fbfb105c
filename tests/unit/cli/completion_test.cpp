#include "cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

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
  const auto answer = commands.write_file("answer", "");
  const std::string program = "source " + script.string() + "; COMP_WORDS=(" + array +
                              "); COMP_CWORD=" + std::to_string(words.size() - 1) +
                              "; _yizhan; printf '%s\\n' \"${COMPREPLY[@]}\" > " + answer.string() + " 2>&1";
  std::string file = commands.write_file("ask.bash", program).string();
  std::string shell = "bash";
  char* arguments[] = {shell.data(), file.data(), nullptr};
  pid_t child = 0;
  EXPECT_EQ(posix_spawnp(&child, shell.c_str(), nullptr, nullptr, arguments, environ), 0);
  EXPECT_EQ(waitpid(child, nullptr, 0), child);
  std::vector<std::string> lines;
  std::ifstream offered(answer);
  for (std::string line; std::getline(offered, line);) {
    if (!line.empty()) lines.push_back(line);
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
  EXPECT_THAT(offered_by_bash(commands, {"yizhan", "completion", ""}),
              ::testing::IsSupersetOf({"bash", "zsh", "fish"}));
}

TEST(Completion, EveryShellKnowsEveryCommand) {
  CommandRunner commands;
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = commands.output_of({"completion", shell});
    for (const char* word :
         {"serve", "dead-letters", "list", "secret", "oldest-first", "data-dir", "standard-webhooks-v1a"}) {
      EXPECT_THAT(script, HasSubstr(word)) << shell;
    }
  }
  EXPECT_THAT(commands.output_of({"completion", "zsh"}), ::testing::StartsWith("#compdef yizhan\n"));
}

}  // namespace
}  // namespace yizhan::cli
