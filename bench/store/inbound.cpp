// The store alone: how many callbacks a second go on record, and what each costs in processor time.
//
//   plain      a delivery id made at random, which is also the idempotency key; no effect, no events
//   payment    transaction and order number made at random; pays its order; one event, leased to the caller
//   event      as plain, with one event, leased to the caller
//   duplicate  always the same callback
//
// `--present` callbacks of the scenario `plain` are there first.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/ids.h"
#include "base/random.h"
#include "bench_store.h"

namespace yizhan::bench {
namespace {

using namespace yizhan::store;

class Bench {
 public:
  Bench(Store& store, const Options& options) : store_(store), options_(options) {}

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
    Stopwatch stopwatch(options_);
    std::int64_t callbacks = 0;
    while (!stopwatch.is_over()) {
      WriteBatch batch = new_batch();
      for (int i = 0; i < options_.batch; ++i) batch.receives.push_back(call(batch.now));
      stopwatch.begin_commit();
      write(batch);
      stopwatch.end_commit();
      callbacks += options_.batch;
    }
    stopwatch.print("callbacks", callbacks);
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
    call.callback.body_size = static_cast<std::int64_t>(body_.size());
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
  std::string body_ = some_body();
  IdMaker ids_;
  Random random_;
};

}  // namespace
}  // namespace yizhan::bench

int main(int count, char** words) {
  using namespace yizhan::bench;
  const Options options =
      read_options(count, words, "Callbacks and the store alone", {"plain", "payment", "event", "duplicate"});
  const BenchStore store(options.store);
  Bench bench(*store, options);
  bench.fill();
  bench.run();
  return 0;
}
