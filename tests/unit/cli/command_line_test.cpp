#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/exit_status.h"
#include "command_runner.h"

namespace yizhan::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST(CommandLine, WithoutACommandItExplainsItself) {
  CommandRunner commands;
  const CommandOutcome outcome = commands.run({});
  EXPECT_EQ(outcome.status, 0);
  for (const char* command :
       {"serve",     "emit",   "sink",     "send-test",    "push-test",  "notifications", "devices", "waybills",
        "doctor",    "events", "attempts", "dead-letters", "ledger",     "sql",           "replay",  "discard",
        "endpoints", "config", "keys",     "migrate",      "completion", "version"}) {
    EXPECT_THAT(outcome.out, HasSubstr(std::string("\n  ") + command)) << command;
  }
  EXPECT_THAT(outcome.out, HasSubstr("Exit status"));
}

TEST(CommandLine, EveryCommandTeachesWithExamples) {
  CommandRunner commands;
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{{"serve"},
                                                                                       {"emit"},
                                                                                       {"sink"},
                                                                                       {"send-test"},
                                                                                       {"send-test", "express"},
                                                                                       {"push-test"},
                                                                                       {"notifications"},
                                                                                       {"notifications", "list"},
                                                                                       {"notifications", "show"},
                                                                                       {"notifications", "resend"},
                                                                                       {"devices"},
                                                                                       {"devices", "list"},
                                                                                       {"devices", "show"},
                                                                                       {"devices", "register"},
                                                                                       {"devices", "unregister"},
                                                                                       {"waybills"},
                                                                                       {"waybills", "put"},
                                                                                       {"waybills", "show"},
                                                                                       {"doctor"},
                                                                                       {"doctor", "schema"},
                                                                                       {"keys", "generate"},
                                                                                       {"keys", "verify"},
                                                                                       {"events"},
                                                                                       {"events", "list"},
                                                                                       {"events", "show"},
                                                                                       {"attempts"},
                                                                                       {"dead-letters"},
                                                                                       {"ledger"},
                                                                                       {"sql"},
                                                                                       {"replay"},
                                                                                       {"discard"},
                                                                                       {"endpoints"},
                                                                                       {"endpoints", "list"},
                                                                                       {"endpoints", "enable"},
                                                                                       {"endpoints", "disable"},
                                                                                       {"config"},
                                                                                       {"config", "show"},
                                                                                       {"config", "check"},
                                                                                       {"config", "docs"},
                                                                                       {"config", "sample"},
                                                                                       {"keys"},
                                                                                       {"keys", "create"},
                                                                                       {"keys", "list"},
                                                                                       {"keys", "revoke"},
                                                                                       {"keys", "secret"},
                                                                                       {"migrate"},
                                                                                       {"completion"},
                                                                                       {"version"}}) {
    std::vector<std::string> arguments = command;
    arguments.emplace_back("--help");
    const CommandOutcome outcome = commands.run(arguments);
    EXPECT_EQ(outcome.status, 0) << command.back();
    EXPECT_THAT(outcome.out, HasSubstr("Examples\n  ")) << command.back();
    EXPECT_THAT(outcome.out, HasSubstr("yizhan " + command.front())) << command.back();
    EXPECT_THAT(outcome.err, IsEmpty());
  }
}

TEST(CommandLine, MistakesAreExplainedWithWhatWasMeant) {
  CommandRunner commands;
  const auto error_of = [&](const std::vector<std::string>& arguments) {
    const CommandOutcome outcome = commands.run(arguments);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, AllOf(StartsWith("yizhan: "), HasSubstr("[usage_invalid]\n")));
    return outcome.err;
  };
  EXPECT_THAT(error_of({"emitt"}), HasSubstr("did you mean 'emit'?"));
  EXPECT_THAT(error_of({"dead"}), HasSubstr("did you mean 'dead-letters'?")) << "what was only begun";
  EXPECT_THAT(error_of({"events", "lst"}), HasSubstr("did you mean 'list'?"));
  EXPECT_THAT(error_of({"show"}), AllOf(HasSubstr("did you mean 'yizhan "), HasSubstr(" or 'yizhan events show' or ")));
  EXPECT_THAT(error_of({"xyzzyx"}), AllOf(Not(HasSubstr("did you mean")), HasSubstr("yizhan --help")));
  EXPECT_THAT(error_of({"events", "list", "--platfrom", "crm"}), HasSubstr("did you mean '--platform'?"));
  EXPECT_THAT(error_of({"events", "list", "--platfrom=crm"}), HasSubstr("did you mean '--platform'?"));
  EXPECT_THAT(error_of({"events", "show"}), HasSubstr("yizhan events show --help"));
  EXPECT_THAT(error_of({"events", "show", "a", "b"}), HasSubstr("no further argument 'b'"));
  EXPECT_THAT(error_of({"events", "list", "--limit", "many"}), HasSubstr("--limit"));
  EXPECT_THAT(error_of({"events", "list", "--limit", "0"}), HasSubstr("--limit"));
  EXPECT_THAT(error_of({"completion", "tcsh"}), HasSubstr("bash, zsh, fish"));
}

TEST(CommandLine, GlobalOptionsStandBeforeOrAfterTheCommand) {
  CommandRunner commands;
  EXPECT_THAT(commands.output_of({"--json", "version"}), StartsWith("{\"version\":"));
  EXPECT_THAT(commands.output_of({"version", "--json"}), StartsWith("{\"version\":"));
  EXPECT_THAT(commands.output_of({"version"}), StartsWith("yizhan "));
}

TEST(CommandLine, HelpAndVersionAreUnderstoodEitherWay) {
  CommandRunner commands;
  EXPECT_EQ(commands.output_of({"help"}), commands.output_of({}));
  EXPECT_EQ(commands.output_of({"help", "events", "list"}), commands.output_of({"events", "list", "--help"}));
  EXPECT_EQ(commands.output_of({"--version"}), commands.output_of({"version"}));
}

TEST(CommandLine, ArgumentsThatLookLikeCommandsAreArguments) {
  CommandRunner commands;
  commands.output_of({"migrate"});
  const CommandOutcome outcome = commands.run({"events", "show", "ledger"});
  EXPECT_EQ(outcome.status, 5);
  EXPECT_THAT(outcome.err, HasSubstr("'ledger'"));
}

TEST(CommandLine, AWrongConfigurationIsAUsageErrorThatNamesEveryProblem) {
  CommandRunner commands;
  const CommandOutcome one = commands.run({"config", "check", "--set", "log.level=loud"});
  EXPECT_EQ(one.status, 2);
  EXPECT_THAT(one.err, AllOf(HasSubstr("log.level"), HasSubstr("loud"), HasSubstr("[config_value_invalid]")));
  const CommandOutcome two = commands.run({"config", "check", "--set", "log.level=loud", "--set", "listen.api=x"});
  EXPECT_EQ(two.status, 2);
  EXPECT_THAT(two.err, AllOf(HasSubstr("log.level"), HasSubstr("listen.api"), HasSubstr("[config_invalid]")));
}

TEST(CommandLine, AMissingStoreSaysHowToGetOne) {
  CommandRunner commands;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"events", "list"}, {"ledger"}, {"sql", "SELECT 1"}, {"keys", "list"}}) {
    const CommandOutcome outcome = commands.run(arguments);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err,
                AllOf(HasSubstr("yizhan serve"), HasSubstr("yizhan migrate"), HasSubstr("[store_missing]")));
  }
  EXPECT_FALSE(std::filesystem::exists(commands.folder() / "data")) << "looking makes nothing";
}

TEST(CommandLine, OutputThatCannotBeWrittenIsAFailure) {
  std::istringstream in;
  std::ostringstream err;
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  Terminal terminal{in, out, err};
  EXPECT_EQ(cli::run({"version"}, terminal, {}), 1);
  EXPECT_THAT(err.str(), HasSubstr("[output_failed]"));
}

TEST(ExitStatus, FollowsTheErrorsCode) {
  const auto status = [](std::string_view code) { return exit_status_of({code, ""}); };
  EXPECT_EQ(status("usage_invalid"), ExitStatus::kUsage);
  EXPECT_EQ(status("config_value_invalid"), ExitStatus::kUsage);
  EXPECT_EQ(status("store_unavailable"), ExitStatus::kStoreUnavailable);
  EXPECT_EQ(status("store_locked"), ExitStatus::kStoreUnavailable);
  EXPECT_EQ(status("service_unavailable"), ExitStatus::kStoreUnavailable);
  EXPECT_EQ(status("event_not_found"), ExitStatus::kNotFound);
  EXPECT_EQ(status("sql_error"), ExitStatus::kFailed);
}

}  // namespace
}  // namespace yizhan::cli
