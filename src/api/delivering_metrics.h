// The part of /metrics about delivering: what came of attempts, how the endpoints are, the ledger. By platform, which
// are as many as the configuration has; one series for each URL could be any number.
#pragma once

#include "api/metric_families.h"
#include "api/metrics_text.h"

namespace yizhan::api {

void add_delivering(MetricFamilies& families, const MetricsInput& input);

}  // namespace yizhan::api
