// Batch: leases that end before their time, and new ones.
#include <algorithm>

#include "store/postgres/batch.h"
#include "store/postgres/statements.h"
#include "store/postgres/text.h"
#include "store/previous_secret.h"

namespace yizhan::store::postgres {

void Batch::send_releases(Indices releases) {
  if (releases.empty()) return;
  Array sequences(kInt8);
  Array tokens(kText);
  Array endpoints(kInt8);
  Array not_before(kTimestamptz);
  Array errors(kText);
  for (const std::size_t index : releases) {
    const Release& release = batch_.releases[index];
    sequences.add(release.sequence);
    tokens.add(std::string_view(release.lease_token));
    release.endpoint_key ? endpoints.add(*release.endpoint_key) : endpoints.add_null();
    release.not_before ? not_before.add(*release.not_before) : not_before.add_null();
    release.last_error ? errors.add(std::string_view(storable_text(*release.last_error))) : errors.add_null();
  }
  Parameters parameters;
  parameters.add(std::move(sequences)).add(std::move(tokens)).add(std::move(endpoints));
  parameters.add(std::move(not_before)).add(std::move(errors)).add(batch_.now);
  connection_.send(statements::kRelease, parameters);
}

void Batch::send_claims() {
  for (std::size_t i = 0; i < batch_.claims.size(); ++i) {
    if (batch_.claims[i].limit > 0) send_claim(batch_.claims[i], reply_.claims[i]);
  }
}

void Batch::send_claim(const ClaimRequest& claim, ClaimReply& reply) {
  using namespace statements;
  const SteadyTime asked = std::chrono::steady_clock::now();
  const auto mark = memory_.claim_marks.mark(claim.endpoint_key, asked);
  const auto add_mark = [&](Parameters& parameters) { mark ? parameters.add(*mark) : parameters.add_null(); };

  Parameters parameters;
  parameters.add(claim.endpoint_key).add(static_cast<std::int64_t>(claim.limit));
  parameters.add(std::string_view(claim.lease_token)).add(std::int64_t{claim.lease.count()}).add(batch_.now);
  add_mark(parameters);
  connection_.send(kClaim, parameters, [&claim, &reply](const ResultSet& rows) {
    for (int row = 0; row < rows.rows(); ++row) {
      ClaimedEvent& claimed = reply.events.emplace_back();
      claimed.event.id = rows.text(row, kClaimedId);
      claimed.event.platform = rows.text(row, kClaimedPlatform);
      claimed.event.event_type = rows.text(row, kClaimedType);
      claimed.event.callback_target = rows.text(row, kClaimedTarget);
      claimed.event.payload = rows.text(row, kClaimedPayload);
      claimed.event.correlation = rows.text(row, kClaimedCorrelation);
      claimed.event.order_key = rows.text(row, kClaimedOrderKey);
      claimed.event.traceparent = rows.text(row, kClaimedTraceparent);
      claimed.event.created_at = rows.time(row, kClaimedCreatedAt);
      claimed.event.secret = secret_of(rows.integer(row, kClaimedPreviousSecret));
      claimed.sequence = rows.integer(row, kClaimedSequence);
      claimed.lease_token = claim.lease_token;
      claimed.status = parse_event_status(rows.bytes(row, kClaimedStatus)).value_or(EventStatus::kPending);
      claimed.attempt_count = static_cast<int>(rows.integer(row, kClaimedAttemptCount));
      claimed.tries_in_run = static_cast<int>(rows.integer(row, kClaimedTriesInRun));
      claimed.next_attempt_at = rows.time(row, kClaimedNextAttemptAt);
    }
    std::ranges::sort(reply.events, {},
                      [](const ClaimedEvent& event) { return std::pair(event.next_attempt_at, event.sequence); });
  });

  Parameters next;
  next.add(claim.endpoint_key).add(std::string_view(claim.lease_token));
  add_mark(next);
  connection_.send(kNextAvailable, next, [this, &claim, &reply, mark, asked](const ResultSet& rows) {
    if (rows.rows() > 0) reply.next_available_at = rows.time(0, 0);
    // What lies before the mark was not looked at.
    if (memory_.claim_marks.claimed(claim, reply, mark, asked) && mark) reply.next_available_at = batch_.now;
  });
}

}  // namespace yizhan::store::postgres
