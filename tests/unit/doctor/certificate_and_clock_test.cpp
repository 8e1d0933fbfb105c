#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doctor/certificate_check.h"
#include "doctor/clock_check.h"
#include "findings.h"

namespace yizhan::doctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const UtcTime kNow = *parse_time("2026-01-05T08:00:00Z");

std::vector<Finding> until(UtcTime first, std::string setting = "api.certificate_file") {
  std::vector<verify::Certificate> certificates{{.subject = "CN=later", .not_after = first + Seconds{1}},
                                                {.subject = "CN=first", .not_after = first}};
  return judge_certificates({{.setting = std::move(setting), .path = "/etc/one.pem", .certificates = certificates}},
                            kNow);
}

TEST(CertificateCheck, TheOneThatEndsFirstCounts) {
  EXPECT_THAT(until(kNow + kCertificateNotice + Seconds{1}), IsEmpty());
  EXPECT_THAT(codes_of(until(kNow + kCertificateNotice)), ElementsAre("certificate_expires_soon"));
  const auto ended = until(kNow - Seconds{3600});
  ASSERT_THAT(codes_of(ended), ElementsAre("certificate_expired"));
  EXPECT_EQ(ended[0].evidence, "/etc/one.pem (CN=first) ended 2026-01-05 07:00:00 UTC, 1 h ago.");
  EXPECT_EQ(ended[0].subject, "api.certificate_file");
  EXPECT_THAT(until(kNow, "sources.wxpay.certificate_files").at(0).mend, HasSubstr("platform's new certificate"));
}

TEST(CertificateCheck, WhatCannotBeRead) {
  const std::vector<CertificateSeen> seen{
      {.setting = "api.certificate_file", .path = "/etc/one.pem", .certificates = fail("file_missing", "it is gone")}};
  EXPECT_THAT(codes_of(judge_certificates(seen, kNow)), ElementsAre("certificate_unreadable"));
}

TEST(ClockCheck, AgainstThePlatforms) {
  const auto codes = [](Microseconds ahead) {
    ClockFacts facts;
    facts.platforms = {{.platform = "crm", .says = kNow, .here = kNow + ahead}};
    return codes_of(judge_clock(facts));
  };
  EXPECT_THAT(codes(kClockDiffers), IsEmpty());
  EXPECT_THAT(codes(kClockDiffers + Seconds{1}), ElementsAre("clock_differs"));
  EXPECT_THAT(codes(-kClockDiffers - Seconds{1}), ElementsAre("clock_differs"));
  EXPECT_THAT(codes(kClockWrong), ElementsAre("clock_differs"));
  EXPECT_THAT(codes(kClockWrong + Seconds{1}), ElementsAre("clock_wrong"));
}

TEST(ClockCheck, NobodyKeepsIt) {
  const auto findings = judge_clock({.synchronised = false, .platforms = {}});
  ASSERT_THAT(codes_of(findings), ElementsAre("clock_unsynchronised"));
  EXPECT_EQ(findings[0].weight, Weight::kNote);
}

}  // namespace
}  // namespace yizhan::doctor
