// Where the API and the dispatcher meet: neither includes the other.
#pragma once

#include <functional>
#include <utility>

#include "api/dispatching.h"
#include "dispatch/dispatcher.h"
#include "store/intake.h"

namespace yizhan::app {

/// The API's events go to this process's dispatcher.
class DispatchBridge final : public store::Intake, public api::Dispatching {
 public:
  /// `dispatcher` must outlive the bridge. `on_express`: somebody has to be told of a parcel.
  DispatchBridge(dispatch::Dispatcher& dispatcher, std::function<void()> on_express)
      : dispatcher_(dispatcher), on_express_(std::move(on_express)) {}

  Result<void> prepare(store::NewEvent& event) override { return dispatcher_.prepare(event); }
  void accepted(const std::vector<store::Accepted>& accepted, store::AcceptCall&& call) override {
    dispatcher_.accepted(accepted, std::move(call));
  }
  void abandoned(const store::AcceptCall& call) override { dispatcher_.abandoned(call); }
  void express_applied() override { on_express_(); }

  std::vector<api::EndpointState> endpoints() const override;
  std::vector<api::DeliveryCounters> delivery_counters() const override;
  void endpoint_enabled(std::int64_t endpoint_key) override { dispatcher_.endpoint_enabled(endpoint_key); }
  void store_changed() override { dispatcher_.news(store::kUnrouted); }

 private:
  dispatch::Dispatcher& dispatcher_;
  std::function<void()> on_express_;
};

/// A process without the dispatch role takes events in for the others: it checks them and names their endpoint, no
/// more.
class RouteOnlyIntake final : public store::Intake, public api::Dispatching {
 public:
  /// `lane` must outlive the intake. `on_express` as above.
  RouteOnlyIntake(dispatch::Lane& lane, std::function<void()> on_express)
      : lane_(lane), on_express_(std::move(on_express)) {}

  Result<void> prepare(store::NewEvent& event) override;
  void accepted(const std::vector<store::Accepted>&, store::AcceptCall&&) override {}
  void abandoned(const store::AcceptCall&) override {}
  void express_applied() override { on_express_(); }

  std::vector<api::EndpointState> endpoints() const override { return {}; }
  void endpoint_enabled(std::int64_t) override {}
  void store_changed() override {}

 private:
  dispatch::Lane& lane_;
  std::function<void()> on_express_;
};

}  // namespace yizhan::app
