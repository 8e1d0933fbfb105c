// The generated documents are what the declarations say, and they work.
#include "config/documents.h"

#include <fstream>
#include <sstream>

#include "config/setting.h"
#include "loading.h"

namespace yizhan::config {
namespace {

using testing::HasSubstr;

std::string committed(const std::string& name) {
  std::ifstream file(std::string(YIZHAN_SOURCE_DIR) + "/docs/" + name, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Documents, TheCommittedReferenceIsUpToDate) {
  EXPECT_TRUE(committed("configuration.md") == reference_markdown())
      << "Write it anew: build/dev/yizhan config docs > docs/configuration.md";
}

TEST(Documents, TheCommittedSampleIsUpToDate) {
  EXPECT_TRUE(committed("yizhan.sample.toml") == sample_toml())
      << "Write it anew: build/dev/yizhan config sample > docs/yizhan.sample.toml";
}

TEST(Documents, TheReferenceNamesEverySettingAndVariable) {
  const std::string reference = reference_markdown();
  for (const SettingDescription& setting : describe_settings()) {
    EXPECT_THAT(reference, HasSubstr("\n### `" + setting.key + "`\n"));
    EXPECT_THAT(reference, HasSubstr("`" + setting.variable + "`"));
    EXPECT_THAT(reference, HasSubstr(setting.help));
  }
}

/// The sample with every setting switched on.
std::string uncommented(const std::string& sample) {
  std::istringstream lines(sample);
  std::string text;
  for (std::string line; std::getline(lines, line); text += '\n') {
    const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    text += setting ? line.substr(1) : line;
  }
  return text;
}

TEST(Documents, TheSampleAsItIsChangesNothing) {
  const Loaded loaded = load_toml(sample_toml());
  EXPECT_THAT(loaded.origins, testing::IsEmpty());
  EXPECT_THAT(loaded.config.platforms, testing::IsEmpty());
}

TEST(Documents, TheSampleSwitchedOnGivesEverySettingItsDefault) {
  const Loaded sample = load_well({.files = {{kFile, uncommented(sample_toml())}}, .serving = false});
  const Loaded plain = load_well({.sets = {"platforms.crm.enabled=true"}, .serving = false});
  for (const auto& setting : settings()) {
    EXPECT_TRUE(sample.origins.contains(setting.key)) << setting.key;
    EXPECT_EQ(setting.field.read(sample.config), setting.field.read(plain.config)) << setting.key;
  }
  ASSERT_EQ(sample.config.platforms.size(), 1U);
  for (const auto& setting : platform_settings()) {
    const std::string key = "platforms.crm." + std::string(setting.key);
    EXPECT_TRUE(sample.origins.contains(key)) << key;
    EXPECT_EQ(setting.field.read(sample.config.platforms[0]), setting.field.read(plain.config.platforms.at(0))) << key;
  }
}

}  // namespace
}  // namespace yizhan::config
