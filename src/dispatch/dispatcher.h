// READ FIRST for outbound: the loop that delivers events. claim → send → decide → record, for every endpoint by itself.
//
//   accept (API) ──▶ prepare(): room at the endpoint? then the event is leased to us in the transaction that stores it
//   commit       ──▶ accepted(): leased events join their endpoint's queue, the others are due in the store
//   store        ──▶ claim: an endpoint whose queue runs low and that has due events claims a batch
//   queue        ──▶ send: within the endpoint's in-flight cap, rate and breaker, while the lease lasts
//   outcome      ──▶ decide (pure) ──▶ record in one transaction: attempt + new state (+ dead letter)
//
// Nothing polls when there is news: a commit, an outcome, a due time or a notification from another node wakes exactly
// the endpoint it concerns. The poll interval is only for what nobody tells us: edits by hand, nodes that died.
//
// Runs on one io_context thread; only `news()` may be called from elsewhere.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "base/log.h"
#include "base/random.h"
#include "dispatch/endpoint.h"
#include "dispatch/lane.h"
#include "dispatch/wake_queue.h"
#include "domain/decide.h"
#include "http/asio.h"
#include "store/group_commit.h"

namespace yizhan::dispatch {

struct DispatcherOptions {
  std::size_t queued_events_per_endpoint = 1024;  ///< events held in memory, waiting to be sent
  std::size_t queued_bytes = 32U << 20;           ///< payloads held in memory, all endpoints together
  int in_flight_limit = 4096;                     ///< attempts at once, all endpoints together
  Milliseconds poll_interval{5000};               ///< the shortest of the platforms', at most this
  Milliseconds longest_timeout{3000};             ///< the longest of all lanes: leases events of unknown endpoints
  log::Level log_deliveries_at = log::Level::kDebug;
};

struct PlatformCounters {
  std::uint64_t delivered = 0;
  std::uint64_t dead_letters = 0;
  std::array<std::uint64_t, kErrorClassCount> attempts_by_class{};  ///< indexed by ErrorClass; kNone are the successes
  LagHistogram lag;                                                 ///< from accepted to delivered
};

class Dispatcher {
 public:
  /// All references must outlive the dispatcher.
  Dispatcher(http::asio::io_context& io, Lane& lane, store::GroupCommit& commits, store::ReadThread& reads,
             DispatcherOptions options);
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// Looks for work in the store, now and then at every poll interval.
  void start();
  /// Claims and sends nothing more; waits for the attempts in flight and their records, gives back what is queued and
  /// what claims in hand still bring.
  /// `done` is called once, at the latest when `grace` has passed (leases take care of the rest).
  void stop(Milliseconds grace, std::move_only_function<void()> done);

  // ---- intake: events that this process accepts
  // ----------------------------------------------------------------------

  /// Fills in the endpoint and, when it can be sent at once, a lease. Codes of Lane::route, but for
  /// `platform_disabled`: such events are accepted and wait.
  Result<void> prepare(store::NewEvent& event);
  /// The transaction is durable. `accepted[i]` belongs to `call.events[i]`.
  void accepted(const std::vector<store::Accepted>& accepted, store::AcceptCall&& call);
  /// The transaction failed: nothing was stored.
  void abandoned(const store::AcceptCall& call);

  // ---- news
  // ----------------------------------------------------------------------------------------------------------

  /// Somebody else changed the store: look at this endpoint (kUnrouted: at all) now. Thread-safe.
  void news(std::int64_t endpoint_key);

  /// An operator enabled the endpoint in the store: it is tried again at once.
  void endpoint_enabled(std::int64_t endpoint_key);

  /// The lane leads elsewhere from now on, or in another way. What is in flight ends as it began; what waits in memory
  /// goes the new way, endpoints keep what is known of them.
  void routes_changed(const DispatcherOptions& options);

  /// The endpoints known at this moment, by key; to look at.
  const std::map<std::int64_t, std::shared_ptr<Endpoint>>& endpoints() const { return endpoints_; }
  const std::map<std::string, PlatformCounters>& counters() const { return counters_; }
  int in_flight() const { return in_flight_; }

 private:
  using EndpointPtr = std::shared_ptr<Endpoint>;

  EndpointPtr endpoint(std::int64_t key);
  void adopt_route(Endpoint& target, const std::shared_ptr<const Route>& route);
  bool has_room(const Endpoint& target, std::size_t bytes) const;
  bool takes_newcomers(const Endpoint& target, std::size_t bytes) const;
  /// Into the queue with the route that holds now; given back where that leads elsewhere.
  void enqueue_or_give_back(const EndpointPtr& target, QueuedEvent queued);
  void enqueue(Endpoint& target, QueuedEvent queued);
  QueuedEvent dequeue(Endpoint& target);

  void advance(const EndpointPtr& target);
  void send_queued(const EndpointPtr& target);
  void send(const EndpointPtr& target, QueuedEvent queued);
  void finished(const EndpointPtr& target, Breaker::Ticket ticket, const QueuedEvent& queued, AttemptOutcome outcome);
  void note_outcome(Endpoint& target, Breaker::Ticket ticket, const AttemptOutcome& outcome);
  void record(const EndpointPtr& target, const QueuedEvent& queued, AttemptOutcome outcome, const Decision& decision);
  void disable(const EndpointPtr& target, const std::string& reason);
  /// As an event of that endpoint, where one is named.
  void give_back(const QueuedEvent& queued, std::optional<std::int64_t> endpoint_key = {});

  void claim_due(const EndpointPtr& target);
  void claim(const EndpointPtr& target, int limit);
  void claimed(const EndpointPtr& target, int limit, SteadyTime lease_until, Result<store::ClaimReply> reply);
  /// Returns the endpoint that the event went to.
  EndpointPtr place(const EndpointPtr& source, store::ClaimedEvent event, SteadyTime lease_until);
  void set_aside(const store::ClaimedEvent& event, const Error& reason);

  void plan_wake(const EndpointPtr& target);
  void arm_wake_timer();
  void wake_due();
  void poll();
  void poll_from(std::int64_t after);
  void polled_endpoints(const std::vector<store::EndpointDue>& due);
  void polled_disabled(const std::vector<store::DisabledEndpoint>& disabled);
  void poll_again_later();
  void forget_idle_endpoints();
  void finish_stop_if_idle();
  std::string make_lease_token();
  std::string make_span_id();

  http::asio::io_context& io_;
  Lane& lane_;
  store::GroupCommit& commits_;
  store::ReadThread& reads_;
  DispatcherOptions options_;
  Random random_;
  std::string lease_prefix_;
  std::uint64_t leases_made_ = 0;

  std::map<std::int64_t, EndpointPtr> endpoints_;
  std::map<std::string, PlatformCounters> counters_;
  std::size_t queued_bytes_ = 0;
  int in_flight_ = 0;
  int records_waiting_ = 0;
  int claims_waiting_ = 0;              ///< of all endpoints
  std::set<std::int64_t> crowded_out_;  ///< endpoints that had something to send when in_flight_limit was reached
  WakeQueue wakes_;
  http::Timer wake_timer_;
  SteadyTime wake_timer_at_ = SteadyTime::max();
  http::Timer poll_timer_;
  bool polling_ = false;
  bool poll_wanted_ = false;
  bool stopping_ = false;
  http::Timer stop_timer_;
  std::move_only_function<void()> stopped_;
  /// Ends callbacks that come back after this object is gone.
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace yizhan::dispatch
