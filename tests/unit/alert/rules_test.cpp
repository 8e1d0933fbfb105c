#include "alert/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "domain/silence.h"

namespace yizhan::alert {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr UtcTime kNow = UtcTime{days{20'000}};

std::vector<std::string> causes_of(const std::vector<Condition>& conditions) {
  std::vector<std::string> causes;
  for (const Condition& condition : conditions) causes.push_back(cause_of(condition));
  return causes;
}

std::string fact(const Condition& condition, std::string_view name) {
  for (const auto& [known, value] : condition.facts) {
    if (known == name) return value;
  }
  return "(none)";
}

class Rules : public testing::Test {
 protected:
  /// What was counted of the subject until then, beside what was sampled before.
  void sample(UtcTime at, TallyHistory::Kind kind, const std::string& subject, std::uint64_t count) {
    tallies_.at = at;
    (tallies_.*kind)[subject] = count;
    observed_.tallies.add(tallies_, settings_.failures_window);
  }
  std::vector<Condition> found(UtcTime now = kNow) { return judge(observed_, settings_, now); }
  std::vector<std::string> causes(UtcTime now = kNow) { return causes_of(found(now)); }

  Tallies tallies_;
  RuleSettings settings_;
  Observed observed_{.tallies = TallyHistory{kNow - hours{1}}};
};

TEST_F(Rules, NothingHoldsWhereNothingWasSeen) {
  EXPECT_THAT(found(), IsEmpty());
}

// ---- failures
// --------------------------------------------------------------------------------------------------------

TEST_F(Rules, AFailedAttemptHoldsForTheWindow) {
  sample(kNow, &Tallies::failed_attempts, "crm", 1);
  observed_.failures = {
      {.platform = "erp", .error_class = "dns", .example_id = "e0", .example_error = ""},
      {.platform = "crm", .error_class = "http_5xx", .count = 1, .example_id = "e1", .example_error = "503"}};
  const auto conditions = found();
  ASSERT_THAT(causes_of(conditions), ElementsAre("failures:platform:crm"));
  EXPECT_EQ(conditions[0].occurrences, 1);
  EXPECT_EQ(fact(conditions[0], "error_class"), "http_5xx");
  EXPECT_EQ(fact(conditions[0], "next"), "yizhan trace e1");

  sample(kNow + minutes{4}, &Tallies::failed_attempts, "crm", 1);
  EXPECT_THAT(causes(), ElementsAre("failures:platform:crm"));
  EXPECT_EQ(found().at(0).occurrences, 0);
  sample(kNow + minutes{5}, &Tallies::failed_attempts, "crm", 1);
  EXPECT_THAT(causes(), IsEmpty());
}

TEST_F(Rules, FewerFailuresThanTheSettingAreNone) {
  settings_.failures_count = 3;
  sample(kNow, &Tallies::failed_attempts, "crm", 2);
  EXPECT_THAT(causes(), IsEmpty());
  sample(kNow + minutes{1}, &Tallies::failed_attempts, "crm", 3);
  EXPECT_THAT(causes(), ElementsAre("failures:platform:crm"));
}

TEST_F(Rules, ARejectedCallbackIsAFailureOfItsSource) {
  sample(kNow, &Tallies::rejected, "wx", 2);
  observed_.sources = {{.source = "wx", .last_reason = "signature_mismatch"}};
  const auto conditions = found();
  ASSERT_THAT(causes_of(conditions), ElementsAre("failures:source:wx"));
  EXPECT_THAT(conditions[0].title, HasSubstr("2 callbacks"));
  EXPECT_EQ(fact(conditions[0], "reason"), "signature_mismatch");
}

/// The window never forgets a failure early, and never keeps one for longer than a sample's distance after it.
TEST(RulesProperty, TheWindowCountsWhatHappenedWithinIt) {
  EXPECT_TRUE(rc::check([] {
    const Seconds window{*rc::gen::inRange(1, 300)};
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(1, 60), rc::gen::inRange(0, 4)));
    TallyHistory history(kNow);
    std::vector<std::pair<UtcTime, int>> happened;
    UtcTime now = kNow;
    std::uint64_t total = 0;
    for (const auto& [seconds, failures] : steps) {
      const UtcTime before = now;
      now += Seconds{seconds};
      total += static_cast<std::uint64_t>(failures);
      happened.emplace_back(before, failures);  // between the samples: at the earliest right after the one before
      Tallies tallies{.at = now};
      tallies.failed_attempts["crm"] = total;
      history.add(tallies, window);
      std::int64_t expected = 0;
      for (const auto& [after, count] : happened) {
        // Its sample interval reaches into the window.
        if (after >= now - window || &after == &happened.back().first) expected += count;
      }
      std::int64_t at_most = 0;
      for (std::size_t i = 0; i < happened.size(); ++i) {
        const UtcTime until = i + 1 < happened.size() ? happened[i + 1].first : now;
        if (until > now - window) at_most += happened[i].second;
      }
      const auto counted = history.within_window(&Tallies::failed_attempts);
      const std::int64_t within = counted.contains("crm") ? counted.at("crm") : 0;
      RC_ASSERT(within >= expected);
      RC_ASSERT(within <= at_most);
      RC_ASSERT(history.added_last(&Tallies::failed_attempts, "crm") == failures);
    }
  }));
}

// ---- dead letters, endpoints, backlog
// --------------------------------------------------------------------------------

TEST_F(Rules, ADeadLetter) {
  sample(kNow, &Tallies::dead_letters, "sub2api", 2);
  observed_.dead_letters = {{.platform = "sub2api",
                             .error_class = "timeout",
                             .count = 2,
                             .newest_at = kNow,
                             .example_id = "e9",
                             .example_error = "no answer"}};
  const auto conditions = found();
  ASSERT_THAT(causes_of(conditions), ElementsAre("dead_letter:sub2api"));
  EXPECT_EQ(conditions[0].occurrences, 2);
  EXPECT_EQ(fact(conditions[0], "example"), "e9");
}

TEST_F(Rules, ADeadLetterOfAProcessThatIsGoneIsToldByAnother) {
  observed_.dead_letters = {{.platform = "crm",
                             .error_class = "timeout",
                             .count = 3,
                             .newest_at = kNow,
                             .example_id = "e9",
                             .example_error = ""}};
  EXPECT_THAT(causes(), IsEmpty()) << "the process that made them tells of them";
  EXPECT_THAT(causes(kNow + settings_.told_within), ElementsAre("dead_letter:crm"));
  EXPECT_EQ(found(kNow + settings_.told_within).at(0).known, 3);
}

TEST_F(Rules, AnEndpointThatIsGone) {  // fault 25
  observed_.disabled = {{.endpoint_key = 7,
                         .platform = "crm",
                         .url = "https://crm.example/hook",
                         .reason = "410 Gone",
                         .disabled_at = kNow - hours{2}}};
  observed_.backlog = {{.platform = "crm", .endpoint_key = 7, .oldest_due_at = kNow - hours{2}}};
  const auto conditions = found();
  ASSERT_THAT(causes_of(conditions), ElementsAre("endpoint_disabled:crm https://crm.example/hook"))
      << "its backlog is no news";
  EXPECT_EQ(fact(conditions[0], "next"), "yizhan endpoints enable 7");
}

TEST_F(Rules, ABreakerThatIsOpen) {
  observed_.breakers = {{.platform = "crm",
                         .url = "https://crm.example/hook",
                         .failures_in_row = 10,
                         .last_error = "connection refused"}};
  EXPECT_THAT(causes(), ElementsAre("breaker_open:crm https://crm.example/hook"));
}

TEST_F(Rules, AnOldBacklog) {
  observed_.backlog = {{.platform = "crm", .endpoint_key = 1, .oldest_due_at = kNow - minutes{30}},
                       {.platform = "crm", .endpoint_key = 2, .oldest_due_at = kNow - minutes{11}},
                       {.platform = "erp", .endpoint_key = 3, .oldest_due_at = kNow - minutes{9}}};
  const auto conditions = found();
  ASSERT_THAT(causes_of(conditions), ElementsAre("backlog_age:crm"));
  EXPECT_THAT(conditions[0].title, HasSubstr("30 min"));
}

TEST_F(Rules, AlertChannelsAreNeverASubject) {
  sample(kNow, &Tallies::failed_attempts, "alert:ops", 5);
  sample(kNow, &Tallies::dead_letters, "alert:ops", 5);
  observed_.dead_letters = {{.platform = "alert:ops",
                             .error_class = "http_5xx",
                             .count = 5,
                             .newest_at = kNow - minutes{2},
                             .example_id = "e",
                             .example_error = ""}};
  observed_.disabled = {{.endpoint_key = 7,
                         .platform = "alert:ops",
                         .url = "https://robot.example",
                         .reason = "410",
                         .disabled_at = kNow}};
  observed_.breakers = {{.platform = "alert:ops", .url = "https://robot.example", .last_error = ""}};
  observed_.backlog = {{.platform = "alert:ops", .endpoint_key = 8, .oldest_due_at = kNow - hours{5}}};
  observed_.mismatches = {};
  EXPECT_THAT(causes(), IsEmpty());
}

// ---- sources, the ledger, certificates, space
// ------------------------------------------------------------------------

TEST_F(Rules, ASourceThatHasFallenSilent) {
  observed_.sources = {
      {.source = "wx", .last_accepted_at = kNow - minutes{61}, .longest_gap = minutes{5}, .sampled = 500},
      {.source = "busy", .last_accepted_at = kNow - minutes{59}, .longest_gap = minutes{5}, .sampled = 500},
      {.source = "new", .last_accepted_at = kNow - hours{50}, .longest_gap = minutes{5}, .sampled = 2},
      {.source = "quiet", .last_accepted_at = kNow - hours{50}, .longest_gap = minutes{5}, .sampled = 500},
      {.source = "gone", .last_accepted_at = kNow - hours{50}, .longest_gap = minutes{5}, .sampled = 500},
      {.source = "strict", .last_accepted_at = kNow - Seconds{11}, .longest_gap = minutes{5}, .sampled = 1},
      {.source = "none", .last_accepted_at = std::nullopt}};
  settings_.silence = {{"wx", kSilenceAutomatic},   {"busy", kSilenceAutomatic}, {"new", kSilenceAutomatic},
                       {"quiet", kSilenceNeverOdd}, {"strict", Seconds{10}},     {"none", kSilenceAutomatic}};
  EXPECT_THAT(causes(), ElementsAre("provider_silence:wx", "provider_silence:strict"));
}

TEST_F(Rules, ALedgerThatDoesNotBalance) {
  observed_.mismatches = {{.platform = "crm", .minute = kNow - minutes{9}, .accepted = 10, .delivered = 8},
                          {.platform = "crm", .minute = kNow - minutes{8}, .accepted = 10, .delivered = 9}};
  const auto conditions = found();
  ASSERT_THAT(causes_of(conditions), ElementsAre("ledger_mismatch:crm"));
  EXPECT_THAT(conditions[0].title, HasSubstr("3 events missing"));
  EXPECT_EQ(fact(conditions[0], "first_minute"), to_rfc3339(kNow - minutes{9}));
}

TEST_F(Rules, ACertificateThatEndsSoon) {
  observed_.certificates = {{.subject = "api.certificate_file", .name = "CN=a", .not_after = kNow + days{13}},
                            {.subject = "receive.certificate_file", .name = "CN=b", .not_after = kNow - days{1}},
                            {.subject = "push.certificate_file", .name = "CN=c", .not_after = kNow + days{15}}};
  const auto conditions = found();
  ASSERT_THAT(causes_of(conditions),
              ElementsAre("certificate_expiry:api.certificate_file", "certificate_expiry:receive.certificate_file"));
  EXPECT_THAT(conditions[0].title, HasSubstr("expires in 13 days"));
  EXPECT_THAT(conditions[1].title, HasSubstr("has expired"));
}

TEST_F(Rules, LittleSpace) {
  observed_.space = StoreSpace{.used_bytes = 79, .quota_bytes = 100};
  EXPECT_THAT(causes(), IsEmpty());
  observed_.space = StoreSpace{.used_bytes = 80, .quota_bytes = 100, .days_left = 2.5};
  ASSERT_THAT(causes(), ElementsAre("store_space:quota"));
  EXPECT_EQ(fact(found().at(0), "days_left"), "2.5");
  observed_.space = StoreSpace{.used_bytes = 80};
  EXPECT_THAT(causes(), IsEmpty()) << "there is no quota";
}

/// Whatever holds says what to look at next, on one line.
TEST_F(Rules, EveryConditionNamesTheNextStep) {
  sample(kNow, &Tallies::failed_attempts, "crm", 1);
  sample(kNow, &Tallies::rejected, "wx", 1);
  observed_.disabled = {{.endpoint_key = 7, .platform = "crm", .url = "u", .reason = "", .disabled_at = kNow}};
  observed_.breakers = {{.platform = "crm", .url = "u", .last_error = ""}};
  observed_.backlog = {{.platform = "crm", .endpoint_key = 1, .oldest_due_at = kNow - hours{9}}};
  observed_.mismatches = {{.platform = "crm", .minute = std::nullopt, .accepted = 1}};
  observed_.certificates = {{.subject = "api.certificate_file", .name = "CN=a", .not_after = kNow}};
  observed_.sources = {{.source = "wx", .last_accepted_at = kNow - hours{9}, .sampled = 500}};
  settings_.silence = {{"wx", kSilenceAutomatic}};
  observed_.space = StoreSpace{.used_bytes = 9, .quota_bytes = 10};
  const auto conditions = found();
  EXPECT_THAT(conditions, SizeIs(9));
  for (const Condition& condition : conditions) {
    ASSERT_FALSE(condition.facts.empty());
    EXPECT_EQ(condition.facts.back().first, "next") << cause_of(condition);
    EXPECT_THAT(condition.facts.back().second, testing::StartsWith("yizhan ")) << cause_of(condition);
    EXPECT_EQ(condition.title.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace yizhan::alert
