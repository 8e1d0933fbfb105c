#include "cli/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace yizhan::cli {
namespace {

using ::testing::ElementsAre;

/// Whether the program takes these words, the last one first.
bool takes(CLI::App& program, std::vector<std::string> reversed) {
  try {
    program.parse(std::move(reversed));
    return true;
  } catch (const CLI::ParseError&) {
    return false;
  }
}

TEST(Command, SplitsAtCommasAndTakesOneValueForEachMention) {
  CLI::App program;
  const Command command(program);
  std::vector<std::string> statuses;
  std::vector<std::string> ids;
  command.add_option("--status", statuses, "").one_value_each().comma_separated();
  command.add_option("id", ids, "");
  ASSERT_TRUE(takes(program, {"c", "--status", "first", "a,b", "--status"}));
  EXPECT_THAT(statuses, ElementsAre("a", "b", "c"));
  EXPECT_THAT(ids, ElementsAre("first"));
}

TEST(Command, KnowsWhichOptionsWereGiven) {
  CLI::App program;
  const Command command(program);
  std::string roles = "push";
  bool json = false;
  command.add_option("--roles", roles, "");
  command.add_flag("--json", json, "");
  ASSERT_TRUE(takes(program, {"--json"}));
  EXPECT_TRUE(command.has("--json"));
  EXPECT_TRUE(json);
  EXPECT_FALSE(command.has("--roles"));
  EXPECT_EQ(roles, "push");
}

TEST(Command, RefusesNumbersOutOfBounds) {
  CLI::App program;
  const Command command(program);
  int limit = 0;
  int years = 0;
  command.add_option("--limit", limit, "").positive();
  command.add_option("--years", years, "").between(1, 100);
  EXPECT_TRUE(takes(program, {"1", "--limit", "100", "--years"}));
  EXPECT_FALSE(takes(program, {"0", "--limit"}));
  EXPECT_FALSE(takes(program, {"0", "--years"}));
  EXPECT_FALSE(takes(program, {"101", "--years"}));
}

TEST(Command, MissesAnArgumentThatIsRequired) {
  CLI::App program;
  const Command command(program);
  std::string id;
  command.add_option("id", id, "").type_name("ID").required();
  EXPECT_FALSE(takes(program, {}));
  EXPECT_TRUE(takes(program, {"e-1"}));
  EXPECT_EQ(id, "e-1");
}

TEST(Command, IsKnownByItsAlias) {
  CLI::App program;
  CLI::App& child = *program.add_subcommand("dead-letters");
  const Command command(child);
  command.alias("dead-letter");
  EXPECT_TRUE(takes(program, {"dead-letter"}));
  EXPECT_TRUE(child.parsed());
}

}  // namespace
}  // namespace yizhan::cli
