// The generated documents are what the declarations say, and they work.
#include "config/documents.h"

#include <fstream>
#include <sstream>

#include "config/source_kinds.h"
#include "config/tables.h"
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
  EXPECT_THAT(loaded.config.sources, testing::IsEmpty());
  EXPECT_THAT(loaded.config.routes, testing::IsEmpty());
  EXPECT_THAT(loaded.config.notify_templates, testing::IsEmpty());
}

template <class Owner>
void expect_defaults(const std::vector<Owner>& sample, const std::vector<Owner>& plain, const Origins& origins) {
  ASSERT_EQ(sample.size(), 1U);
  for (const auto& setting : Table<Owner>::settings()) {
    const std::string key = table_key<Owner>(sample[0].name, setting.key);
    EXPECT_EQ(setting.field.read(sample[0]), setting.field.read(plain.at(0))) << key;
    // What means nothing for this kind of source was read, warned of, and dropped.
    if (!std::is_same_v<Owner, Source> || !is_of_some_kinds(setting.key)) {
      EXPECT_TRUE(origins.contains(key)) << key;
    }
  }
}

TEST(Documents, TheSampleSwitchedOnGivesEverySettingItsDefault) {
  const Loaded sample = load_well({.files = {{kFile, uncommented(sample_toml())}}, .serving = false});
  const Loaded plain = load_well({.sets = {"platforms.crm.enabled=true", "sources.github.enabled=true",
                                           "routes.1.source=*", "routes.1.platform=crm", "notify_templates.1.status=*"},
                                  .serving = false});
  for (const auto& setting : settings()) {
    EXPECT_TRUE(sample.origins.contains(setting.key)) << setting.key;
    EXPECT_EQ(setting.field.read(sample.config), setting.field.read(plain.config)) << setting.key;
  }
  expect_defaults(sample.config.platforms, plain.config.platforms, sample.origins);
  expect_defaults(sample.config.sources, plain.config.sources, sample.origins);
  expect_defaults(sample.config.routes, plain.config.routes, sample.origins);
  expect_defaults(sample.config.notify_templates, plain.config.notify_templates, sample.origins);
}

TEST(Documents, TheReferenceNamesEveryKindOfSource) {
  const std::string reference = reference_markdown();
  ASSERT_EQ(source_kinds().size(), Names<SourceKind>::kAll.size());
  for (const auto& [kind, name] : Names<SourceKind>::kAll) {
    EXPECT_EQ(facts_of(kind).kind, kind);
    EXPECT_THAT(reference, HasSubstr("\n| `" + std::string(name) + "` | `" + std::string(facts_of(kind).path) + "`"));
    for (const std::string_view key : facts_of(kind).own_settings) {
      EXPECT_NE(find_table_setting<Source>(key).setting, nullptr) << key;
    }
  }
}

}  // namespace
}  // namespace yizhan::config
