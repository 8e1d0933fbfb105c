#include "api/metric_families.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <vector>

namespace yizhan::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricType type_of(Metric::Kind kind) {
  switch (kind) {
    case Metric::Kind::kCounter:
      return MetricType::Counter;
    case Metric::Kind::kGauge:
      return MetricType::Gauge;
    case Metric::Kind::kHistogram:
      break;
  }
  return MetricType::Histogram;
}

}  // namespace

struct MetricFamilies::Samples {
  ClientMetric& add(MetricName name, Labels labels) {
    ClientMetric& sample = families[name.index()].metric.emplace_back();
    const auto& names = kMetrics[name.index()].labels;
    std::size_t position = 0;
    for (const std::string_view value : labels) {
      sample.label.push_back({std::string(names.at(position++)), std::string(value)});
    }
    return sample;
  }

  std::vector<MetricFamily> families;
};

MetricFamilies::MetricFamilies() : samples_(std::make_unique<Samples>()) {
  for (const Metric& metric : kMetrics) {
    samples_->families.push_back({std::string(metric.name), std::string(metric.help), type_of(metric.kind), {}});
  }
}

MetricFamilies::~MetricFamilies() = default;

void MetricFamilies::add(MetricName name, double value, Labels labels) {
  ClientMetric& sample = samples_->add(name, labels);
  if (kMetrics[name.index()].kind == Metric::Kind::kCounter) {
    sample.counter.value = value;
  } else {
    sample.gauge.value = value;
  }
}

void MetricFamilies::add_histogram(MetricName name, std::span<const double> bounds,
                                   std::span<const std::uint64_t> counts, double sum, Labels labels) {
  ClientMetric& sample = samples_->add(name, labels);
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    cumulative += counts[i];
    const double bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
    sample.histogram.bucket.push_back({cumulative, bound});
  }
  sample.histogram.sample_count = cumulative;
  sample.histogram.sample_sum = sum;
}

std::string MetricFamilies::text() const {
  return prometheus::TextSerializer().Serialize(samples_->families);
}

}  // namespace yizhan::api
