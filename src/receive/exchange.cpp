#include "receive/exchange.h"

#include <algorithm>
#include <iterator>

#include "base/fail_point.h"
#include "base/log.h"
#include "base/trace_context.h"
#include "receive/callback_log.h"

namespace yizhan::receive {
namespace {

/// For strangers: what the store said may name tables, files and hosts.
Error not_stored(const Error& error) {
  return {error.code, "the callback could not be stored; send it again"};
}

std::string_view key_value(const Notice& notice, std::string_view name) {
  const auto key = std::ranges::find(notice.keys, name, &store::CallbackKey::name);
  return key == notice.keys.end() ? std::string_view{} : std::string_view(key->value);
}

void append(std::vector<store::NewEvent>& from, std::vector<store::NewEvent>& to) {
  if (to.empty()) return to.swap(from);
  to.insert(to.end(), std::move_iterator(from.begin()), std::move_iterator(from.end()));
}

}  // namespace

Exchange::Exchange(std::shared_ptr<Pipeline> pipeline, SourceAtWork& source, http::Responder responder, Arrival arrival,
                   Notice notice)
    : pipeline_(std::move(pipeline)),
      source_(source),
      responder_(std::move(responder)),
      arrival_(std::move(arrival)),
      notice_(std::move(notice)) {
  pipeline_->deadlines.arm(*this, arrival_.begun + source_.source->answer_within());
}

void Exchange::stored(Result<store::Received> received, store::ReceiveCall call) {
  http::DeadlineWheel::disarm(*this);
  settle_events(received, call);
  if (received && received->effect == store::EffectResult::kApplied &&
      std::holds_alternative<store::ExpressEffect>(call.effect)) {
    pipeline_->intake.express_applied();
  }
  fail_point("receive.before_answer");
  if (received && received->verdict != store::Verdict::kDuplicate && store::is_unfit(received->effect))
    raise_unfit(*received);
  if (!received) {
    log::warning("callback_not_stored", {{"source", source_.options.name},
                                         {"code", received.error().code},
                                         {"message", received.error().message},
                                         {"idempotencyKey", call.callback.idempotency_key}});
    if (!answered_) answer_unavailable(not_stored(received.error()));
    return;
  }
  if (!answered_) return answer_outcome(*received);
  log::info("callback_stored_late", {{"source", source_.options.name},
                                     {"callbackId", received->callback_id},
                                     {"status", to_string(received->verdict)},
                                     {"effect", to_string(received->effect)}});
}

/// What was stored is the intake's to send; the places of the rest are given back.
void Exchange::settle_events(const Result<store::Received>& received, store::ReceiveCall& call) {
  store::AcceptCall stored, abandoned;
  std::vector<store::Accepted> accepted;
  const auto sort = [&](std::vector<store::NewEvent>& events, const std::vector<store::Accepted>* answers) {
    const bool were_stored = answers != nullptr && !answers->empty();
    if (were_stored) accepted.insert(accepted.end(), answers->begin(), answers->end());
    append(events, were_stored ? stored.events : abandoned.events);
  };
  sort(call.effect_events, received ? &received->effect_events : nullptr);
  sort(call.events, received ? &received->events : nullptr);
  if (!stored.events.empty()) pipeline_->intake.accepted(accepted, std::move(stored));
  if (!abandoned.events.empty()) pipeline_->intake.abandoned(abandoned);
}

void Exchange::answer_outcome(const store::Received& received) {
  Outcome outcome{.notice = &notice_, .received = &received, .now = arrival_.now};
  Error unfit;
  switch (received.verdict) {
    case store::Verdict::kAccepted:
      ++source_.counters.accepted;
      outcome.kind = Outcome::Kind::kAccepted;
      break;
    case store::Verdict::kDuplicate:
      ++source_.counters.duplicates;
      outcome.kind = Outcome::Kind::kDuplicate;
      break;
    case store::Verdict::kRejected:
      ++source_.counters.rejected;
      outcome.kind = Outcome::Kind::kRejected;
      unfit = {to_string(received.effect), received.effect == store::EffectResult::kWaybillUnknown
                                               ? "the parcel is not known; the callback is on record"
                                               : "the callback does not fit the order; it is on record"};
      outcome.error = &unfit;
      break;
  }
  answered_ = true;
  responder_.answer(response_of(source_.source->answer(outcome)));
  note_answer(to_string(received.verdict), received.reason, &received);
}

void Exchange::answer_unavailable(const Error& error) {
  answered_ = true;
  ++source_.counters.unavailable;
  responder_.answer(unavailable_response(*source_.source, error, &notice_, arrival_.now));
  note_answer("unavailable", error.code, nullptr);
}

void Exchange::deadline_passed() {
  answer_unavailable({"answer_late", "the callback could not be stored in time; send it again"});
}

void Exchange::raise_unfit(const store::Received& received) {
  ++source_.counters.unfit;
  log::warning("callback_unfit", {{"source", source_.options.name},
                                  {"callbackId", received.callback_id},
                                  {"effect", to_string(received.effect)},
                                  {"status", to_string(received.verdict)},
                                  {"outTradeNo", key_value(notice_, "out_trade_no")},
                                  {"transactionId", key_value(notice_, "transaction_id")},
                                  {"trackingNo", key_value(notice_, "tracking_no")}});
}

void Exchange::note_answer(std::string_view status, std::string_view reason, const store::Received* received) {
  const auto duration = std::chrono::steady_clock::now() - arrival_.begun;
  source_.counters.answer_durations.add(duration);
  log_callback({.source = source_.options.name,
                .event_type = notice_.event_type,
                .keys = &notice_.keys,
                .result_code = notice_.result_code,
                .status = status,
                .reason = reason.empty() ? std::string_view(notice_.reason) : reason,
                .callback_id = received == nullptr ? 0 : received->callback_id,
                .effect = received == nullptr ? std::string_view{} : to_string(received->effect),
                .peer = arrival_.peer,
                .trace_id = trace_id(arrival_.traceparent),
                .duration = duration,
                .body_bytes = arrival_.body_bytes,
                .received_at = arrival_.now});
}

}  // namespace yizhan::receive
