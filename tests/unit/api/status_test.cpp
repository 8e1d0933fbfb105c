// What load balancers, Prometheus and readers of the documentation ask for; and a store that is in trouble.
#include <gtest/gtest.h>

#include <set>

#include "api/metrics_text.h"
#include "api/openapi_document.h"
#include "api/problem.h"
#include "api_harness.h"
#include "base/version.h"
#include "held_database.h"

namespace yizhan::api {
namespace {

TEST(Status, HealthAndReady) {
  RunningApi api;
  EXPECT_EQ(api.ask("GET", "/health").text("status"), "ok");
  EXPECT_EQ(api.ask("GET", "/health").text("version"), version());
  EXPECT_EQ(api.ask("GET", "/ready").text("status"), "ready");
  EXPECT_EQ(api.ask("HEAD", "/ready").status, 200);
  api.on_thread([&] {
    api.api().stopping();
    return 0;
  });
  EXPECT_EQ(api.ask("GET", "/ready").code(), "stopping");
  EXPECT_EQ(api.ask("GET", "/health").status, 200);
}

TEST(Status, AStoreThatCannotWriteIsSaidSoAndRecovers) {
  RunningApi api;
  api.on_writer([](store::Store&) {});  // what it had to write first is written: the event is the one that waits
  {
    const HeldDatabase held(api.database());
    ASSERT_TRUE(held.held);
    const Answer refused = api.post_event(R"(,"payload":1)");
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.code(), "store_unavailable");
    EXPECT_TRUE(refused.raw.has_line("Retry-After: 1"));
    const Answer ready = api.ask("GET", "/ready");
    EXPECT_EQ(ready.status, 503);
    EXPECT_EQ(ready.code(), "store_unavailable");
    // Looking goes on.
    EXPECT_EQ(api.ask("GET", "/api/v1/events").status, 200);
    api.on_thread([&] {
      EXPECT_EQ(api.dispatcher.abandoned_events, 1);
      return 0;
    });
  }
  int status = 0;
  const auto give_up = std::chrono::steady_clock::now() + Seconds{60};
  while (status != 202 && std::chrono::steady_clock::now() < give_up) status = api.post_event(R"(,"payload":1)").status;
  EXPECT_EQ(status, 202);
  EXPECT_EQ(api.ask("GET", "/ready").status, 200);
}

TEST(Status, TooMuchWaitingIsRefusedAtOnce) {
  store::GroupCommit::Options options;
  options.waiting_limit = 0;
  RunningApi api({}, options);
  const Answer refused = api.post_event(R"(,"payload":1)");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.code(), "store_busy");
  EXPECT_TRUE(refused.raw.has_line("Retry-After: 1"));
  api.on_thread([&] {
    EXPECT_EQ(api.dispatcher.settled, api.dispatcher.prepared);
    return 0;
  });
}

TEST(Status, MetricsCountWhatHappened) {
  RunningApi api;
  api.post_event(R"(,"payload":1)");
  api.post_event(R"(,"payload":2)");
  api.on_thread([&] {
    EndpointState endpoint;
    endpoint.platform = "sub2api";
    endpoint.queued = 4;
    endpoint.breaker = EndpointState::Breaker::kOpen;
    api.dispatcher.states = {endpoint, endpoint};
    return 0;
  });
  const Answer answer = api.ask("GET", "/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.raw.has_line("Content-Type: text/plain; version=0.0.4; charset=utf-8"));
  for (const std::string line :
       {"yizhan_events_accepted_total 2", "yizhan_store_healthy 1", "yizhan_accept_seconds_count 2",
        "yizhan_accept_seconds_bucket{le=\"+Inf\"} 2", "yizhan_ledger_events{platform=\"sub2api\",state=\"pending\"} 2",
        "yizhan_ledger_mismatch{platform=\"sub2api\"} 0", "yizhan_delivered_total{platform=\"sub2api\"} 5",
        "yizhan_attempts_total{platform=\"sub2api\",class=\"none\"} 0", "yizhan_queued{platform=\"sub2api\"} 8",
        "yizhan_endpoints_by_breaker{platform=\"sub2api\",state=\"open\"} 2",
        "yizhan_http_responses_total{listener=\"api\",class=\"2xx\"} 2",
        "yizhan_http_requests_total{listener=\"api\"} 3", "yizhan_notify_rows_total{outcome=\"failed\"} 2",
        "yizhan_http_requests_total{listener=\"push\"} 0", "# TYPE yizhan_events_accepted_total counter",
        "# TYPE process_resident_memory_bytes gauge"}) {
    EXPECT_NE(answer.raw.body.find(line + "\n"), std::string::npos) << line << "\n" << answer.raw.body;
  }
  // The ledger is not counted again for the next scrape.
  api.post_event(R"(,"payload":3)");
  EXPECT_NE(api.ask("GET", "/metrics").raw.body.find("state=\"pending\"} 2\n"), std::string::npos);
}

TEST(Status, TheProcessKnowsItself) {
  const ProcessFigures figures = read_process_figures();
  EXPECT_GT(figures.resident_bytes, 1e6);
  EXPECT_GT(figures.processor_seconds, 0);
  EXPECT_GT(figures.open_files, 2);
}

/// Every `#/…` that the document refers to.
void collect_references(const boost::json::value& value, std::set<std::string>& references) {
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      if (member.key() == "$ref") references.emplace(member.value().as_string());
      collect_references(member.value(), references);
    }
  }
  if (const auto* array = value.if_array()) {
    for (const auto& element : *array) collect_references(element, references);
  }
}

TEST(Status, TheDescriptionHasEveryRouteAndNoOther) {
  RunningApi api;
  const Answer answer = api.ask("GET", "/api/v1/openapi.json");
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("openapi"), "3.1.0");
  std::set<std::string> described, operations;
  for (const auto& path : answer.body.at("paths").as_object()) {
    for (const auto& operation : path.value().as_object()) {
      std::string method(operation.key());
      std::ranges::transform(method, method.begin(), [](char letter) { return static_cast<char>(letter - 'a' + 'A'); });
      described.insert(method + " " + std::string(path.key()));
      EXPECT_TRUE(operations.emplace(operation.value().at("operationId").as_string()).second) << "an operationId twice";
    }
  }
  std::set<std::string> routed;
  for (const auto& route : api.on_thread([&] { return api.api().routes(); }))
    routed.insert(route.method + " " + route.pattern);
  EXPECT_EQ(described, routed);
}

TEST(Status, TheDescriptionRefersOnlyToWhatItHas) {
  const auto document = boost::json::parse(openapi_document());
  std::set<std::string> references;
  collect_references(document, references);
  EXPECT_GT(references.size(), 10U);
  for (const std::string& reference : references) {
    boost::json::error_code missing;
    EXPECT_NE(document.find_pointer(reference.substr(1), missing), nullptr) << reference;
  }
}

TEST(Status, ProblemsAreListedOnce) {
  RunningApi api;
  const Answer answer = api.ask("GET", "/api/v1/problems");
  std::set<std::string> codes;
  for (const auto& problem : answer.body.at("problems").as_array()) {
    EXPECT_TRUE(codes.emplace(problem.at("code").as_string()).second) << problem;
    EXPECT_FALSE(problem.at("advice").as_string().empty());
    EXPECT_GE(problem.at("status").as_int64(), 400);
  }
  for (const std::string code :
       {"idempotency_conflict", "unknown_platform", "store_unavailable", "request_malformed"}) {
    EXPECT_TRUE(codes.contains(code)) << code;
  }
  EXPECT_EQ(problem_of("no_such_code").code, "internal_error");
}

TEST(Status, TheRootShowsTheWay) {
  RunningApi api;
  const Answer answer = api.ask("GET", "/");
  EXPECT_EQ(answer.text("name"), "yizhan");
  for (const char* link : {"api", "problems", "health", "ready", "metrics"}) {
    EXPECT_EQ(api.ask("GET", answer.text(link)).status, 200) << link;
  }
  EXPECT_EQ(api.ask("GET", "/nothing").code(), "not_found");
  EXPECT_EQ(api.ask("DELETE", "/api/v1/events").code(), "method_not_allowed");
}

TEST(Status, DurationsFallIntoTheirBuckets) {
  DurationHistogram durations;
  durations.add(Microseconds{500});
  durations.add(Microseconds{501});
  durations.add(Seconds{60});
  EXPECT_EQ(durations.counts.front(), 1U);
  EXPECT_EQ(durations.counts[1], 1U);
  EXPECT_EQ(durations.counts.back(), 1U);
}

}  // namespace
}  // namespace yizhan::api
