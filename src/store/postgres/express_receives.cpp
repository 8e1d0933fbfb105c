#include "store/postgres/express_receives.h"

#include <algorithm>

#include "store/postgres/statements.h"
#include "store/postgres/text.h"

namespace yizhan::store::postgres {
namespace {

/// What one statement takes at most.
constexpr std::size_t kBlockRows = 1000;

void add_text_or_null(Array& array, std::string_view text) {
  array.add_or_null(std::string_view(storable_text(text)));
}

}  // namespace

void ExpressReceives::want(const ExpressEffect& effect) {
  for (const ExpressStep& step : effect.steps) {
    tracking_numbers_.insert(step.tracking_no);
    wanted_.emplace_back(step.tracking_no, event_key(step));
  }
}

void ExpressReceives::send_look_ups() {
  if (wanted_.empty()) return;
  Array numbers(kText);
  for (const std::string_view number : tracking_numbers_) numbers.add(number);
  Parameters waybills;
  waybills.add(std::move(numbers));
  connection_.send(statements::kLockWaybills, waybills, [this](const ResultSet& found) {
    for (int row = 0; row < found.rows(); ++row) {
      known_.waybills.emplace(
          found.text(row, 0),
          ParcelState{.status_code = found.text(row, 1),
                      .status_time = found.null(row, 2) ? std::nullopt : std::optional(found.time(row, 2)),
                      .status_text = found.text(row, 3)});
    }
  });

  Array tracking_numbers(kText);
  Array keys(kText);
  for (const auto& [tracking_no, key] : wanted_) {
    tracking_numbers.add(tracking_no);
    keys.add(std::string_view(key));
  }
  Parameters steps;
  steps.add(std::move(tracking_numbers)).add(std::move(keys));
  connection_.send(statements::kFindSteps, steps, [this](const ResultSet& found) {
    for (int row = 0; row < found.rows(); ++row) {
      const auto& [tracking_no, key] = wanted_[static_cast<std::size_t>(found.integer(row, 0) - 1)];
      known_.steps.emplace(tracking_no, key);
    }
  });
}

void ExpressReceives::keep(ExpressDecision decision, std::int64_t callback_id) {
  remember(decision, known_);
  for (const auto& [tracking_no, state] : decision.waybills) changed_waybills_.insert(tracking_no);
  for (NewStep& added : decision.steps) rows_.push_back({.added = std::move(added), .callback_id = callback_id});
}

void ExpressReceives::send_rows(UtcTime now) {
  for (std::span<const Row> rows(rows_); !rows.empty();) {
    const std::size_t count = std::min(rows.size(), kBlockRows);
    send_steps(rows.first(count), now);
    rows = rows.subspan(count);
    if (!rows.empty()) connection_.push();
  }
  send_waybills(now);
}

void ExpressReceives::send_steps(std::span<const Row> rows, UtcTime now) {
  if (!ids_) ids_.emplace();
  Array ids(kText);
  Array tracking_numbers(kText);
  Array keys(kText);
  Array codes(kText);
  Array received_codes(kText);
  Array times(kTimestamptz);
  Array texts(kText);
  Array locations(kText);
  Array carriers(kText);
  Array late(kBool);
  Array callbacks(kInt8);
  Array queued_ids(kText);
  Array told(kText);
  bool any_told = false;
  for (const Row& row : rows) {
    const ExpressStep& step = *row.added.step;
    const std::string id = ids_->make(now);
    ids.add(std::string_view(id));
    tracking_numbers.add(std::string_view(step.tracking_no));
    keys.add(std::string_view(row.added.event_key));
    codes.add(std::string_view(step.status_code));
    add_text_or_null(received_codes, step.received_code);
    times.add(step.event_time);
    add_text_or_null(texts, step.event_text);
    add_text_or_null(locations, step.location);
    add_text_or_null(carriers, step.carrier_code);
    late.add(row.added.is_late);
    callbacks.add(row.callback_id);
    if (!row.added.is_told) continue;
    queued_ids.add(std::string_view(ids_->make(now)));
    told.add(std::string_view(id));
    any_told = true;
  }
  Parameters steps;
  for (Array* array : {&ids, &tracking_numbers, &keys, &codes, &received_codes, &times, &texts, &locations, &carriers,
                       &late, &callbacks}) {
    steps.add(std::move(*array));
  }
  steps.add(now);
  connection_.send(statements::kStoreSteps, steps);
  if (!any_told) return;
  Parameters queued;
  queued.add(std::move(queued_ids)).add(std::move(told)).add(now);
  connection_.send(statements::kQueueNotify, queued);
}

void ExpressReceives::send_waybills(UtcTime now) {
  if (changed_waybills_.empty()) return;
  Array numbers(kText);
  Array codes(kText);
  Array times(kTimestamptz);
  Array texts(kText);
  for (const std::string& number : changed_waybills_) {
    const ParcelState& state = known_.waybills.find(number)->second;
    numbers.add(std::string_view(number));
    codes.add_or_null(std::string_view(state.status_code));
    state.status_time ? times.add(*state.status_time) : times.add_null();
    add_text_or_null(texts, state.status_text);
  }
  Parameters parameters;
  parameters.add(std::move(numbers)).add(std::move(codes)).add(std::move(times)).add(std::move(texts)).add(now);
  connection_.send(statements::kWriteWaybills, parameters);
}

}  // namespace yizhan::store::postgres
