// The store alone, on one thread: how many callbacks a second go on record, and what each costs in processor time.
//
//   yizhan_store_bench_receive [--store sqlite:PATH] [--seconds N] [--batch N] [--present N]
//                              [--scenario plain|payment|duplicate|event]
//
//   plain      a delivery id made at random, which is also the idempotency key; no effect, no events
//   payment    transaction and order number made at random; pays its order; one event, leased to the caller
//   event      as plain, with one event, leased to the caller
//   duplicate  always the same callback
//
// `--present` puts that many callbacks of the scenario `plain` there first.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
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
  std::string scenario = "plain";
  double seconds = 5;
  int batch = 200;
  std::int64_t present = 0;
};

constexpr std::size_t kBodyBytes = 600;

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
    for (std::size_t i = 0; i < kBodyBytes; ++i) body_ += "{\"abcdefgh:1234567,}"[random_.next() % 20];
  }

  void fill() {
    constexpr int kAtOnce = 5000;
    for (std::int64_t left = options_.present; left > 0; left -= kAtOnce) {
      WriteBatch batch = new_batch();
      for (std::int64_t i = 0; i < std::min<std::int64_t>(left, kAtOnce); ++i)
        batch.receives.push_back(plain(batch.now));
      write(batch);
    }
  }

  void run() {
    const auto begun = Clock::now();
    double cpu = 0;
    double took = 0;
    while (std::chrono::duration<double>(Clock::now() - begun).count() < options_.seconds) {
      WriteBatch batch = new_batch();
      for (int i = 0; i < options_.batch; ++i) batch.receives.push_back(call(batch.now));
      const auto batch_begun = Clock::now();
      const double batch_cpu = thread_cpu_seconds();
      write(batch);
      cpu += thread_cpu_seconds() - batch_cpu;
      const auto micros = std::chrono::duration_cast<Microseconds>(Clock::now() - batch_begun).count();
      took += static_cast<double>(micros) * 1e-6;
      batch_micros_.push_back(micros);
    }
    const auto callbacks = static_cast<double>(batch_micros_.size()) * options_.batch;
    std::ranges::sort(batch_micros_);
    const auto share = [&](double part) {
      return batch_micros_[static_cast<std::size_t>(static_cast<double>(batch_micros_.size() - 1) * part)];
    };
    fmt::print(
        "{:9} batch {} present {}: {:.0f} callbacks/s, {:.2f} us of processor each; a commit p50 {} us, p99 {} us, "
        "max {} us; {:.0f} callbacks\n",
        options_.scenario, options_.batch, options_.present, callbacks / took, cpu * 1e6 / callbacks, share(0.5),
        share(0.99), share(1), callbacks);
  }

 private:
  WriteBatch new_batch() {
    WriteBatch batch;
    batch.now = utc_now();
    return batch;
  }

  ReceiveCall plain(UtcTime now) {
    ReceiveCall call;
    call.callback.source = "shop";
    call.callback.event_type = "order.paid";
    call.callback.idempotency_key = fmt::format("{:016x}{:016x}", random_.next(), random_.next());
    call.callback.received_at = now;
    call.callback.peer = "203.0.113.7";
    call.callback.target = "/in/shop";
    call.callback.headers =
        "Content-Type: application/json\nUser-Agent: shop/1.0\nX-Signature: "
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\nContent-Length: 600\n";
    call.callback.body = body_;
    call.callback.body_size = kBodyBytes;
    call.keys = {{"delivery_id", call.callback.idempotency_key}};
    return call;
  }

  ReceiveCall call(UtcTime now) {
    ReceiveCall made = plain(now);
    if (options_.scenario == "duplicate") {
      made.callback.idempotency_key = "the same";
      made.keys[0].value = "the same";
    } else if (options_.scenario == "event") {
      made.events.push_back(event(now));
    } else if (options_.scenario == "payment") {
      PayOrder order;
      order.out_trade_no = made.callback.idempotency_key.substr(0, 20);
      order.total_fee = 100;
      order.created_at = now;
      made.effect = PaymentEffect{.out_trade_no = order.out_trade_no,
                                  .transaction_id = made.callback.idempotency_key,
                                  .provider = "wxpay",
                                  .merchant = "",
                                  .total_fee = 100,
                                  .currency = "CNY",
                                  .paid_at = now};
      made.keys = {{"transaction_id", made.callback.idempotency_key}, {"out_trade_no", order.out_trade_no}};
      if (const auto stored = store_.create_pay_order(order); !stored) die(stored.error().message);
      made.effect_events.push_back(event(now));
    }
    return made;
  }

  NewEvent event(UtcTime now) {
    NewEvent item;
    item.event.id = ids_.make(now);
    item.event.platform = "sub2api";
    item.event.event_type = "payment.succeeded";
    item.event.callback_target = "/hooks/callback";
    item.event.payload = body_;
    item.event.created_at = now;
    item.first_attempt_at = now;
    item.endpoint_key = 4711;
    item.lease_token = "bench";
    item.lease = Seconds{33};
    return item;
  }

  void write(const WriteBatch& batch) {
    const auto reply = store_.write(batch);
    if (!reply) die(reply.error().message);
    for (const auto& received : reply->receives) {
      if (!received) die(received.error().message);
      if (received->verdict == Verdict::kRejected) die(received->reason);
    }
    store_.tidy();
  }

  Store& store_;
  const Options& options_;
  std::string body_;
  IdMaker ids_;
  Random random_;
  std::vector<std::int64_t> batch_micros_;
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
    else if (name == "--present")
      options.present = std::stoll(value);
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
