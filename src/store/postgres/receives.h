// Callbacks of a batch: found out first, with one round trip, or presumed to be new; decided here, and written with the
// events they cause. Every callback of the batch sees what the ones before it did.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/postgres/connection.h"
#include "store/postgres/express_receives.h"
#include "store/receiving.h"

namespace yizhan::store::postgres {

/// Events that come with one call, and where their answers go.
struct EventGroup {
  const std::vector<NewEvent>* events;
  std::vector<Accepted>* accepted;
};

class Receives {
 public:
  using Indices = std::span<const std::size_t>;
  /// Takes the events of one call into the batch, all or none.
  using AddEvents = std::function<Result<void>(std::span<const EventGroup>)>;

  /// Of the calls `calls` of the batch. All outlive this.
  Receives(Connection& connection, const WriteBatch& batch, Indices calls, std::vector<Result<Received>>& answers)
      : connection_(connection), batch_(batch), calls_(calls), answers_(answers), express_(connection) {}

  bool empty() const { return calls_.empty(); }
  /// Locks the orders and waybills, and asks for what is known of the calls' keys.
  void send_look_ups();
  /// Instead: all keys are new, and no call has an effect. A number for each call.
  void presume_new(std::vector<std::int64_t> ids) { ids_ = std::move(ids); }
  /// Whether a key was known when it was asked for; valid until decide().
  bool found_some() const { return !firsts_.empty(); }
  /// Once that is answered: answers every call.
  void decide(const AddEvents& add_events);
  void send_rows();

  std::size_t keys_stored() const { return keys_stored_; }

 private:
  using Key = std::pair<std::string_view, std::string_view>;  // views into the batch
  struct First {
    std::int64_t id = 0;
    std::string body;
  };
  struct Row {
    const ReceiveCall* call;
    const Received* received;
    int answer_status;
    std::optional<std::string_view> body;  ///< none: an identical duplicate
  };
  using Rows = std::span<const Row>;

  /// One that is new; its events go into `received`. An error concerns the call alone.
  Result<Ruling> take_in(const ReceiveCall& call, Received& received, const AddEvents& add_events);
  EffectResult apply(const Effect& effect, std::optional<PayOrder>& order) const;
  void keep_effect(const Effect& effect, PayOrder order);
  void send_keys();
  void send_block(Rows rows);
  void send_search_keys();
  void send_duplicate_counts();
  void send_orders();
  void send_refunds();

  Connection& connection_;
  const WriteBatch& batch_;
  Indices calls_;
  std::vector<Result<Received>>& answers_;

  std::vector<Key> wanted_;        // as asked for, each once
  std::map<Key, First> firsts_;    // stored, or of this batch
  std::vector<std::int64_t> ids_;  // for the rows, in their order
  std::map<std::string, PayOrder> orders_;
  std::set<std::string> changed_orders_;
  std::map<std::pair<std::string, std::string>, std::string> refunds_;     // provider and number: the order
  std::vector<std::pair<const RefundEffect*, std::int64_t>> new_refunds_;  // with what was added
  std::vector<Row> rows_;
  std::map<std::int64_t, std::int64_t> repeats_;  // by the first one's id
  ExpressReceives express_;
  std::size_t keys_stored_ = 0;
};

}  // namespace yizhan::store::postgres
