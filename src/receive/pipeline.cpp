#include "receive/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/trace_context.h"
#include "receive/callback_log.h"
#include "receive/exchange.h"
#include "verify/wechat_pay_v3.h"

namespace yizhan::receive {
namespace {

// Store contract: what the columns take.
constexpr std::size_t kLongestEventType = 128;
constexpr std::size_t kLongestIdempotencyKey = 255;
constexpr std::size_t kLongestKeyValue = 128;

/// Fine enough for time limits of seconds.
constexpr Milliseconds kDeadlineResolution{50};

/// How long a source is asked to wait before it sends again.
constexpr std::string_view kRetryAfterUnavailable = "Retry-After: 5\r\n";
constexpr std::string_view kRetryAfterRate = "Retry-After: 1\r\n";

constexpr int kTooManyRequests = 429;

/// A status by which the source's dialect lets itself be put off.
bool is_server_error(int status) {
  return status >= 500;
}

void add_retry_after(http::ServerResponse& response, std::string_view line) {
  if (response.extra_header_lines.find("Retry-After:") == std::string::npos) response.extra_header_lines += line;
}

/// What a stranger wrote is brought into a form that the store takes. The idempotency key is not: two keys that became
/// one would let one callback swallow another.
Result<void> make_fit(Notice& notice) {
  const std::string& key = notice.idempotency_key;
  if (key.empty() || key.size() > kLongestIdempotencyKey || !is_recordable(key)) {
    return fail("field_invalid",
                fmt::format("what identifies the callback is empty, longer than {} bytes, or no proper text",
                            kLongestIdempotencyKey));
  }
  notice.event_type = recordable(notice.event_type, kLongestEventType);
  std::erase_if(notice.keys, [](const store::CallbackKey& each) { return each.value.empty(); });
  for (store::CallbackKey& each : notice.keys) each.value = recordable(each.value, kLongestKeyValue);
  return {};
}

int status_of(const Source& source, Outcome outcome) {
  return source.answer(outcome).status;
}

}  // namespace

std::optional<std::uint64_t> Counted::add(SteadyTime now) {
  ++unreported_;
  if (once_a_second_.available(now, 1) == 0) return std::nullopt;
  once_a_second_.take(now, 1);
  return std::exchange(unreported_, 0);
}

SourceAtWork::SourceAtWork(ConfiguredSource configured, UtcTime now, std::shared_ptr<SourceCounters> counted_before)
    : options(std::move(configured.options)),
      source(std::move(configured.source)),
      headers(source->secret_headers()),
      rate(options.rate, options.burst),
      shared_counters(counted_before ? std::move(counted_before) : std::make_shared<SourceCounters>()),
      counters(*shared_counters) {
  counters.source = options.name;
  const Notice notice;
  const store::Received received;
  const Error order_unknown{to_string(store::EffectResult::kOrderUnknown), {}};
  const Error waybill_unknown{to_string(store::EffectResult::kWaybillUnknown), {}};
  Outcome outcome{.notice = &notice, .received = &received, .now = now};
  outcome.kind = Outcome::Kind::kAccepted;
  status_accepted = status_of(*source, outcome);
  outcome.kind = Outcome::Kind::kDuplicate;
  status_duplicate = status_of(*source, outcome);
  outcome.kind = Outcome::Kind::kRejected;
  outcome.error = &order_unknown;
  status_unfit = status_of(*source, outcome);
  outcome.error = &waybill_unknown;
  status_waybill_unknown = status_of(*source, outcome);
}

Pipeline::Pipeline(http::asio::io_context& io_context, store::GroupCommit& group_commit, store::Intake& event_intake,
                   Routes configured_routes, TrustedProxies trusted, double rejections_per_second)
    : io(io_context),
      commits(group_commit),
      intake(event_intake),
      routes(std::move(configured_routes)),
      proxies(std::move(trusted)),
      deadlines(io, kDeadlineResolution),
      // A second's worth at once: whoever sets a secret wrong finds the first hundred notices on record, not ten.
      rejections_(rejections_per_second, rejections_per_second * 0.9) {}

const std::string& Pipeline::text_of(const http::asio::ip::address& sender) {
  if (last_sender_text_.empty() || sender != last_sender_) {
    last_sender_ = sender;
    last_sender_text_ = sender.to_string();
  }
  return last_sender_text_;
}

void Pipeline::take(SourceAtWork& source, http::ServerRequest& request, const http::PathParameters& parameters,
                    http::Responder responder) {
  Arrival arrival{.begun = steady_now(),
                  .now = utc_now(),
                  .peer = text_of(proxies.sender(request)),
                  .body_bytes = request.body.size(),
                  .traceparent = {}};
  if (const std::string_view trace = request.header("traceparent"); is_traceparent(trace)) arrival.traceparent = trace;
  if (source.rate.available(arrival.begun, 1) == 0)
    return refuse_over_rate(source, request, std::move(responder), arrival);
  source.rate.take(arrival.begun, 1);

  auto read = source.source->read({request, parameters, arrival.now});
  if (!read) return refuse(source, request, std::move(responder), arrival, {.error = read.error()});
  if (auto* reply = std::get_if<Reply>(&*read)) return responder.answer(response_of(std::move(*reply)));
  auto& notice = std::get<Notice>(*read);
  if (const auto fit = make_fit(notice); !fit) {
    return refuse(source, request, std::move(responder), arrival, {.error = fit.error()});
  }
  accept(source, request, std::move(responder), std::move(arrival), std::move(notice));
}

void Pipeline::accept(SourceAtWork& source, http::ServerRequest& request, http::Responder responder, Arrival arrival,
                      Notice notice) {
  const auto put_off = [&](const Error& error) {
    refuse(source, request, std::move(responder), arrival,
           {.error = error, .kind = Outcome::Kind::kUnavailable, .notice = &notice});
  };
  if (!commits.healthy()) {
    // It would wait for a store that is being tried again, and keep its body in memory meanwhile.
    return put_off({"store_unavailable", "the callback cannot be stored at the moment; send it again"});
  }
  store::ReceiveCall call;
  if (const auto added = add_events(source, request, arrival, notice, call); !added) {
    log::error("callback_unroutable",
               {{"source", source.options.name}, {"code", added.error().code}, {"message", added.error().message}});
    return put_off({added.error().code, "the callback cannot be passed on at the moment; send it again"});
  }
  call.keys = notice.keys;
  call.effect = std::move(notice.effect);
  call.reject_unfit = source.options.reject_unfit;
  call.answer_accepted = source.status_accepted;
  call.answer_duplicate = source.status_duplicate;
  const bool is_express = std::holds_alternative<store::ExpressEffect>(call.effect);
  call.answer_rejected = is_express ? source.status_waybill_unknown : source.status_unfit;
  call.callback = make_record(source, request, arrival, &notice);
  auto exchange = std::make_unique<Exchange>(shared_from_this(), source, std::move(responder), std::move(arrival),
                                             std::move(notice));
  commits.receive(std::move(call),
                  [exchange = std::move(exchange)](Result<store::Received> received, store::ReceiveCall back) {
                    exchange->stored(std::move(received), std::move(back));
                  });
}

void Pipeline::refuse(SourceAtWork& source, http::ServerRequest& request, http::Responder responder,
                      const Arrival& arrival, const Refusal& refusal) {
  const bool unavailable = refusal.kind == Outcome::Kind::kUnavailable;
  ++(unavailable ? source.counters.unavailable : source.counters.rejected);
  if (refusal.error.code == verify::kSignatureProbe) ++source.counters.probes;
  http::ServerResponse response = unavailable
                                      ? unavailable_response(*source.source, refusal.error, refusal.notice, arrival.now)
                                      : response_of(source.source->answer({.kind = refusal.kind,
                                                                           .error = &refusal.error,
                                                                           .notice = refusal.notice,
                                                                           .now = arrival.now,
                                                                           .request = &request}));
  if (rejections_.available(arrival.begun, 1) == 0) {
    ++source.counters.not_recorded;
    responder.answer(response);
    if (const auto count = not_recorded_.add(arrival.begun)) {
      log::warning("callbacks_not_recorded", {{"count", *count}, {"source", source.options.name}});
    }
    return;
  }
  rejections_.take(arrival.begun, 1);

  store::ReceiveCall call;
  call.rejected = true;
  call.answer_rejected = response.status;
  if (refusal.notice != nullptr) call.keys = refusal.notice->keys;
  call.callback = make_record(source, request, arrival, refusal.notice);
  call.callback.reason = refusal.error.code;
  if (call.callback.body.size() > store::kKeptRejectedBody) {
    call.callback.body.resize(store::kKeptRejectedBody);
    call.callback.body.shrink_to_fit();
  }
  responder.answer(response);
  const auto duration = steady_now() - arrival.begun;
  commits.receive(std::move(call),
                  [self = shared_from_this(), &source, duration, unavailable, trace = arrival.traceparent](
                      const Result<store::Received>& received, const store::ReceiveCall& back) {
                    if (!received) ++source.counters.not_recorded;
                    log_callback({.source = source.options.name,
                                  .event_type = back.callback.event_type,
                                  .keys = &back.keys,
                                  .status = unavailable ? "unavailable" : to_string(store::Verdict::kRejected),
                                  .reason = back.callback.reason,
                                  .callback_id = received ? received->callback_id : 0,
                                  .peer = back.callback.peer,
                                  .trace_id = trace_id(trace),
                                  .duration = duration,
                                  .body_bytes = static_cast<std::size_t>(back.callback.body_size),
                                  .received_at = back.callback.received_at});
                  });
}

void Pipeline::refuse_over_rate(SourceAtWork& source, const http::ServerRequest& request, http::Responder responder,
                                const Arrival& arrival) {
  ++source.counters.over_rate;
  const Error error{"rate_exceeded", "too many callbacks a second; send it again later"};
  Reply reply = source.source->answer(
      {.kind = Outcome::Kind::kUnavailable, .error = &error, .now = arrival.now, .request = &request});
  if (is_server_error(reply.status)) reply.status = kTooManyRequests;
  http::ServerResponse response = response_of(std::move(reply));
  add_retry_after(response, kRetryAfterRate);
  responder.answer(response);
  if (const auto count = source.over_rate.add(arrival.begun)) {
    log::warning("callbacks_over_rate", {{"count", *count}, {"source", source.options.name}, {"peer", arrival.peer}});
  }
}

store::InboundCallback Pipeline::make_record(const SourceAtWork& source, http::ServerRequest& request,
                                             const Arrival& arrival, const Notice* notice) {
  store::InboundCallback record;
  record.source = source.options.name;
  record.received_at = arrival.now;
  record.peer = arrival.peer;
  record.target = target_record(request);
  record.headers = source.headers.text(request);
  record.body = std::move(request.body);
  record.body_size = static_cast<std::int64_t>(arrival.body_bytes);
  record.duration = std::chrono::floor<Microseconds>(steady_now() - arrival.begun);
  if (notice != nullptr) {
    record.event_type = notice->event_type;
    record.idempotency_key = notice->idempotency_key;
    record.reason = notice->reason;
  }
  return record;
}

/// The events that the callback causes, prepared; or none, where one cannot be. Takes the notice's bodies.
Result<void> Pipeline::add_events(const SourceAtWork& source, const http::ServerRequest& request,
                                  const Arrival& arrival, Notice& notice, store::ReceiveCall& call) {
  store::Event common;
  common.created_at = arrival.now;
  if (!notice.keys.empty()) common.correlation = notice.keys.front().value;
  common.traceparent = arrival.traceparent;
  const auto add = [&](std::vector<store::NewEvent>& events, std::string_view platform, std::string_view event_type,
                       std::string payload) -> Result<void> {
    store::NewEvent& event = events.emplace_back();
    event.event = common;
    event.event.id = ids_.make(arrival.now);
    event.event.platform = platform;
    event.event.event_type = recordable(event_type, kLongestEventType);
    event.event.payload = std::move(payload);
    event.first_attempt_at = arrival.now;
    auto prepared = intake.prepare(event);
    if (!prepared) events.pop_back();
    return prepared;
  };

  Result<void> added;
  if (notice.caused && !source.options.platform.empty()) {
    const bool with_effect = !std::holds_alternative<std::monostate>(notice.effect);
    added = add(with_effect ? call.effect_events : call.events, source.options.platform, notice.caused->event_type,
                std::move(notice.caused->payload));
  }
  const std::string& body = notice.clear_body ? *notice.clear_body : request.body;
  for (const Destination& to : routes.match(source.options.name, notice.event_type, body)) {
    if (!added) break;
    added = add(call.events, to.platform, to.event_type, body);
  }
  notice.caused.reset();
  notice.clear_body.reset();
  if (added) return added;

  store::AcceptCall prepared{.events = std::move(call.effect_events)};
  std::ranges::move(call.events, std::back_inserter(prepared.events));
  if (!prepared.events.empty()) intake.abandoned(prepared);
  return added;
}

http::ServerResponse response_of(Reply reply) {
  return {.status = reply.status,
          .content_type = reply.content_type,
          .extra_header_lines = std::move(reply.extra_header_lines),
          .body = std::move(reply.body)};
}

http::ServerResponse unavailable_response(const Source& source, const Error& error, const Notice* notice, UtcTime now) {
  http::ServerResponse response =
      response_of(source.answer({.kind = Outcome::Kind::kUnavailable, .error = &error, .notice = notice, .now = now}));
  add_retry_after(response, kRetryAfterUnavailable);
  return response;
}

}  // namespace yizhan::receive
