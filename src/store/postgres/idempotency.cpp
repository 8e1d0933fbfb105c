#include "store/postgres/idempotency.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/postgres/statements.h"

namespace yizhan::store::postgres {
namespace {

/// What a caller repeats when he repeats an event; its id, trace context and times are new each time.
bool same_content(const Event& one, const Event& other) {
  return one.event_type == other.event_type && one.callback_target == other.callback_target &&
         one.payload == other.payload && one.correlation == other.correlation && one.order_key == other.order_key;
}

}  // namespace

void IdempotencyKeys::add(const std::vector<NewEvent>& events) {
  for (const NewEvent& event : events) {
    if (event.idempotency_key) keys_.emplace_back(event.event.platform, *event.idempotency_key);
  }
}

void IdempotencyKeys::sort() {
  std::ranges::sort(keys_);
  const auto repeated = std::ranges::unique(keys_);
  keys_.erase(repeated.begin(), repeated.end());
}

Parameters IdempotencyKeys::parameters() const {
  Array platforms(kText);
  Array keys(kText);
  for (const auto& [platform, key] : keys_) {
    platforms.add(platform);
    keys.add(key);
  }
  Parameters parameters;
  parameters.add(std::move(platforms)).add(std::move(keys));
  return parameters;
}

void IdempotencyKeys::take(const ResultSet& found) {
  using namespace statements;
  for (int row = 0; row < found.rows(); ++row) {
    Stored stored;
    stored.accepted.id = found.text(row, kFoundId);
    stored.accepted.sequence = found.integer(row, kFoundSequence);
    stored.accepted.status = parse_event_status(found.bytes(row, kFoundStatus)).value_or(EventStatus::kPending);
    stored.accepted.duplicate = true;
    stored.content.event_type = found.text(row, kFoundType);
    stored.content.callback_target = found.text(row, kFoundTarget);
    stored.content.payload = found.text(row, kFoundPayload);
    stored.content.correlation = found.text(row, kFoundCorrelation);
    stored.content.order_key = found.text(row, kFoundOrderKey);
    stored_.emplace(keys_[static_cast<std::size_t>(found.integer(row, kFoundPosition) - 1)], std::move(stored));
  }
}

Result<std::vector<IdempotencyKeys::Match>> IdempotencyKeys::resolve(Events events) {
  std::vector<Match> matches;
  std::map<Key, const NewEvent*> of_call;
  for (const NewEvent* event : events) {
    if (!event->idempotency_key) {
      matches.emplace_back();
      continue;
    }
    auto matched = match(*event, of_call);
    if (!matched) return std::unexpected(matched.error());
    matches.push_back(*std::move(matched));
  }
  taken_.merge(of_call);
  return matches;
}

Result<IdempotencyKeys::Match> IdempotencyKeys::match(const NewEvent& event,
                                                      std::map<Key, const NewEvent*>& of_call) const {
  const Key key{event.event.platform, *event.idempotency_key};
  Match match;
  const Event* content = nullptr;
  if (const auto stored = stored_.find(key); stored != stored_.end()) {
    match.stored = stored->second.accepted;
    content = &stored->second.content;
  } else if (const auto taken = taken_.find(key); taken != taken_.end()) {
    match.earlier = taken->second;
    content = &taken->second->event;
  } else if (const auto [first, is_new] = of_call.emplace(key, &event); !is_new) {
    match.earlier = first->second;
    content = &first->second->event;
  }
  if (content == nullptr || same_content(*content, event.event)) return match;
  return fail("idempotency_conflict",
              fmt::format("the idempotency key \"{}\" of platform \"{}\" belongs to an event with other content; use a "
                          "key of its own for each event",
                          key.second, key.first));
}

}  // namespace yizhan::store::postgres
