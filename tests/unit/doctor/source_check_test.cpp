#include "doctor/source_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "findings.h"

namespace yizhan::doctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const UtcTime kNow = *parse_time("2026-01-05T08:00:00Z");

config::Config with_wxpay(bool enabled = true) {
  config::Config config;
  config.sources.emplace_back();
  config.sources.back().name = "wxpay";
  config.sources.back().enabled = enabled;
  return config;
}

store::SourceActivity rejected(std::string reason, std::int64_t count = kRejectedInRow) {
  store::SourceActivity activity{.source = "wxpay"};
  activity.last_accepted_at = kNow - Seconds{60};
  activity.rejected_in_row = count;
  activity.last_reason = std::move(reason);
  return activity;
}

TEST(SourceCheck, RejectionsByTheirReason) {
  const auto code = [](std::string reason) {
    return codes_of(judge_sources({rejected(std::move(reason))}, with_wxpay(), kNow));
  };
  for (const char* reason : {"signature_mismatch", "signature_missing", "signing_key_unknown", "decryption_failed"}) {
    EXPECT_THAT(code(reason), ElementsAre("source_signature_refused")) << reason;
  }
  EXPECT_THAT(code("timestamp_out_of_tolerance"), ElementsAre("source_clock_differs"));
  EXPECT_THAT(code("order_unknown"), ElementsAre("source_rejected"));
}

TEST(SourceCheck, AFewAreAStrangersTry) {
  EXPECT_THAT(judge_sources({rejected("signature_mismatch", kRejectedInRow - 1)}, with_wxpay(), kNow), IsEmpty());
  EXPECT_THAT(judge_sources({rejected("signature_mismatch")}, with_wxpay(false), kNow), IsEmpty()) << "it is off";
  EXPECT_THAT(judge_sources({rejected("signature_mismatch")}, config::Config(), kNow), IsEmpty()) << "it is gone";
}

TEST(SourceCheck, SaysSinceWhen) {
  store::SourceActivity activity = rejected("signature_mismatch", 3);
  EXPECT_EQ(judge_sources({activity}, with_wxpay(), kNow).at(0).evidence,
            "Its last 3 callbacks were rejected, the newest as signature_mismatch; the last valid one came 1 min ago.");
  activity.last_accepted_at.reset();
  activity.rejected_in_row = store::kSampledCallbacks;
  EXPECT_THAT(judge_sources({activity}, with_wxpay(), kNow).at(0).evidence,
              HasSubstr("500 callbacks and more were rejected, the newest as signature_mismatch; there was no valid"));
}

TEST(SourceCheck, SilentForLongerThanUsual) {
  store::SourceActivity activity{.source = "wxpay"};
  activity.sampled = 100;
  activity.longest_gap = Milliseconds{2 * 3600 * 1000};
  activity.last_accepted_at = kNow - Seconds{6 * 3600};
  EXPECT_THAT(judge_sources({activity}, with_wxpay(), kNow), IsEmpty());
  *activity.last_accepted_at -= Seconds{1};
  const auto findings = judge_sources({activity}, with_wxpay(), kNow);
  ASSERT_THAT(codes_of(findings), ElementsAre("source_silent"));
  EXPECT_THAT(findings[0].evidence, HasSubstr("never more than 2 h."));
  config::Config expecting = with_wxpay();
  expecting.sources.back().silence = Seconds{86400};
  EXPECT_THAT(judge_sources({activity}, expecting, kNow), IsEmpty()) << "its setting says how long is too long";
  activity.sampled = 3;
  EXPECT_THAT(judge_sources({activity}, with_wxpay(), kNow), IsEmpty()) << "too few to know its habits";
}

}  // namespace
}  // namespace yizhan::doctor
