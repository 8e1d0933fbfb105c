// The samples of one scrape, gathered by metric and written as Prometheus' text.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "api/metric_catalogue.h"
#include "base/histogram.h"

namespace yizhan::api {

double number(auto value) {
  return static_cast<double>(value);
}

class MetricFamilies {
 public:
  /// A value for each label of the metric, in its order.
  using Labels = std::initializer_list<std::string_view>;

  MetricFamilies();
  ~MetricFamilies();
  MetricFamilies(const MetricFamilies&) = delete;
  MetricFamilies& operator=(const MetricFamilies&) = delete;

  /// Of a counter or a gauge. In any order.
  void add(MetricName name, double value, Labels labels = {});
  template <const auto& kBounds>
  void add(MetricName name, const Histogram<kBounds>& histogram, Labels labels = {}) {
    add_histogram(name, kBounds, histogram.counts, histogram.sum, labels);
  }

  /// In the order of kMetrics. A metric without samples has its HELP and TYPE.
  std::string text() const;

 private:
  /// `counts` has one more than `bounds`.
  void add_histogram(MetricName name, std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum,
                     Labels labels);

  struct Samples;
  std::unique_ptr<Samples> samples_;
};

}  // namespace yizhan::api
