// Sources and their order, and how what is wrong is reported.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "loading.h"

namespace yizhan::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Load, NothingAtAllGivesTheDefaults) {
  const Loaded loaded = load_well({});
  EXPECT_EQ(loaded.config.store.url, "sqlite:./yizhan-data/yizhan.db");
  EXPECT_EQ(loaded.config.listen.api, "127.0.0.1:7401");
  EXPECT_EQ(loaded.config.roles, Roles{});
  EXPECT_EQ(loaded.config.stop_grace, Seconds{20});
  EXPECT_EQ(loaded.config.dispatch.queue_memory, 32U << 20);
  EXPECT_THAT(loaded.config.platforms, IsEmpty());
  EXPECT_THAT(loaded.origins, IsEmpty());
  EXPECT_THAT(loaded.warnings, IsEmpty());
  EXPECT_EQ(loaded.file, "");
}

TEST(Load, EachSourceWinsOverTheOnesBefore) {
  World world;
  const auto now = [&] {
    const Loaded loaded = load_well(world);
    const Platform* crm = loaded.config.find_platform("crm");
    const auto origin = loaded.origins.find("platforms.crm.max_retries");
    return std::pair(crm ? crm->policy.max_retries : -1,
                     origin == loaded.origins.end() ? std::string("default") : origin->second.where);
  };
  world.files[kFile] = kCrm;
  EXPECT_EQ(now(), std::pair(5, std::string("default")));
  world.files[kFile] += "max_retries = 6\n";
  EXPECT_EQ(now(), std::pair(6, std::string("./yizhan.toml:4")));
  world.variables["AI_CS_PLATFORM_CRM_CALLBACK_MAX_RETRIES"] = "7";
  EXPECT_EQ(now(), std::pair(7, std::string("AI_CS_PLATFORM_CRM_CALLBACK_MAX_RETRIES")));
  world.variables["YIZHAN_PLATFORM_CRM_MAX_RETRIES"] = "8";
  EXPECT_EQ(now(), std::pair(8, std::string("YIZHAN_PLATFORM_CRM_MAX_RETRIES")));
  world.sets = {"platforms.crm.max_retries=9"};
  EXPECT_EQ(now(), std::pair(9, std::string("--set")));
  world.sets.emplace_back("platforms.crm.max_retries=10");
  EXPECT_EQ(now(), std::pair(10, std::string("--set")));
}

TEST(Load, OfTheFilesNamedTheFlagWinsOverTheVariable) {
  World world{.files = {{"a.toml", "data_dir = \"a\""}, {"b.toml", "data_dir = \"b\""}, {kFile, "data_dir = \"c\""}}};
  EXPECT_EQ(load_well(world).config.data_dir, "c");
  world.variables["YIZHAN_CONFIG"] = "b.toml";
  EXPECT_EQ(load_well(world).config.data_dir, "b");
  Inputs inputs = world.inputs();
  inputs.file = "a.toml";
  const auto loaded = load(inputs);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.data_dir, "a");
  EXPECT_EQ(loaded->file, "a.toml");
}

TEST(Load, AFileThatIsNamedMustExist) {
  EXPECT_THAT(problems_of({.variables = {{"YIZHAN_CONFIG", "/etc/none.toml"}}}),
              ElementsAre(problem("config_file_unreadable", {"/etc/none.toml", "YIZHAN_CONFIG", "no such file"})));
}

TEST(Load, BrokenTomlIsNamedWithItsLine) {
  EXPECT_THAT(problems_of_toml("data_dir = \"x\"\nroles = [\n"),
              ElementsAre(problem("config_file_invalid", {"./yizhan.toml:", "not valid TOML"})));
}

TEST(Load, ALongChainOfPointsInAKeyDoesNotOverflowTheStack) {
  std::string key = "a";
  for (int i = 0; i < 200'000; ++i) key += ".a";
  EXPECT_THAT(problems_of_toml("# first\n" + key + " = 1\n"),
              ElementsAre(problem("config_file_invalid", {"./yizhan.toml:2", "points"})));
}

TEST(Load, EverythingThatIsWrongIsReportedAtOnce) {
  World world{.files = {{kFile,
                         "colour = 1\n"
                         "[outbound]\nalow = []\nconnect_timeout_ms = \"5x\"\n"
                         "[platforms.crm]\nsigning = \"none\"\ntimeout_ms = 99\n"}},
              .variables = {{"YIZHAN_ROLES", "dispach"}, {"YIZHAN_STOER", "x"}},
              .sets = {"log.levle=debug"}};
  EXPECT_THAT(
      problems_of(world),
      ElementsAre(problem("config_key_unknown", {"\"colour\"", "./yizhan.toml:1", "no such setting"}),
                  problem("config_key_unknown", {"outbound.\"alow\"", "./yizhan.toml:3", "Did you mean allow?"}),
                  problem("config_value_invalid",
                          {"outbound.connect_timeout_ms = \"5x\"", "./yizhan.toml:4", "from 50 to 60000 milliseconds"}),
                  problem("config_value_invalid",
                          {"platforms.crm.timeout_ms = 99", "./yizhan.toml:7", "from 100 to 300000 milliseconds"}),
                  problem("config_value_invalid",
                          {"roles = \"dispach\"", "YIZHAN_ROLES", "receive, dispatch, push or console"}),
                  problem("config_variable_unknown", {"\"YIZHAN_STOER\"", "Did you mean YIZHAN_STORE?"}),
                  problem("config_key_unknown", {"\"log.levle\"", "--set", "Did you mean log.level?"})));
}

TEST(Load, AValueOverruledLaterMustStillBeAllowed) {
  World world{.files = {{kFile, "[log]\nlevel = \"loud\"\n"}}, .sets = {"log.level=debug"}};
  EXPECT_THAT(problems_of(world), ElementsAre(problem("config_value_invalid", {"log.level = \"loud\""})));
}

TEST(Load, TablesAndValuesInEachOthersPlaces) {
  EXPECT_THAT(problems_of_toml("outbound = 1\nplatforms = 2\nroles = { a = 1 }\n"),
              ElementsAre(problem("config_value_invalid", {"outbound", "must be a table"}),
                          problem("config_value_invalid", {"platforms", "must be a table"}),
                          problem("config_value_invalid", {"roles = this value", "list"})));
  EXPECT_THAT(problems_of_toml("[platforms]\ncrm = 1\n[listen.api]\nx = 1\n[[log]]\nlevel = 1\n"),
              ElementsAre(problem("config_value_invalid", {"platforms.\"crm\"", "must be a table"}),
                          problem("config_value_invalid", {"listen.api = ", "address:port"}),
                          problem("config_value_invalid", {"log", "must be a table"})));
}

TEST(Load, KindsOfTomlAreNotMixedUp) {
  const std::string toml =
      "data_dir = 5\nroles = \"dispatch\"\nstop_grace_seconds = 1.5\n"
      "[api]\nconnection_limit = \"5\"\n[outbound]\nallow = [\"10.0.0.0/8\", 5]\n"
      "[platforms.crm]\nsigning = \"none\"\nenabled = \"true\"\njitter = \"0.1\"\nbase_url = 2020-01-01\nheaders = { a "
      "= 1 }\n";
  EXPECT_THAT(problems_of_toml(toml),
              ElementsAre(problem("config_value_invalid", {"data_dir = 5", "a path"}),
                          problem("config_value_invalid", {"roles = \"dispatch\"", "a list"}),
                          problem("config_value_invalid", {"stop_grace_seconds = 1.5", "whole number"}),
                          problem("config_value_invalid", {"api.connection_limit = \"5\"", "whole number"}),
                          problem("config_value_invalid", {"outbound.allow = this value", "a list"}),
                          problem("config_value_invalid", {"platforms.crm.enabled = \"true\"", "true or false"}),
                          problem("config_value_invalid", {"platforms.crm.jitter = \"0.1\"", "a number from 0 to 0.5"}),
                          problem("config_value_invalid", {"platforms.crm.base_url = this value", "http://"}),
                          problem("config_value_invalid", {"platforms.crm.headers = this value", "a table"})));
}

TEST(Load, ASettingGivenTwiceInTheFileIsNotValidToml) {
  EXPECT_THAT(problems_of_toml(kCrm + "base_url = \"https://b.example\"\n"),
              ElementsAre(problem("config_file_invalid", {"./yizhan.toml:4"})));
}

TEST(Load, FlagsNameWhatTheyWereWrittenAs) {
  World world;
  Inputs inputs = world.inputs();
  inputs.flags = {{"roles", "dispatch", "--roles"}};
  const auto loaded = load(inputs);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.roles, (Roles{.receive = false, .dispatch = true, .push = false, .console = false}));
  EXPECT_EQ(loaded->origins.at("roles").where, "--roles");
  inputs.flags = {{"roles", "", "--roles"}};
  EXPECT_THAT(load(inputs).error(), ElementsAre(problem("config_value_invalid", {"roles", "(--roles)", "1 to"})));
}

TEST(Load, FlagsReachPlatformsAndSayWhenTheyDoNot) {
  const Loaded loaded = load_well({.sets = {"platforms.a-b.signing=none", "platforms.a-b.headers=X-A=1,X-B=2"}});
  ASSERT_EQ(loaded.config.platforms.size(), 1U);
  EXPECT_THAT(loaded.config.platforms[0].headers, ElementsAre(std::pair<std::string, std::string>("X-A", "1"),
                                                              std::pair<std::string, std::string>("X-B", "2")));
  EXPECT_THAT(problems_of({.sets = {"platforms.crm.timeout=1"}}),
              ElementsAre(problem("config_key_unknown", {"Did you mean platforms.crm.timeout_ms?"})));
  EXPECT_THAT(problems_of({.sets = {"platforms.CRM.timeout_ms=1000"}}),
              ElementsAre(problem("config_key_unknown", {"platforms.\"CRM\"", "lower-case"})));
  EXPECT_THAT(problems_of({.sets = {"platforms.crm=1"}}),
              ElementsAre(problem("config_key_unknown", {"platforms.crm"})));
  EXPECT_EQ(parse_set_flag("log.level").error().code, "config_key_unknown");
  EXPECT_EQ(parse_set_flag("=x").error().code, "config_key_unknown");
}

TEST(Load, TheStoreIsInTheDataFolderUnlessItIsNamed) {
  EXPECT_EQ(load_well({.sets = {"data_dir=/var/lib/yizhan/"}}).config.store.url, "sqlite:/var/lib/yizhan/yizhan.db");
  EXPECT_EQ(load_well({.sets = {"data_dir=/var/lib/yizhan", "store.url=sqlite:x.db"}}).config.store.url, "sqlite:x.db");
}

TEST(Load, ACertificateNeedsItsKey) {
  EXPECT_THAT(problems_of({.sets = {"api.certificate_file=a.pem"}}),
              ElementsAre(problem("config_value_invalid", {"api.key_file", "must be set too"})));
  EXPECT_THAT(problems_of({.sets = {"api.key_file=a.pem"}}),
              ElementsAre(problem("config_value_invalid", {"api.certificate_file", "must be set too"})));
  EXPECT_EQ(load_well({.sets = {"api.key_file=k.pem", "api.certificate_file=c.pem"}}).config.api.key_file, "k.pem");
}

/// A file of this test's own, gone with it.
class OnDisk : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::path(testing::TempDir()) /
        ("yizhan-config-" + std::to_string(getpid()) + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }

  std::filesystem::path folder_;
};

TEST_F(OnDisk, FilesAreReadFromTheDisk) {
  Inputs inputs;
  inputs.file = write("a.toml", "data_dir = \"elsewhere\"\n");
  const auto loaded = load(inputs);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.data_dir, "elsewhere");
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST_F(OnDisk, FoldersAndOversizedFilesAreRefused) {
  Inputs inputs;
  inputs.file = folder_;
  EXPECT_THAT(load(inputs).error(), ElementsAre(problem("config_file_unreadable", {"folder"})));
  inputs.file = write("a.toml", std::string((1 << 20) + 1, '\n'));
  EXPECT_THAT(load(inputs).error(), ElementsAre(problem("config_file_unreadable", {"larger than 1 MiB"})));
  inputs.file = write("b.toml", std::string(1 << 20, '\n'));
  EXPECT_TRUE(load(inputs));
}

TEST_F(OnDisk, SecretsThatEverybodyCanReadAreWarnedOf) {
  Inputs inputs;
  inputs.file = write("a.toml", "[platforms.crm]\nsigning = \"x-cs\"\nsecret = \"callback-secret\"\n");
  std::filesystem::permissions(*inputs.file, std::filesystem::perms(0644));
  const auto open = load(inputs);
  ASSERT_TRUE(open);
  EXPECT_THAT(open->warnings, ElementsAre(HasSubstr("chmod o-r")));
  std::filesystem::permissions(*inputs.file, std::filesystem::perms(0640));
  const auto closed = load(inputs);
  ASSERT_TRUE(closed);
  EXPECT_THAT(closed->warnings, IsEmpty());
}

}  // namespace
}  // namespace yizhan::config
