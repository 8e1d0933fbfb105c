// What /metrics shows is what the catalogue declares, with labels that strangers cannot add to.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "api/metric_catalogue.h"
#include "api/metrics_text.h"

namespace yizhan::api {
namespace {

MetricsInput with_everything(const LedgerCache::Counted& ledger) {
  MetricsInput input;
  CallbackCounters callbacks;
  callbacks.source = "shop";
  input.callbacks = {callbacks};
  EndpointState endpoint;
  endpoint.platform = "crm";
  input.endpoints = {endpoint};
  DeliveryCounters deliveries;
  deliveries.platform = "crm";
  input.deliveries = {deliveries};
  input.alerts.raised = {{"dead_letter", 1}};
  input.ledger = &ledger;
  return input;
}

LedgerLine line_of(const std::string& platform, std::int64_t events) {
  LedgerLine line;
  line.platform = platform;
  line.accepted = events;
  line.pending = events;
  return line;
}

LedgerCache::Counted counted(std::vector<LedgerLine> lines) {
  LedgerCache::Counted ledger;
  ledger.ledger.lines = std::move(lines);
  ledger.at = std::chrono::steady_clock::now();
  return ledger;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, TheCommittedDocumentIsUpToDate) {
  std::ifstream file(YIZHAN_SOURCE_DIR "/docs/metrics.md", std::ios::binary);
  std::stringstream committed;
  committed << file.rdbuf();
  EXPECT_TRUE(committed.str() == metrics_markdown())
      << "Write it anew: build/dev/yizhan config docs --metrics > docs/metrics.md";
}

TEST(Metrics, EveryDeclaredOneHasSamplesWithItsLabels) {
  const auto ledger = counted({line_of("crm", 1)});
  const std::string text = metrics_text(with_everything(ledger));
  for (const Metric& metric : kMetrics) {
    const std::string sample = std::string(metric.name) + (metric.kind == Metric::Kind::kHistogram ? "_count" : "");
    const std::size_t at = text.find("\n" + sample + (metric.labels[0].empty() ? " " : "{"));
    ASSERT_NE(at, std::string::npos) << metric.name << " is declared, but never added\n" << text;
    const std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    std::ptrdiff_t labels = 0;
    for (const std::string_view label : metric.labels) {
      if (label.empty()) continue;
      EXPECT_NE(line.find(std::string(label) + "=\""), std::string::npos) << line;
      ++labels;
    }
    EXPECT_EQ(std::ranges::count(line, '='), labels) << line;
  }
}

TEST(Metrics, PlatformsThatNobodyConfiguredAddNoSeries) {
  const auto ledger = counted({line_of("crm", 4), line_of("stranger-1", 2), line_of("stranger-2", 3)});
  MetricsInput input = with_everything(ledger);
  input.platform_known = [](std::string_view platform) { return platform == "crm"; };
  const std::string text = metrics_text(input);
  EXPECT_EQ(text.find("stranger"), std::string::npos) << text;
  EXPECT_TRUE(has_line(text, R"(yizhan_ledger_events{platform="other",state="accepted"} 5)")) << text;
  EXPECT_TRUE(has_line(text, R"(yizhan_ledger_events{platform="crm",state="pending"} 4)")) << text;
  EXPECT_TRUE(has_line(text, R"(yizhan_ledger_mismatch{platform="other"} 0)")) << text;
}

TEST(Metrics, TheOldestDueEventOfAPlatformCounts) {
  const auto ledger = counted({});
  MetricsInput input = with_everything(ledger);
  input.now = UtcTime{Seconds{1000}};
  EndpointState late, later;
  late.platform = later.platform = "crm";
  late.oldest_due_at = UtcTime{Seconds{940}};
  later.oldest_due_at = UtcTime{Seconds{990}};
  input.endpoints = {later, late, EndpointState{}};
  const std::string text = metrics_text(input);
  EXPECT_TRUE(has_line(text, R"(yizhan_oldest_due_seconds{platform="crm"} 60)")) << text;
}

TEST(Metrics, HistogramsAreCumulative) {
  const auto ledger = counted({});
  MetricsInput input = with_everything(ledger);
  input.commits.commit_items.add(1.0);
  input.commits.commit_items.add(7.0);
  input.commits.commit_items.add(5000.0);
  const std::string text = metrics_text(input);
  EXPECT_TRUE(has_line(text, R"(yizhan_store_commit_items_bucket{le="1"} 1)")) << text;
  EXPECT_TRUE(has_line(text, R"(yizhan_store_commit_items_bucket{le="10"} 2)")) << text;
  EXPECT_TRUE(has_line(text, R"(yizhan_store_commit_items_bucket{le="1000"} 2)")) << text;
  EXPECT_TRUE(has_line(text, R"(yizhan_store_commit_items_bucket{le="+Inf"} 3)")) << text;
  EXPECT_TRUE(has_line(text, "yizhan_store_commit_items_sum 5008")) << text;
}

}  // namespace
}  // namespace yizhan::api
