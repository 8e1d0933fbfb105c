#include "api/metric_catalogue.h"

#include <fmt/format.h>

namespace yizhan::api {
namespace {

constexpr std::string_view kHead = R"(# Metrics

<!-- Generated from src/api/metric_catalogue.h by `yizhan config docs --metrics`; do not edit. -->

`GET /metrics` on the API's listener, in Prometheus' text format. Where there are API keys it needs one with the scope
`events:read`, as `Authorization: Bearer KEY`:

```yaml
scrape_configs:
  - job_name: yizhan
    authorization: {credentials_file: /etc/prometheus/yizhan.key}
    static_configs: [{targets: ["127.0.0.1:7401"]}]
```

Counters count since the start of the process. What stands below under "ledger" is of the whole store, so with several
nodes it is the same on each: take the maximum, not the sum. It is counted bit by bit: of a large store it may be minutes
old (`yizhan_ledger_age_seconds`), and is missing until a process has counted it once. Everything else is of the one
process: take the sum.

No label takes its values from what strangers send. `platform` has the configured platforms and `push`; `source` the
configured sources; `class` the [error classes](operations.md#error-classes) and `none`; `verdict` is accepted, duplicate,
rejected, unavailable or over_rate.

A dashboard for Grafana and rules for Prometheus come with the package, in `/usr/share/yizhan`:
[what they show](operations.md#dashboard-and-alert-rules).

| name | type | labels | meaning |
|---|---|---|---|
)";

std::string_view name_of(Metric::Kind kind) {
  switch (kind) {
    case Metric::Kind::kCounter:
      return "counter";
    case Metric::Kind::kGauge:
      return "gauge";
    case Metric::Kind::kHistogram:
      break;
  }
  return "histogram";
}

}  // namespace

std::string metrics_markdown() {
  std::string text(kHead);
  for (const Metric& metric : kMetrics) {
    std::string labels;
    for (const std::string_view label : metric.labels) {
      if (label.empty()) continue;
      if (!labels.empty()) labels += ", ";
      labels += fmt::format("`{}`", label);
    }
    text += fmt::format("| `{}` | {} | {} | {} |\n", metric.name, name_of(metric.kind), labels, metric.help);
  }
  return text;
}

}  // namespace yizhan::api
