#include "drive/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "drive/latency.h"
#include "drive/process_cost.h"

namespace yizhan::bench {
namespace {

/// Entries are only written when an event is sent, so the reserve costs address space, not memory.
constexpr std::size_t kBookCapacity = 100'000'000;
constexpr EventNumber kSideNumbers = 900'000'000'000;
constexpr int kSideArray = 100;
/// Timers closer than this are served together: waking for each event would take CPU from what is measured.
constexpr Moment kTimerGrain = 200;
constexpr Moment kLongestWait = 10'000;

Moment microseconds(double seconds) {
  return static_cast<Moment>(seconds * kMicrosecondsPerSecond);
}

/// What is read at both ends of the measured window.
struct Reading {
  Moment at = 0;
  EventBook::Totals totals;
  double own_cpu_seconds = 0;
  std::map<std::string, double> cpu_seconds;
};

std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted.append(1, '\\').append(1, c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += ' ';
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

class Run {
 public:
  explicit Run(const RunOptions& options)
      : options_(options), book_(options.first_number, kBookCapacity), side_book_(kSideNumbers, kBookCapacity / 10) {}

  std::string result() {
    start();
    until(now() + microseconds(options_.warm_up_seconds), [] { return false; });
    const Reading begin = read();
    until(begin.at + microseconds(options_.seconds), [this] { return window_is_over(); });
    const Reading end = read();
    const auto resident = resident_bytes();
    if (load_) load_->stop();
    until(now() + microseconds(options_.drain_seconds), [this] { return nothing_on_its_way(); });
    return report(begin, end, resident);
  }

 private:
  void start() {
    if (options_.sink.port != 0) sink_.emplace(poller_, std::vector{&book_, &side_book_}, options_.sink);
    if (options_.side_events > 0) {
      LoadOptions side = options_.load;
      side.shape.platform = options_.side_platform;
      side.shape.events_per_request = kSideArray;
      side.events_per_second = 0;
      side.window = 0;
      side.total = options_.side_events;
      side_load_.emplace(poller_, side_book_, side);
      until(now() + microseconds(options_.drain_seconds), [this] { return side_load_->finished(); });
    }
    if (options_.expect > 0) book_.expect(options_.expect);
    if (options_.load.port != 0) load_.emplace(poller_, book_, options_.load);
  }

  /// Drives load and sink until the moment, or until `over` says so.
  template <class Over>
  void until(Moment end, Over over) {
    for (Moment time = now(); time < end && !over(); time = now()) {
      if (side_load_) side_load_->send_due();
      Moment next = std::min(end, time + kLongestWait);
      if (load_) {
        load_->send_due();
        next = std::min(next, std::max(load_->next_due(), time + kTimerGrain));
      }
      poller_.wait(next - now());
    }
  }

  bool window_is_over() const {
    if (options_.expect > 0) return book_.outstanding() == 0;
    return options_.load.total > 0 && load_->finished();
  }

  bool nothing_on_its_way() const { return (!load_ || load_->finished()) && (!sink_ || book_.outstanding() <= 0); }

  Reading read() const {
    Reading reading{.at = now(), .totals = book_.totals(), .own_cpu_seconds = own_cpu_seconds(), .cpu_seconds = {}};
    for (const auto& [name, processes] : options_.watch) reading.cpu_seconds[name] = cpu_seconds_of(processes);
    return reading;
  }

  std::map<std::string, std::int64_t> resident_bytes() const {
    std::map<std::string, std::int64_t> bytes;
    for (const auto& [name, processes] : options_.watch) bytes[name] = resident_bytes_of(processes);
    return bytes;
  }

  /// The events that were accepted within the window, and when all events were delivered.
  struct Outcome {
    Latencies acknowledge;
    Latencies accepted_to_delivered;
    Latencies due_to_delivered;
    std::int64_t missing = 0;
    std::int64_t delivered_unaccepted = 0;
    Moment first_delivery = 0;
    Moment last_delivery = 0;
    std::vector<std::int64_t> delivered_per_second;
  };

  Outcome outcome(const Reading& begin, const Reading& end) const {
    Outcome outcome;
    outcome.delivered_per_second.resize(static_cast<std::size_t>((end.at - begin.at) / kMicrosecondsPerSecond));
    for (const EventBook::Entry& entry : book_.entries()) {
      const Moment accepted = entry.accepted;
      const Moment delivered = entry.delivered;
      if (accepted > 0 && delivered == 0) ++outcome.missing;
      if (accepted == 0 && delivered > 0) ++outcome.delivered_unaccepted;
      if (delivered > 0) {
        outcome.last_delivery = std::max(outcome.last_delivery, delivered);
        outcome.first_delivery = outcome.first_delivery == 0 ? delivered : std::min(outcome.first_delivery, delivered);
        const auto second =
            static_cast<std::size_t>(std::max<Moment>(delivered - begin.at, 0) / kMicrosecondsPerSecond);
        if (delivered >= begin.at && second < outcome.delivered_per_second.size()) {
          ++outcome.delivered_per_second[second];
        }
      }
      // Both ends belong to the window: the answer that ends it may be read in the very microsecond of its end.
      if (options_.expect > 0 || accepted < begin.at || accepted > end.at) continue;
      outcome.acknowledge.add(accepted - entry.due);
      if (delivered == 0) continue;
      // A callback may be seen before the 202 that was sent earlier: both wait in the same loop.
      outcome.accepted_to_delivered.add(std::max<Moment>(delivered - accepted, 0));
      outcome.due_to_delivered.add(delivered - entry.due);
    }
    return outcome;
  }

  std::string report(const Reading& begin, const Reading& end, const std::map<std::string, std::int64_t>& resident) {
    Outcome found = outcome(begin, end);
    const double seconds = static_cast<double>(end.at - begin.at) / kMicrosecondsPerSecond;
    const auto& totals = book_.totals();
    const std::int64_t accepted = end.totals.accepted - begin.totals.accepted;
    const std::int64_t delivered = end.totals.delivered - begin.totals.delivered;

    std::string watched;
    for (const auto& [name, cpu_seconds] : end.cpu_seconds) {
      watched += fmt::format(R"({}"{}":{{"cpu_seconds":{:.2f},"resident_bytes":{}}})", watched.empty() ? "" : ",", name,
                             cpu_seconds - begin.cpu_seconds.at(name), resident.at(name));
    }
    return fmt::format(
        R"({{"seconds":{:.3f},"accepted":{},"delivered":{},"accepted_per_second":{:.1f},"delivered_per_second":{:.1f},)"
        R"("delivered_each_second":[{}],"acknowledge_us":{},"accepted_to_delivered_us":{},"due_to_delivered_us":{},)"
        R"("outstanding_begin":{},"outstanding_end":{},"first_delivery_us":{},"last_delivery_us":{},{},)"
        R"("total":{{"sent":{},"accepted":{},"refused":{},"delivered":{},"duplicates":{},"unexpected":{},"missing":{},)"
        R"("delivered_unaccepted":{}}},"driver_cpu_seconds":{:.3f},"watch":{{{}}}}})",
        seconds, accepted, delivered, static_cast<double>(accepted) / seconds, static_cast<double>(delivered) / seconds,
        fmt::join(found.delivered_per_second, ","), found.acknowledge.to_json(), found.accepted_to_delivered.to_json(),
        found.due_to_delivered.to_json(), begin.totals.accepted - begin.totals.delivered,
        end.totals.accepted - end.totals.delivered, found.first_delivery, found.last_delivery, sides(), totals.sent,
        totals.accepted, totals.refused, totals.delivered, totals.duplicates, totals.unexpected, found.missing,
        found.delivered_unaccepted, end.own_cpu_seconds - begin.own_cpu_seconds, watched);
  }

  /// What the producer and the sink have to tell.
  std::string sides() const {
    std::string answers;
    if (load_) {
      for (const auto& [status, count] : load_->answers()) {
        answers += fmt::format(R"({}"{}":{})", answers.empty() ? "" : ",", status, count);
      }
    }
    std::string text =
        fmt::format(R"("answers":{{{}}},"first_refusal":{})", answers, json_text(load_ ? load_->first_refusal() : ""));
    if (!sink_) return text;

    Latencies lateness;
    for (const Moment after : sink_->retried_after()) lateness.add(after - microseconds(options_.retry_delay_seconds));
    const SinkCounts& counts = sink_->counts();
    return text + fmt::format(R"(,"retry_lateness_us":{},"sink":{{"callbacks":{},"connections":{},"checked":{},)"
                              R"("bad_signatures":{},"bad_bodies":{},"failed_on_purpose":{},"held":{}}})",
                              lateness.to_json(), counts.callbacks, counts.connections, counts.checked,
                              counts.bad_signatures, counts.bad_bodies, counts.failed_on_purpose, counts.held);
  }

  const RunOptions& options_;
  Poller poller_;
  EventBook book_;
  EventBook side_book_;
  std::optional<Sink> sink_;
  std::optional<Load> load_;
  std::optional<Load> side_load_;
};

}  // namespace

std::string run(const RunOptions& options) {
  return Run(options).result();
}

}  // namespace yizhan::bench
