// One request on its way, from send() to its callback. Exchanges are recycled: the steady state allocates none.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "http/client.h"
#include "http/deadline_wheel.h"

namespace yizhan::http {

class Connection;
struct Origin;

using ExchangeResult = std::expected<Response, Failure>;

struct Exchange final : DeadlineWheel::Entry {
  struct Owner {
    virtual ~Owner() = default;
    virtual void deadline_passed(Exchange& exchange) = 0;
  };
  explicit Exchange(Owner& exchange_owner) : owner(exchange_owner) {}

  enum class Phase { kLookUp, kConnect, kAnswer };

  Owner& owner;
  std::uint64_t serial = 0;  ///< another for each use: tells a late callback that its exchange is gone; 0 while free
  Request request;
  Client::Done done;
  SteadyTime deadline{};
  Phase phase = Phase::kLookUp;
  Origin* origin = nullptr;
  std::shared_ptr<Connection> connection;  ///< the one being opened or used

  std::vector<tcp::endpoint> endpoints;  ///< vetted, in the order in which they are tried
  std::size_t next_endpoint = 0;
  SteadyTime connect_ends_at{};
  Failure last_failure;  ///< of the endpoints tried so far

 private:
  void deadline_passed() override { owner.deadline_passed(*this); }
};

class ExchangePool {
 public:
  explicit ExchangePool(Exchange::Owner& owner) : owner_(owner) {}

  Exchange& take() {
    if (free_.empty()) {
      all_.push_back(std::make_unique<Exchange>(owner_));
      free_.push_back(all_.back().get());
    }
    Exchange& exchange = *free_.back();
    free_.pop_back();
    exchange.serial = ++last_serial_;
    return exchange;
  }
  /// Everything that the exchange holds is released.
  void give_back(Exchange& exchange) {
    exchange.serial = 0;
    exchange.request = Request{};
    exchange.done = nullptr;
    exchange.origin = nullptr;
    exchange.connection.reset();
    exchange.endpoints.clear();
    free_.push_back(&exchange);
  }
  /// Any exchange that is on its way, or null.
  Exchange* any_active() const {
    for (const auto& exchange : all_) {
      if (exchange->serial != 0) return exchange.get();
    }
    return nullptr;
  }

 private:
  Exchange::Owner& owner_;
  std::vector<std::unique_ptr<Exchange>> all_;
  std::vector<Exchange*> free_;
  std::uint64_t last_serial_ = 0;
};

}  // namespace yizhan::http
