// `yizhan secrets`: keys are made, secrets sealed, opened, and sealed anew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command_runner.h"
#include "verify/sealed_secret.h"

namespace yizhan::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

class SecretsTest : public testing::Test {
 public:
  void SetUp() override {
    old_key = first_line(commands.output_of({"secrets", "master-key"}));
    new_key = first_line(commands.output_of({"secrets", "master-key"}));
    give_keys(old_key);
  }
  void give_keys(const std::string& lines) {
    commands.environment["YIZHAN_MASTER_KEY_FILE"] = commands.write_file("master_key", "# keys\n\n" + lines + "\n");
  }

  CommandRunner commands;
  std::string old_key, new_key;
};

TEST_F(SecretsTest, AreSealedFromStandardInputAndOpenedOnlyWhenAsked) {
  const std::string sealed = commands.output_of({"secrets", "seal"}, "callback-secret\n");
  EXPECT_THAT(sealed, AllOf(StartsWith("sealed:v1:"), Not(HasSubstr("callback"))));
  const std::string told = commands.output_of({"secrets", "open"}, sealed);
  EXPECT_THAT(told, AllOf(HasSubstr("15 characters"), Not(HasSubstr("callback-secret"))));
  EXPECT_EQ(commands.output_of({"secrets", "open", "--reveal"}, sealed), "callback-secret\n");
}

TEST_F(SecretsTest, ASettingIsPrintedAsTheFileHasIt) {
  for (const auto& [setting, lines] : std::vector<std::pair<std::string, std::string>>{
           {"platforms.crm.secret", "[platforms.crm]\nsecret = \"sealed:v1:"},
           {"push.jwt_secret", "[push]\njwt_secret = \"sealed:v1:"},
           {"store.url", "[store]\nurl = \"sealed:v1:"}}) {
    EXPECT_THAT(commands.output_of({"secrets", "seal", "--setting", setting}, "x\n"), StartsWith(lines));
  }
  for (const char* setting : {"platforms.crm.timeout_ms", "nothing", "platforms.crm.nothing", "log.level"}) {
    EXPECT_EQ(commands.run({"secrets", "seal", "--setting", setting}, "x\n").status, 2) << setting;
  }
}

TEST_F(SecretsTest, ASealedConfigurationIsLoaded) {
  const std::string lines =
      commands.output_of({"secrets", "seal", "--setting", "platforms.crm.secret"}, "callback-secret\n");
  commands.write_file("yizhan.toml", lines + "base_url = \"https://crm.example\"\nsigning = \"x-cs\"\n");
  EXPECT_THAT(commands.output_of({"config", "check"}), AllOf(HasSubstr("is valid"), Not(HasSubstr("in clear"))));
  EXPECT_THAT(commands.output_of({"config", "show"}), HasSubstr("(15 characters)"));
  commands.environment.erase("YIZHAN_MASTER_KEY_FILE");
  const CommandOutcome refused = commands.run({"config", "check"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("master_key_missing"), HasSubstr("platforms.crm.secret"),
                                 HasSubstr("YIZHAN_MASTER_KEY_FILE")));
  commands.environment["YIZHAN_MASTER_KEY"] = new_key + "," + old_key;
  EXPECT_THAT(commands.output_of({"config", "check"}), HasSubstr("is valid"));
}

TEST_F(SecretsTest, ThatLieInClearAreNamedByTheCheck) {
  commands.write_file("yizhan.toml",
                      "[platforms.crm]\nbase_url = \"https://crm.example\"\nsigning = \"x-cs\"\nsecret = \"plain\"\n");
  EXPECT_THAT(commands.output_of({"config", "check"}),
              AllOf(HasSubstr("platforms.crm.secrets lies in clear"), Not(HasSubstr("plain\n"))));
  EXPECT_THAT(commands.output_of({"config", "check", "--json"}),
              HasSubstr("\"secrets_in_clear\":[\"platforms.crm.secrets\"]"));
  commands.environment["YIZHAN_SECRETS_REQUIRE_SEALED"] = "true";
  const CommandOutcome refused = commands.run({"config", "check"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("secret_in_clear"));
}

TEST_F(SecretsTest, AFileIsSealedAnewWithTheFirstKey) {
  const std::string sealed = first_line(commands.output_of({"secrets", "seal"}, "callback-secret\n"));
  const auto path = commands.write_file("yizhan.toml", "# what it is for\n[platforms.crm]   # kept\nsecret = \"" +
                                                           sealed + "\"\nbase_url = \"https://crm.example\"\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::group_read,
                               std::filesystem::perm_options::replace);
  give_keys(new_key + "\n" + old_key);
  EXPECT_THAT(commands.output_of({"secrets", "reseal", path}), HasSubstr("1 secret is"));
  const std::string file = commands.read_file("yizhan.toml");
  EXPECT_THAT(file, AllOf(StartsWith("# what it is for\n[platforms.crm]   # kept\nsecret = \"sealed:v1:"),
                          HasSubstr("\"\nbase_url = \"https://crm.example\"\n"), Not(HasSubstr(sealed))));
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::group_read);
  give_keys(new_key);
  const std::string resealed = file.substr(file.find("sealed:"), file.find("\"\nbase") - file.find("sealed:"));
  EXPECT_EQ(commands.output_of({"secrets", "open", "--reveal"}, resealed + "\n"), "callback-secret\n");
  EXPECT_THAT(commands.output_of({"secrets", "reseal", path}), HasSubstr("0 secrets are"));
  EXPECT_EQ(commands.read_file("yizhan.toml"), file);
}

TEST_F(SecretsTest, AFileWithASecretThatDoesNotOpenStaysAsItIs) {
  const std::string sealed = first_line(commands.output_of({"secrets", "seal"}, "one\n"));
  const std::string text = "a = '" + sealed + "'\nb = 'sealed:v1:00000000:AAAA'\n";
  const auto path = commands.write_file("secrets", text);
  give_keys(new_key + "\n" + old_key);
  const CommandOutcome refused = commands.run({"secrets", "reseal", path});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("master_key_missing"), HasSubstr("Nothing was changed")));
  EXPECT_EQ(commands.read_file("secrets"), text);
}

TEST_F(SecretsTest, WrongKeysAreTold) {
  const std::string sealed = commands.output_of({"secrets", "seal"}, "one\n");
  give_keys("yzmk_short");
  EXPECT_THAT(commands.run({"secrets", "open"}, sealed).err, HasSubstr("master_key_invalid"));
  commands.environment["YIZHAN_MASTER_KEY_FILE"] = commands.folder() / "nowhere";
  EXPECT_THAT(commands.run({"secrets", "open"}, sealed).err, HasSubstr("master_key_unreadable"));
  commands.environment.erase("YIZHAN_MASTER_KEY_FILE");
  EXPECT_THAT(commands.run({"secrets", "seal"}, "one\n").err, HasSubstr("master_key_missing"));
  give_keys(old_key);
  EXPECT_EQ(commands.run({"secrets", "seal"}, "").status, 2) << "nothing to seal";
}

TEST_F(SecretsTest, KeysAreRotated) {
  commands.output_of({"migrate"});
  const std::string made = commands.output_of({"keys", "create", "backend", "--json", "--scopes", "orders:read"});
  const std::string id = made.substr(made.find("\"id\":\"") + 6, 12);
  const std::string rotated = commands.output_of({"keys", "rotate", id, "--json", "--overlap", "2h"});
  EXPECT_THAT(rotated, AllOf(HasSubstr("\"name\":\"backend\""), HasSubstr("\"scopes\":\"orders:read\""),
                             HasSubstr("\"replaces\":{\"id\":\"" + id + "\"")));
  EXPECT_THAT(commands.output_of({"keys", "list"}), AllOf(HasSubstr("until "), HasSubstr("valid")));
  EXPECT_EQ(commands.run({"keys", "rotate", id}).status, 5) << "it ends already";
  EXPECT_EQ(commands.run({"keys", "rotate", "000000000000"}).status, 5);
  EXPECT_EQ(commands.run({"keys", "rotate", id, "--overlap", "soon"}).status, 2);
  commands.output_of({"keys", "revoke", id});
  EXPECT_THAT(commands.output_of({"keys", "list"}), AllOf(HasSubstr("revoked "), Not(HasSubstr("until "))));
}

}  // namespace
}  // namespace yizhan::cli
