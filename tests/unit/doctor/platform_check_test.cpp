#include "doctor/platform_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "findings.h"

namespace yizhan::doctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const UtcTime kNow = *parse_time("2026-01-05T08:00:00Z");

std::vector<Finding> of_failure(std::string error_class, int status) {
  PlatformFacts facts;
  facts.failures = {{.platform = "crm",
                     .error_class = std::move(error_class),
                     .response_status = status,
                     .count = 3,
                     .newest_at = kNow - Seconds{60},
                     .example_id = "e-1",
                     .example_error = "what was said"}};
  return judge_platforms(facts, kNow);
}

TEST(PlatformCheck, EachKindOfFailureIsToldApart) {
  const auto code = [](std::string error_class, int status = 0) {
    return codes_of(of_failure(std::move(error_class), status));
  };
  EXPECT_THAT(code("blocked_address"), ElementsAre("platform_address_blocked"));
  EXPECT_THAT(code("dns"), ElementsAre("platform_name_unresolved"));
  EXPECT_THAT(code("connect"), ElementsAre("platform_unreachable"));
  EXPECT_THAT(code("tls"), ElementsAre("platform_tls_refused"));
  EXPECT_THAT(code("timeout"), ElementsAre("platform_slow"));
  EXPECT_THAT(code("http_4xx", 401), ElementsAre("platform_signature_refused"));
  EXPECT_THAT(code("http_4xx", 403), ElementsAre("platform_signature_refused"));
  EXPECT_THAT(code("http_4xx", 404), ElementsAre("platform_path_unknown"));
  EXPECT_THAT(code("http_4xx", 429), ElementsAre("platform_throttles"));
  EXPECT_THAT(code("http_4xx", 422), ElementsAre("platform_refuses"));
  EXPECT_THAT(code("http_5xx", 503), ElementsAre("platform_fails"));
  EXPECT_THAT(code("redirect", 302), ElementsAre("platform_redirects"));
  EXPECT_THAT(code("protocol"), ElementsAre("platform_not_http"));
  EXPECT_THAT(code("response_too_large"), ElementsAre("platform_not_http"));
  EXPECT_THAT(code("push_unauthorized"), ElementsAre("push_credentials_refused"));
  EXPECT_THAT(code("push_throttled"), ElementsAre("platform_throttles"));
  EXPECT_THAT(code("push_refused"), ElementsAre("push_message_refused"));
  EXPECT_THAT(code("push_failed"), ElementsAre("platform_fails"));
  EXPECT_THAT(code("push_target_invalid"), IsEmpty()) << "a device that is gone is nothing to mend";
}

TEST(PlatformCheck, SaysWhatWasSeenAndWhatToDo) {
  const Finding finding = of_failure("http_4xx", 422).at(0);
  EXPECT_EQ(finding.subject, "crm");
  EXPECT_EQ(finding.evidence, "3 failed attempts (http_4xx) in the last 6 h. e-1, 1 min ago: what was said");
  EXPECT_THAT(finding.mend, HasSubstr("'yizhan attempts e-1'; crm or the producer"));
  EXPECT_THAT(of_failure("connect", 0).at(0).mend, HasSubstr("is crm up"));
  EXPECT_THAT(of_failure("connect", 0).at(0).mend, HasSubstr("platforms.crm.base_url"));
}

TEST(PlatformCheck, DisabledAndOpen) {
  PlatformFacts facts;
  facts.disabled = {{.endpoint_key = 7,
                     .platform = "crm",
                     .url = "https://crm.example",
                     .reason = "answered 410",
                     .disabled_at = kNow - Seconds{60}}};
  facts.endpoints.resize(3);
  facts.endpoints[0].breaker = "closed";
  facts.endpoints[1].breaker = "open";
  facts.endpoints[2].breaker = "half_open";
  const auto findings = judge_platforms(facts, kNow);
  ASSERT_THAT(codes_of(findings), ElementsAre("endpoint_disabled", "breaker_open", "breaker_open"));
  EXPECT_THAT(findings[0].mend, HasSubstr("yizhan endpoints enable 7"));
}

}  // namespace
}  // namespace yizhan::doctor
