#include "doctor/examination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "doctor/configuration_check.h"
#include "findings.h"

namespace yizhan::doctor {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

/// The codes in the runbook's table under `title`: the first words in backticks of its rows.
std::set<std::string> documented_codes(const std::string& document, const std::string& title) {
  std::ifstream file(YIZHAN_SOURCE_DIR "/docs/" + document, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto heading = text.find("\n## " + title + "\n");
  EXPECT_NE(heading, std::string::npos) << document;
  text = text.substr(heading + 1, text.find("\n## ", heading + 1) - heading - 1);
  std::set<std::string> codes;
  for (std::size_t row = text.find("\n| `"); row != std::string::npos; row = text.find("\n| `", row + 1)) {
    const auto begin = row + 4;
    codes.insert(text.substr(begin, text.find('`', begin) - begin));
  }
  return codes;
}

TEST(Examination, EverySymptomIsDocumented) {
  std::set<std::string> codes;
  for (const Symptom& each : kSymptoms) codes.insert(std::string(each.code));
  EXPECT_THAT(codes, SizeIs(kSymptoms.size())) << "a code stands twice";
  EXPECT_EQ(documented_codes("operations.md", "What `yizhan doctor` says"), codes);
  EXPECT_EQ(documented_codes("operations.zh-CN.md", "`yizhan doctor` 的代码"), codes);
}

TEST(Examination, ChecksAreFoundByName) {
  std::set<std::string_view> names;
  for (const Check& check : all_checks()) {
    names.insert(check.name);
    EXPECT_EQ(find_check(check.name), &check);
  }
  EXPECT_EQ(names.size(), all_checks().size());
  EXPECT_EQ(find_check("nothing"), nullptr);
}

TEST(Examination, TheHeaviestFindingsComeFirstAndNothingIsSkippedSilently) {
  config::Config config;
  config.store.url = "sqlite:/no/such/directory/yizhan.db";
  config.push.jwt_secret = "short";
  Installation installation{.config = config, .store_error = Error{"store_missing", "there is no store"}};
  installation.examine_schema = [] { return Result<std::vector<store::SchemaFinding>>(); };
  const std::vector<const Check*> chosen{find_check("keys"), find_check("store"), find_check("sources"),
                                         find_check("service")};
  const Report report = examine(installation, chosen);
  EXPECT_EQ(report.checks, 4);
  EXPECT_THAT(codes_of(report.findings), ElementsAre("store_missing", "jwt_secret_short"));
  std::vector<std::string> skipped;
  for (const Skipped& each : report.skipped) skipped.push_back(each.check + ": " + each.reason);
  EXPECT_THAT(skipped, ElementsAre("service: nobody looked for a service", "sources: there is no store"));
}

TEST(Examination, TheConfiguration) {
  config::Config config;
  config.sources.emplace_back();
  config.sources.back().name = "wxpay";
  config.platforms.emplace_back();
  config.platforms.back().name = "crm";
  Installation installation{.config = config};
  installation.problems = {"platforms.crm.timeout_ms is no number"};
  installation.warnings = {"outbound.allow lets everything through"};
  const auto findings =
      judge_configuration(installation, {{"credentials_required", "no key"}, {"tls_files_invalid", "no file"}});
  ASSERT_THAT(codes_of(findings), ElementsAre("configuration_invalid", "credentials_required", "configuration_invalid",
                                              "secret_missing", "secret_missing", "configuration_doubtful"));
  config.sources.back().secrets = {"s"};
  config.platforms.back().signing.scheme = SigningScheme::kNone;
  EXPECT_THAT(judge_configuration({.config = config}, {}), SizeIs(0));
}

}  // namespace
}  // namespace yizhan::doctor
