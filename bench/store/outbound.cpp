// The store alone: how many events a second it takes through their lives, and what each costs in processor time.
//
//   life     each batch accepts events leased to the caller and records the deliveries of the batch before
//   accept   events are accepted and left waiting
//   claim    a backlog is claimed and delivered, `--batch` events at a time
//   keys     life, each event with a random idempotency key
//
// `--present` events are there first: in the future for life and accept, due for claim.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "bench_store.h"

namespace yizhan::bench {
namespace {

using namespace yizhan::store;

constexpr std::int64_t kEndpoint = 4711;

class Bench {
 public:
  Bench(Store& store, const Options& options) : store_(store), options_(options) {}

  void fill() {
    const bool due = options_.scenario == "claim";
    constexpr int kAtOnce = 5000;
    for (std::int64_t left = options_.present; left > 0; left -= kAtOnce) {
      WriteBatch batch = new_batch();
      for (std::int64_t i = 0; i < std::min<std::int64_t>(left, kAtOnce); ++i) {
        NewEvent event = new_event(batch.now);
        if (!due) event.first_attempt_at += std::chrono::hours{24 + static_cast<int>(random_.next() % 240)};
        batch.accepts.emplace_back().events.push_back(std::move(event));
      }
      write(batch);
    }
  }

  void run() {
    Stopwatch stopwatch(options_);
    while (!stopwatch.is_over() && step(stopwatch)) {
    }
    stopwatch.print("events", events_);
  }

 private:
  WriteBatch new_batch() {
    WriteBatch batch;
    batch.now = utc_now();
    return batch;
  }

  NewEvent new_event(UtcTime now) {
    NewEvent item;
    item.event.id = ids_.make(now);
    item.event.platform = "sub2api";
    item.event.event_type = "order.created";
    item.event.callback_target = "/hooks/callback";
    item.event.payload = payload_;
    item.event.created_at = now;
    item.first_attempt_at = now;
    item.endpoint_key = kEndpoint;
    return item;
  }

  void record(WriteBatch& batch, std::int64_t sequence, const std::string& token) {
    AttemptRecord& made = batch.records.emplace_back();
    made.sequence = sequence;
    made.lease_token = token;
    made.outcome.response_status = 200;
    made.outcome.response_head = "ok";
    made.outcome.started_at = batch.now;
    made.outcome.duration = Milliseconds{3};
    made.recorded_at = batch.now;
  }

  WriteReply write(const WriteBatch& batch) {
    auto reply = store_.write(batch);
    if (!reply) die(reply.error().message);
    store_.tidy();
    return std::move(*reply);
  }

  /// One transaction; false when there is nothing left.
  bool step(Stopwatch& stopwatch) {
    WriteBatch batch = new_batch();
    const std::string token = random_hex(16);
    for (const auto& [sequence, held_by] : in_flight_) record(batch, sequence, held_by);
    in_flight_.clear();
    if (options_.scenario == "claim") {
      batch.claims.push_back(
          {.endpoint_key = kEndpoint, .limit = options_.batch, .lease_token = token, .lease = Seconds{33}});
    } else {
      for (int i = 0; i < options_.batch; ++i) {
        NewEvent event = new_event(batch.now);
        if (options_.scenario != "accept") {
          event.lease_token = token;
          event.lease = Seconds{33};
        }
        if (options_.scenario == "keys") event.idempotency_key = fmt::format("{:016x}", random_.next());
        batch.accepts.emplace_back().events.push_back(std::move(event));
      }
    }
    stopwatch.begin_commit();
    const WriteReply reply = write(batch);
    stopwatch.end_commit();
    for (const auto& accepted : reply.accepts) {
      if (!accepted) die(accepted.error().message);
      if (accepted->front().leased) in_flight_.emplace_back(accepted->front().sequence, token);
    }
    for (const ClaimReply& claim : reply.claims) {
      for (const ClaimedEvent& event : claim.events) in_flight_.emplace_back(event.sequence, token);
    }
    for (const RecordReply recorded : reply.records) {
      if (recorded != RecordReply::kRecorded) die("a result was refused");
    }
    events_ += static_cast<std::int64_t>(options_.scenario == "accept" ? reply.accepts.size() : reply.records.size());
    return options_.scenario != "claim" || !in_flight_.empty();
  }

  Store& store_;
  const Options& options_;
  std::string payload_ = some_body();
  IdMaker ids_;
  Random random_{7};
  std::vector<std::pair<std::int64_t, std::string>> in_flight_;
  std::int64_t events_ = 0;
};

}  // namespace
}  // namespace yizhan::bench

int main(int count, char** words) {
  using namespace yizhan::bench;
  const Options options = read_options(count, words, "Events and the store alone", {"life", "accept", "claim", "keys"});
  const BenchStore store(options.store);
  Bench bench(*store, options);
  bench.fill();
  bench.run();
  return 0;
}
