// Batch: its end. COMMIT leaves together with the rows, so when the connection breaks before everything is answered,
// neither the answers nor the outcome are known. Both are then found by what the batch would have left behind: its
// events, a callback, its attempts (all of them, or none: it is one transaction).
#include <algorithm>

#include "base/fail_point.h"
#include "store/postgres/batch.h"
#include "store/postgres/commit.h"
#include "store/postgres/statements.h"

namespace yizhan::store::postgres {

Outcome<void> Batch::commit() {
  if (buries()) fail_point("bury.before_commit");
  fail_point("write.before_commit");
  const std::size_t before_commit = connection_.waiting();
  connection_.send(statements::kCommit);
  const auto done = connection_.finish();
  answer_repetitions();
  // A server that says why it ends the connection, instead of answering one of the rows, has not come to the COMMIT.
  may_be_committed_ = done || done.error().sqlstate.empty() || connection_.done() >= before_commit;
  return done;
}

std::vector<Batch::StoredEvent> Batch::stored_events() {
  std::vector<StoredEvent> stored;
  const auto add = [&stored](const std::vector<NewEvent>& events, std::vector<Accepted>& answers) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (!answers[i].duplicate) stored.push_back({&answers[i], events[i].lease_token});
    }
  };
  for (const std::size_t call : accepts_) {
    if (auto& answer = reply_.accepts[call]) add(batch_.accepts[call].events, *answer);
  }
  for (const std::size_t call : receives_) {
    auto& answer = reply_.receives[call];
    if (!answer) continue;
    add(batch_.receives[call].effect_events, answer->effect_events);
    add(batch_.receives[call].events, answer->events);
  }
  return stored;
}

std::optional<Batch::StoredCallback> Batch::last_callback() const {
  // The last one: what is beyond a quota was the oldest.
  for (std::size_t i = reply_.receives.size(); i-- > 0;) {
    if (!reply_.receives[i]) continue;
    return StoredCallback{reply_.receives[i]->callback_id, batch_.receives[i].callback.received_at};
  }
  return std::nullopt;
}

bool Batch::in_doubt(const Failure& failure) {
  return may_be_committed_ && failure.connection_lost() &&
         (!batch_.records.empty() || !stored_events().empty() || last_callback().has_value());
}

Outcome<Fate> Batch::fate(Connection& other) {
  const auto ended = has_ended(other, backend_);
  if (!ended) return std::unexpected(ended.error());
  if (!*ended) return Fate::kNotYet;
  bool found = false;
  const auto look = [&](const Statement& statement, const Parameters& parameters, Connection::OnResult on_result) {
    other.send_text(statement.text, statement.types, parameters,
                    [&found, on_result = std::move(on_result)](const ResultSet& rows) mutable {
                      found = found || rows.rows() > 0;
                      on_result(rows);
                    });
  };
  const std::vector<StoredEvent> events = stored_events();
  Array ids(kText);
  Array tokens(kText);
  for (const StoredEvent& event : events) {
    ids.add(std::string_view(event.accepted->id));
    tokens.add(event.lease_token);
  }
  Parameters of_events;
  of_events.add(std::move(ids)).add(std::move(tokens));
  look(statements::kTraceEvents, of_events, [&](const ResultSet& rows) {
    for (int row = 0; row < rows.rows(); ++row) {
      Accepted& accepted = *events[static_cast<std::size_t>(rows.integer(row, 0) - 1)].accepted;
      accepted.sequence = rows.integer(row, 1);
      accepted.leased = rows.integer(row, 2) != 0;
    }
  });
  if (const auto callback = last_callback()) {
    Parameters of_callback;
    of_callback.add(callback->id).add(callback->received_at);
    look(statements::kTraceCallback, of_callback, [](const ResultSet&) {});
  }
  Array sequences(kInt8);
  Array started(kTimestamptz);
  for (const AttemptRecord& record : batch_.records) {
    sequences.add(record.sequence);
    started.add(record.outcome.started_at);
  }
  Parameters of_records;
  of_records.add(std::move(sequences)).add(std::move(started));
  look(statements::kTraceAttempts, of_records, [&](const ResultSet& rows) {
    std::ranges::fill(reply_.records, RecordReply::kLeaseLost);
    for (int row = 0; row < rows.rows(); ++row) {
      reply_.records[static_cast<std::size_t>(rows.integer(row, 0) - 1)] = RecordReply::kRecorded;
    }
  });
  if (const auto done = other.finish(); !done) return std::unexpected(done.error());
  if (!found) return Fate::kRolledBack;
  answer_repetitions();
  // What was claimed and not heard of comes back when its lease ends.
  for (ClaimReply& claim : reply_.claims) {
    if (claim.events.empty()) claim.next_available_at = batch_.now;
  }
  return Fate::kCommitted;
}

}  // namespace yizhan::store::postgres
