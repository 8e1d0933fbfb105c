// The store alone, on one thread: how many events a second it takes through their lives, and what each costs in
// processor time (which does not depend on who else uses the machine).
//
//   yizhan_store_bench [--store sqlite:PATH] [--scenario life|accept|claim|keys] [--seconds N] [--batch N] [--waiting
//   N]
//
//   life     each batch accepts events leased to the caller and records the deliveries of the batch before
//   accept   events are accepted and left waiting
//   claim    a backlog is claimed and delivered, `batch` events at a time
//   keys     life, each event with a random idempotency key
//
// `--waiting` puts that many events there first: in the future for life and accept, due for claim.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "store/store.h"

namespace {

using namespace yizhan;
using namespace yizhan::store;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string store = "sqlite:yizhan-store-bench.db";
  std::string scenario = "life";
  double seconds = 5;
  int batch = 200;
  std::int64_t waiting = 0;
};

constexpr std::int64_t kEndpoint = 4711;
constexpr std::size_t kPayloadBytes = 600;

[[noreturn]] void die(std::string_view message) {
  fmt::print(stderr, "{}\n", message);
  std::exit(1);
}

double thread_cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

class Bench {
 public:
  Bench(Store& store, const Options& options) : store_(store), options_(options) {
    Random letters(1);
    for (std::size_t i = 0; i < kPayloadBytes; ++i) payload_ += "{\"abcdefgh:1234567,}"[letters.next() % 20];
  }

  void fill() {
    const bool due = options_.scenario == "claim";
    constexpr int kAtOnce = 5000;
    for (std::int64_t left = options_.waiting; left > 0; left -= kAtOnce) {
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
    const auto begun = Clock::now();
    const double cpu_begun = thread_cpu_seconds();
    while (std::chrono::duration<double>(Clock::now() - begun).count() < options_.seconds && step()) {
    }
    const double took = std::chrono::duration<double>(Clock::now() - begun).count();
    const double cpu = thread_cpu_seconds() - cpu_begun;
    std::ranges::sort(batch_micros_);
    const auto share = [&](double part) {
      return batch_micros_.empty()
                 ? 0
                 : batch_micros_[static_cast<std::size_t>(static_cast<double>(batch_micros_.size() - 1) * part)];
    };
    fmt::print(
        "{:7} batch {} waiting {}: {:.0f} events/s, {:.2f} us of processor each; a commit p50 {} us, p99 {} us, max {} "
        "us\n",
        options_.scenario, options_.batch, options_.waiting, static_cast<double>(events_) / took,
        cpu * 1e6 / static_cast<double>(std::max<std::int64_t>(events_, 1)), share(0.5), share(0.99), share(1));
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
  bool step() {
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
    const auto begun = Clock::now();
    const WriteReply reply = write(batch);
    batch_micros_.push_back(std::chrono::duration_cast<Microseconds>(Clock::now() - begun).count());

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
  std::string payload_;
  IdMaker ids_;
  Random random_{7};
  std::vector<std::pair<std::int64_t, std::string>> in_flight_;
  std::vector<std::int64_t> batch_micros_;
  std::int64_t events_ = 0;
};

Options parse(int count, char** words) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = words[i];
    const std::string value = words[i + 1];
    if (name == "--store")
      options.store = value;
    else if (name == "--scenario")
      options.scenario = value;
    else if (name == "--seconds")
      options.seconds = std::stod(value);
    else if (name == "--batch")
      options.batch = std::stoi(value);
    else if (name == "--waiting")
      options.waiting = std::stoll(value);
    else
      die(fmt::format("unknown option {}", name));
  }
  return options;
}

}  // namespace

int main(int count, char** words) {
  const Options options = parse(count, words);
  const auto url = parse_store_url(options.store);
  if (!url) die(url.error().message);
  if (url->engine == StoreUrl::Engine::kSqlite) {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(url->text + suffix);
  }
  auto factory = open_store(*url, OpenMode::kServe);
  if (!factory) die(factory.error().message);
  if (const auto migrated = (*factory)->migrate(); !migrated) die(migrated.error().message);
  auto writer = (*factory)->open_writer();
  if (!writer) die(writer.error().message);
  Bench bench(**writer, options);
  bench.fill();
  bench.run();
  return 0;
}
