// OutboxWriter: taking events that are due, and what becomes of leases that end.
#include <algorithm>
#include <utility>

#include "store/previous_secret.h"
#include "store/sqlite/outbox_writer.h"

namespace yizhan::store::sqlite {

struct OutboxWriter::Candidate {
  ClaimedEvent claimed;
  HeldLease counters;
};

Result<ClaimReply> OutboxWriter::claim(const ClaimRequest& request, const Moment& moment) {
  const auto disabled = is_disabled(request.endpoint_key);
  if (!disabled) return std::unexpected(disabled.error());
  if (*disabled || request.limit <= 0) return ClaimReply{};

  std::vector<Candidate> found;
  for (const Candidates kind : {Candidates::kLeasesEnded, Candidates::kDue}) {
    if (auto done = find_candidates(kind, request, moment, found); !done) return std::unexpected(done.error());
  }

  const UtcTime lease_ends = moment.wall + request.lease;
  ClaimReply reply;
  reply.events.reserve(found.size());
  for (Candidate& candidate : found) {
    take_lease_.bind(1, candidate.claimed.sequence);
    take_lease_.bind(2, std::string_view(request.lease_token));
    take_lease_.bind(3, lease_ends);
    if (const int code = take_lease_.run(); code != SQLITE_DONE) return std::unexpected(error(code, "claim an event"));
    candidate.counters.ends = moment.steady + request.lease;
    leases_->hold(candidate.claimed.sequence, candidate.counters);
    candidate.claimed.lease_token = request.lease_token;
    reply.events.push_back(std::move(candidate.claimed));
  }
  std::ranges::sort(reply.events, {},
                    [](const ClaimedEvent& claimed) { return std::pair(claimed.next_attempt_at, claimed.sequence); });
  const auto next = next_available(request);
  if (!next) return std::unexpected(next.error());
  reply.next_available_at = *next;
  return reply;
}

Result<std::optional<UtcTime>> OutboxWriter::next_available(const ClaimRequest& request) {
  next_due_.bind(1, request.endpoint_key);
  next_lease_end_.bind(1, request.endpoint_key);
  next_lease_end_.bind(2, std::string_view(request.lease_token));
  std::optional<UtcTime> next;
  for (Statement* look : {&next_due_, &next_lease_end_}) {
    const ResetGuard guard(*look);
    const int code = look->step();
    if (code == SQLITE_DONE) continue;
    if (code != SQLITE_ROW) return std::unexpected(error(code, "look for the next event that will be due"));
    if (!next || look->time(0) < *next) next = look->time(0);
  }
  return next;
}

Result<void> OutboxWriter::find_candidates(Candidates kind, const ClaimRequest& request, const Moment& moment,
                                           std::vector<Candidate>& found) {
  const auto limit = static_cast<std::size_t>(request.limit);
  if (found.size() >= limit) return {};
  Statement& find = kind == Candidates::kDue ? find_due_ : find_leases_ended_;
  find.bind(1, request.endpoint_key);
  find.bind(2, moment.wall);
  if (kind == Candidates::kDue) find.bind(3, static_cast<std::int64_t>(limit - found.size()));

  struct Running {
    std::int64_t sequence;
    UtcTime ends;
  };
  std::vector<Running> running;
  int code = SQLITE_ROW;
  {
    const ResetGuard guard(find);
    while (found.size() < limit && (code = find.step()) == SQLITE_ROW) {
      const std::int64_t sequence = find.integer(0);
      if (kind == Candidates::kLeasesEnded) {
        // The wall clock may have been set ahead: a lease of this process ends when its own clock says so.
        const HeldLease* lease = leases_->find(sequence);
        if (lease != nullptr && lease->ends > moment.steady) {
          running.push_back({sequence, moment.wall + std::chrono::ceil<Microseconds>(lease->ends - moment.steady)});
          continue;
        }
      }
      Candidate& candidate = found.emplace_back();
      candidate.counters = {.attempt_count = static_cast<int>(find.integer(3)),
                            .attempts_made = static_cast<int>(find.integer(4)),
                            .run_start = static_cast<int>(find.integer(5)),
                            .ordered = !find.bytes(13).empty()};
      ClaimedEvent& claimed = candidate.claimed;
      claimed.sequence = sequence;
      claimed.status = parse_event_status(find.bytes(2)).value_or(EventStatus::kPending);
      claimed.attempt_count = candidate.counters.attempt_count;
      claimed.tries_in_run = candidate.counters.attempt_count - candidate.counters.run_start;
      claimed.next_attempt_at = find.time(6);
      claimed.event = {.id = std::string(find.bytes(7)),
                       .platform = std::string(find.bytes(8)),
                       .event_type = std::string(find.bytes(9)),
                       .callback_target = std::string(find.bytes(10)),
                       .payload = std::string(find.bytes(11)),
                       .correlation = std::string(find.bytes(12)),
                       .order_key = std::string(find.bytes(13)),
                       .traceparent = std::string(find.bytes(14)),
                       .created_at = find.time(15),
                       .secret = secret_of(find.integer(16))};
    }
  }
  if (code != SQLITE_ROW && code != SQLITE_DONE) return std::unexpected(error(code, "look for events that are due"));
  for (const Running& lease : running) {
    if (auto done = set_lease_end(lease.sequence, lease.ends); !done) return done;
  }
  return {};
}

Result<bool> OutboxWriter::is_disabled(std::int64_t endpoint_key) {
  endpoint_disabled_.bind(1, endpoint_key);
  const ResetGuard guard(endpoint_disabled_);
  const int code = endpoint_disabled_.step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return std::unexpected(error(code, "look up an endpoint"));
  return code == SQLITE_ROW;
}

Result<void> OutboxWriter::set_lease_end(std::int64_t sequence, UtcTime ends) {
  set_lease_end_.bind(1, sequence);
  set_lease_end_.bind(2, ends);
  if (const int code = set_lease_end_.run(); code != SQLITE_DONE) {
    return std::unexpected(error(code, "correct the end of a lease"));
  }
  return {};
}

Result<void> OutboxWriter::end_leases(const Moment& moment) {
  for (const std::int64_t sequence : leases_->ended(moment.steady)) {
    leases_->end(sequence);
    end_lease_.bind(1, sequence);
    end_lease_.bind(2, moment.wall);
    if (const int code = end_lease_.run(); code != SQLITE_DONE) return std::unexpected(error(code, "end a lease"));
  }
  return {};
}

Result<void> OutboxWriter::free_foreign_leases() {
  std::vector<std::int64_t> ordered;
  std::vector<std::int64_t> foreign;
  int code = SQLITE_ROW;
  {
    const ResetGuard guard(find_foreign_leases_);
    while ((code = find_foreign_leases_.step()) == SQLITE_ROW) {
      const std::int64_t sequence = find_foreign_leases_.integer(0);
      if (leases_->find(sequence) != nullptr) continue;
      foreign.push_back(sequence);
      if (find_foreign_leases_.integer(1) != 0) ordered.push_back(sequence);
    }
  }
  if (code != SQLITE_DONE) return std::unexpected(error(code, "look for leases of an earlier process"));
  for (const std::int64_t sequence : foreign) {
    free_lease_.bind(1, sequence);
    code = free_lease_.run();
    if (code != SQLITE_DONE) return std::unexpected(error(code, "free a lease"));
  }
  for (const std::int64_t sequence : ordered) {
    if (auto done = settle_order(sequence); !done) return done;
  }
  return {};
}

}  // namespace yizhan::store::sqlite
