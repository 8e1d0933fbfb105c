#include "store/postgres/receives.h"

#include <algorithm>

#include "store/inbound_sql.h"
#include "store/pay_effect.h"
#include "store/postgres/result_row.h"
#include "store/postgres/statements.h"
#include "store/postgres/text.h"

namespace yizhan::store::postgres {
namespace {

/// What one statement takes at most: callbacks, and bytes of their bodies.
constexpr std::size_t kReceivedRows = 1000;
constexpr std::size_t kReceivedBytes = 8 << 20;

std::string_view order_of(const Effect& effect) {
  if (const auto* payment = std::get_if<PaymentEffect>(&effect)) return payment->out_trade_no;
  if (const auto* refund = std::get_if<RefundEffect>(&effect)) return refund->out_trade_no;
  return {};
}

}  // namespace

// ---- finding out
// -----------------------------------------------------------------------------------------------------

void Receives::send_look_ups() {
  if (empty()) return;
  std::set<std::string_view> order_numbers;
  Array refund_providers(kText);
  Array refund_numbers(kText);
  bool refunds = false;
  for (const std::size_t index : calls_) {
    const ReceiveCall& call = batch_.receives[index];
    if (call.rejected) continue;
    wanted_.emplace_back(call.callback.source, call.callback.idempotency_key);
    if (const auto number = order_of(call.effect); !number.empty()) order_numbers.insert(number);
    if (const auto* express = std::get_if<ExpressEffect>(&call.effect)) express_.want(*express);
    if (const auto* refund = std::get_if<RefundEffect>(&call.effect)) {
      refund_providers.add(std::string_view(refund->provider));
      refund_numbers.add(std::string_view(refund->out_refund_no));
      refunds = true;
    }
  }
  std::ranges::sort(wanted_);
  const auto repeated = std::ranges::unique(wanted_);
  wanted_.erase(repeated.begin(), repeated.end());

  // Orders and waybills first: whoever waits for another node's payment then sees its callback as well.
  if (!order_numbers.empty()) {
    Array numbers(kText);
    for (const std::string_view number : order_numbers) numbers.add(number);
    Parameters parameters;
    parameters.add(std::move(numbers));
    connection_.send(statements::kLockOrders, parameters, [this](const ResultSet& found) {
      for (int row = 0; row < found.rows(); ++row) {
        PayOrder order = read_order(ResultRow(found, row));
        orders_.emplace(order.out_trade_no, std::move(order));
      }
    });
  }
  if (refunds) {
    Parameters parameters;
    parameters.add(std::move(refund_providers)).add(std::move(refund_numbers));
    connection_.send(statements::kFindRefunds, parameters, [this](const ResultSet& found) {
      for (int row = 0; row < found.rows(); ++row) {
        refunds_[{found.text(row, 0), found.text(row, 1)}] = found.text(row, 2);
      }
    });
  }
  express_.send_look_ups();
  if (!wanted_.empty()) {
    Array sources(kText);
    Array keys(kText);
    for (const auto& [source, key] : wanted_) {
      sources.add(source);
      keys.add(key);
    }
    Parameters parameters;
    parameters.add(std::move(sources)).add(std::move(keys));
    connection_.send(statements::kFindCallbacks, parameters, [this](const ResultSet& found) {
      using namespace statements;
      for (int row = 0; row < found.rows(); ++row) {
        const Key& key = wanted_[static_cast<std::size_t>(found.integer(row, kFoundCallbackPosition) - 1)];
        firsts_[key] = {.id = found.integer(row, kFoundCallbackId), .body = found.text(row, kFoundCallbackBody)};
      }
    });
  }
  Parameters count;
  count.add(static_cast<std::int64_t>(calls_.size()));
  connection_.send(statements::kTakeCallbackIds, count, [this](const ResultSet& taken) {
    for (int row = 0; row < taken.rows(); ++row) ids_.push_back(taken.integer(row, 0));
  });
}

// ---- deciding
// --------------------------------------------------------------------------------------------------------

void Receives::decide(const AddEvents& add_events) {
  rows_.reserve(calls_.size());
  for (const std::size_t index : calls_) {
    const ReceiveCall& call = batch_.receives[index];
    Result<Received>& received = answers_[index];
    received = Received{};
    received->callback_id = ids_[rows_.size()];
    const Key key{call.callback.source, call.callback.idempotency_key};

    Ruling ruling;
    if (call.rejected) {
      ruling = rule_rejected(call);
    } else if (const auto first = firsts_.find(key); first != firsts_.end()) {
      ruling = rule_duplicate(call);
      received->first_id = first->second.id;
      received->body_differs = first->second.body != call.callback.body;
      ++repeats_[first->second.id];
    } else {
      auto ruled = take_in(call, *received, add_events);
      if (!ruled) {
        received = std::unexpected(ruled.error());
        continue;
      }
      ruling = *ruled;
      if (ruling.verdict == Verdict::kAccepted)
        firsts_[key] = {.id = received->callback_id, .body = call.callback.body};
    }
    received->verdict = ruling.verdict;
    received->effect = ruling.effect;
    received->reason = ruling.reason;
    const bool has_body = ruling.verdict != Verdict::kDuplicate || received->body_differs;
    rows_.push_back({.call = &call,
                     .received = &*received,
                     .answer_status = ruling.answer_status,
                     .body = has_body ? std::optional(kept_body(call, ruling.verdict)) : std::nullopt});
  }
}

Result<Ruling> Receives::take_in(const ReceiveCall& call, Received& received, const AddEvents& add_events) {
  std::optional<PayOrder> order;
  if (const auto stored = orders_.find(std::string(order_of(call.effect))); stored != orders_.end()) {
    order = stored->second;
  }
  ExpressDecision parcels;
  const auto* express = std::get_if<ExpressEffect>(&call.effect);
  if (express != nullptr) parcels = express_.decide(*express, batch_.now);
  const Ruling ruling = rule_new(call, express != nullptr ? parcels.result : apply(call.effect, order));
  if (ruling.verdict != Verdict::kAccepted) return ruling;

  std::vector<EventGroup> groups;
  if (ruling.effect == EffectResult::kApplied) groups.push_back({&call.effect_events, &received.effect_events});
  groups.push_back({&call.events, &received.events});
  if (auto added = add_events(groups); !added) return std::unexpected(added.error());
  if (ruling.effect != EffectResult::kApplied) return ruling;
  if (express != nullptr) {
    express_.keep(std::move(parcels), received.callback_id);
  } else {
    keep_effect(call.effect, *std::move(order));
  }
  return ruling;
}

EffectResult Receives::apply(const Effect& effect, std::optional<PayOrder>& order) const {
  if (const auto* payment = std::get_if<PaymentEffect>(&effect)) return apply_payment(order, *payment, batch_.now);
  const auto* refund = std::get_if<RefundEffect>(&effect);
  if (refund == nullptr) return EffectResult::kNone;
  const auto counted = refunds_.find({refund->provider, refund->out_refund_no});
  return apply_refund(order, *refund,
                      counted == refunds_.end() ? std::nullopt : std::optional<std::string_view>(counted->second),
                      batch_.now);
}

void Receives::keep_effect(const Effect& effect, PayOrder order) {
  if (const auto* refund = std::get_if<RefundEffect>(&effect)) {
    refunds_[{refund->provider, refund->out_refund_no}] = refund->out_trade_no;
    new_refunds_.emplace_back(refund, order.refund_fee - orders_.at(order.out_trade_no).refund_fee);
  }
  changed_orders_.insert(order.out_trade_no);
  std::string number = order.out_trade_no;
  orders_.insert_or_assign(std::move(number), std::move(order));
}

// ---- writing
// ---------------------------------------------------------------------------------------------------------

void Receives::send_rows() {
  if (rows_.empty()) return;
  send_keys();
  const Rows rows(rows_);
  for (std::size_t first = 0; first < rows.size();) {
    std::size_t bytes = 0;
    std::size_t count = 0;
    while (first + count < rows.size() && count < kReceivedRows && bytes < kReceivedBytes) {
      bytes += rows[first + count++].call->callback.body.size();
    }
    send_block(rows.subspan(first, count));
    if (first + count < rows.size()) connection_.push();
    first += count;
  }
  send_search_keys();
  send_duplicate_counts();
  send_orders();
  send_refunds();
  express_.send_rows(batch_.now);
}

void Receives::send_keys() {
  Array sources(kText);
  Array keys(kText);
  Array callbacks(kInt8);
  for (const Row& row : rows_) {
    if (row.received->verdict != Verdict::kAccepted) continue;
    sources.add(std::string_view(row.call->callback.source));
    keys.add(std::string_view(row.call->callback.idempotency_key));
    callbacks.add(row.received->callback_id);
    ++keys_stored_;
  }
  if (keys_stored_ == 0) return;
  Parameters parameters;
  parameters.add(std::move(sources)).add(std::move(keys)).add(std::move(callbacks));
  connection_.send(statements::kStoreCallbackKeys, parameters);
}

void Receives::send_block(Rows rows) {
  Array ids(kInt8);
  Array received_at(kTimestamptz);
  Array body_sizes(kInt8);
  Array durations(kInt8);
  Array first_ids(kInt8);
  Array duplicate_counts(kInt8);
  Array answers(kInt4);
  Array sources(kText);
  Array event_types(kText);
  Array keys(kText);
  Array verdicts(kText);
  Array reasons(kText);
  Array effects(kText);
  Array event_ids(kText);
  Array peers(kText);
  Array targets(kText);
  Array headers(kText);
  Array bodies(kBytea);
  for (const Row& row : rows) {
    const InboundCallback& callback = row.call->callback;
    const Received& received = *row.received;
    ids.add(received.callback_id);
    received_at.add(callback.received_at);
    body_sizes.add(callback.body_size);
    durations.add(std::int64_t{callback.duration.count()});
    received.first_id ? first_ids.add(*received.first_id) : first_ids.add_null();
    const auto repeated = repeats_.extract(received.callback_id);
    duplicate_counts.add(repeated ? repeated.mapped() : std::int64_t{0});
    answers.add(static_cast<std::int32_t>(row.answer_status));
    sources.add(std::string_view(callback.source));
    event_types.add(std::string_view(storable_text(callback.event_type)));
    keys.add(std::string_view(storable_text(callback.idempotency_key)));
    verdicts.add(to_string(received.verdict));
    reasons.add(std::string_view(storable_text(received.reason)));
    effects.add(to_string(received.effect));
    event_ids.add(std::string_view(joined_ids(received)));
    peers.add(std::string_view(storable_text(callback.peer)));
    targets.add(std::string_view(storable_text(callback.target)));
    headers.add(std::string_view(storable_text(callback.headers)));
    row.body ? bodies.add(*row.body) : bodies.add_null();
  }
  Parameters parameters;
  for (Array* array :
       {&ids, &received_at, &body_sizes, &durations, &first_ids, &duplicate_counts, &answers, &sources, &event_types,
        &keys, &verdicts, &reasons, &effects, &event_ids, &peers, &targets, &headers, &bodies}) {
    parameters.add(std::move(*array));
  }
  connection_.send(statements::kStoreCallbacks, parameters);
}

void Receives::send_search_keys() {
  Array callbacks(kInt8);
  Array names(kText);
  Array values(kText);
  bool any = false;
  for (const Row& row : rows_) {
    if (!row.body) continue;
    for (const SearchKey& key : search_keys(*row.call)) {
      callbacks.add(row.received->callback_id);
      names.add(std::string_view(storable_text(key.name)));
      values.add(std::string_view(storable_text(key.value)));
      any = true;
    }
  }
  if (!any) return;
  Parameters parameters;
  parameters.add(std::move(callbacks)).add(std::move(names)).add(std::move(values));
  connection_.send(statements::kStoreSearchKeys, parameters);
}

void Receives::send_duplicate_counts() {
  // Of callbacks that were stored before; a new one's stands in its row. By id: two nodes lock them in one order.
  if (repeats_.empty()) return;
  Array ids(kInt8);
  Array counts(kInt8);
  for (const auto& [id, count] : repeats_) {
    ids.add(id);
    counts.add(count);
  }
  Parameters parameters;
  parameters.add(std::move(ids)).add(std::move(counts));
  connection_.send(statements::kCountDuplicates, parameters);
}

void Receives::send_orders() {
  if (changed_orders_.empty()) return;
  Array numbers(kText);
  Array statuses(kInt4);
  Array providers(kText);
  Array transactions(kText);
  Array refunded(kInt8);
  Array paid_at(kTimestamptz);
  Array updated_at(kTimestamptz);
  for (const std::string& number : changed_orders_) {
    const PayOrder& order = orders_.at(number);
    numbers.add(std::string_view(number));
    statuses.add(static_cast<std::int32_t>(order.status));
    providers.add(std::string_view(order.provider));
    transactions.add(std::string_view(order.transaction_id));
    refunded.add(order.refund_fee);
    order.paid_at ? paid_at.add(*order.paid_at) : paid_at.add_null();
    updated_at.add(order.updated_at);
  }
  Parameters parameters;
  parameters.add(std::move(numbers)).add(std::move(statuses)).add(std::move(providers)).add(std::move(transactions));
  parameters.add(std::move(refunded)).add(std::move(paid_at)).add(std::move(updated_at));
  connection_.send(statements::kWriteOrders, parameters);
}

void Receives::send_refunds() {
  if (new_refunds_.empty()) return;
  Array providers(kText);
  Array numbers(kText);
  Array orders(kText);
  Array fees(kInt8);
  for (const auto& [refund, added] : new_refunds_) {
    providers.add(std::string_view(refund->provider));
    numbers.add(std::string_view(refund->out_refund_no));
    orders.add(std::string_view(refund->out_trade_no));
    fees.add(added);
  }
  Parameters parameters;
  parameters.add(std::move(providers)).add(std::move(numbers)).add(std::move(orders)).add(std::move(fees));
  parameters.add(batch_.now);
  connection_.send(statements::kStoreRefunds, parameters);
}

}  // namespace yizhan::store::postgres
