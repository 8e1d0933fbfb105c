#include "api/delivering_metrics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include "domain/attempt.h"
#include "domain/breaker.h"

namespace yizhan::api {
namespace {

void add_deliveries(MetricFamilies& families, const std::vector<DeliveryCounters>& deliveries) {
  for (const DeliveryCounters& each : deliveries) {
    families.add("yizhan_delivered_total", number(each.delivered), {each.platform});
    families.add("yizhan_dead_letters_total", number(each.dead_letters), {each.platform});
    families.add("yizhan_delivery_lag_seconds", each.lag, {each.platform});
    for (std::size_t i = 0; i < each.attempts_by_class.size(); ++i) {
      const std::string_view error_class = to_string(static_cast<ErrorClass>(i));
      families.add("yizhan_attempts_total", number(each.attempts_by_class[i]),
                   {each.platform, error_class.empty() ? "none" : error_class});
    }
  }
}

struct EndpointSums {
  double in_flight = 0, queued = 0, disabled = 0, all = 0, oldest_due_seconds = 0;
  std::array<double, Breaker::kStates> by_breaker{};
};

void add_endpoints(MetricFamilies& families, const std::vector<EndpointState>& endpoints, UtcTime now) {
  std::map<std::string_view, EndpointSums> by_platform;
  for (const EndpointState& endpoint : endpoints) {
    EndpointSums& sums = by_platform[endpoint.platform];
    sums.in_flight += number(endpoint.in_flight);
    sums.queued += number(endpoint.queued);
    sums.by_breaker[static_cast<std::size_t>(endpoint.breaker)] += 1;
    sums.disabled += endpoint.disabled ? 1 : 0;
    sums.all += 1;
    if (endpoint.oldest_due_at) {
      const std::chrono::duration<double> due_for = now - *endpoint.oldest_due_at;
      sums.oldest_due_seconds = std::max(sums.oldest_due_seconds, due_for.count());
    }
  }
  for (const auto& [platform, sums] : by_platform) {
    families.add("yizhan_in_flight", sums.in_flight, {platform});
    families.add("yizhan_queued", sums.queued, {platform});
    families.add("yizhan_oldest_due_seconds", sums.oldest_due_seconds, {platform});
    families.add("yizhan_endpoints", sums.all, {platform});
    families.add("yizhan_endpoints_disabled", sums.disabled, {platform});
    for (std::size_t state = 0; state < Breaker::kStates; ++state) {
      families.add("yizhan_endpoints_by_breaker", sums.by_breaker[state],
                   {platform, to_string(static_cast<Breaker::State>(state))});
    }
  }
}

/// Platforms that may be a label, and all others together.
std::map<std::string, LedgerLine> bounded(const std::vector<LedgerLine>& lines,
                                          const std::function<bool(std::string_view)>& platform_known) {
  std::map<std::string, LedgerLine> by_label;
  for (const LedgerLine& line : lines) {
    by_label[!platform_known || platform_known(line.platform) ? line.platform : "other"] += line;
  }
  return by_label;
}

void add_ledger(MetricFamilies& families, const MetricsInput& input) {
  const auto age = std::chrono::duration<double>(std::chrono::steady_clock::now() - input.ledger->at);
  families.add("yizhan_ledger_age_seconds", age.count());
  const std::pair<const char*, std::int64_t LedgerLine::*> states[] = {
      {"accepted", &LedgerLine::accepted},       {"pending", &LedgerLine::pending},
      {"retrying", &LedgerLine::retrying},       {"delivered", &LedgerLine::delivered},
      {"dead_letter", &LedgerLine::dead_letter}, {"discarded", &LedgerLine::discarded}};
  for (const auto& [platform, line] : bounded(input.ledger->ledger.lines, input.platform_known)) {
    for (const auto& [state, member] : states) {
      families.add("yizhan_ledger_events", number(line.*member), {platform, state});
    }
    families.add("yizhan_ledger_mismatch", number(line.mismatch()), {platform});
  }
}

}  // namespace

void add_delivering(MetricFamilies& families, const MetricsInput& input) {
  add_deliveries(families, input.deliveries);
  add_endpoints(families, input.endpoints, input.now);
  if (input.ledger != nullptr) add_ledger(families, input);
}

}  // namespace yizhan::api
