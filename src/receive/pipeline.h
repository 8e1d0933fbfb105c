// The receiver at work: what its requests share. receiver.cpp makes one from the configuration; pipeline.cpp has the
// way of a request up to the store, exchange.cpp the way back.
//
// Runs on the I/O thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "domain/rate_limit.h"
#include "http/deadline_wheel.h"
#include "receive/receiver.h"
#include "receive/record_text.h"
#include "receive/trusted_proxies.h"

namespace yizhan::receive {

/// Something that strangers can cause as often as they like: it is logged once a second at most, with how often it
/// happened.
class Counted {
 public:
  /// One more; how many there were since the last report, when one is due.
  std::optional<std::uint64_t> add(SteadyTime now);

 private:
  RateLimit once_a_second_{1};
  std::uint64_t unreported_ = 0;
};

struct SourceAtWork {
  /// `counted_before`: by the source of this name that it takes the place of; null for a new one.
  SourceAtWork(ConfiguredSource configured, UtcTime now, std::shared_ptr<SourceCounters> counted_before);

  SourceOptions options;
  std::shared_ptr<const Source> source;
  HeaderRecord headers;
  RateLimit rate;
  Counted over_rate;
  std::shared_ptr<SourceCounters>
      shared_counters;  ///< with those whose place it takes: they may still finish callbacks
  SourceCounters& counters;
  // What the source answers to each outcome, for the record.
  int status_accepted;
  int status_duplicate;
  int status_unfit;
  int status_waybill_unknown;
};

/// What is known of a request as soon as it is here.
struct Arrival {
  SteadyTime begun{};
  UtcTime now{};
  std::string peer;
  std::size_t body_bytes = 0;
  std::string traceparent;  ///< empty where there is none that is well-formed
};

struct Pipeline : std::enable_shared_from_this<Pipeline> {
  Pipeline(http::asio::io_context& io_context, store::GroupCommit& group_commit, store::Intake& event_intake,
           Routes configured_routes, TrustedProxies trusted, double rejections_per_second);

  void take(SourceAtWork& source, http::ServerRequest& request, const http::PathParameters& parameters,
            http::Responder responder);

  http::asio::io_context& io;
  store::GroupCommit& commits;
  store::Intake& intake;
  const Routes routes;
  const TrustedProxies proxies;
  std::vector<std::unique_ptr<SourceAtWork>> sources;
  http::DeadlineWheel deadlines;

 private:
  /// Why a request has no effect.
  struct Refusal {
    const Error& error;
    Outcome::Kind kind = Outcome::Kind::kRejected;
    const Notice* notice = nullptr;
  };

  void accept(SourceAtWork& source, http::ServerRequest& request, http::Responder responder, Arrival arrival,
              Notice notice);
  /// Senders come again and again: the text of the last one is kept.
  const std::string& text_of(const http::asio::ip::address& sender);
  /// Answers, and puts it on record if there is room.
  void refuse(SourceAtWork& source, http::ServerRequest& request, http::Responder responder, const Arrival& arrival,
              const Refusal& refusal);
  void refuse_over_rate(SourceAtWork& source, const http::ServerRequest& request, http::Responder responder,
                        const Arrival& arrival);
  /// Takes the body.
  static store::InboundCallback make_record(const SourceAtWork& source, http::ServerRequest& request,
                                            const Arrival& arrival, const Notice* notice);
  Result<void> add_events(const SourceAtWork& source, const http::ServerRequest& request, const Arrival& arrival,
                          Notice& notice, store::ReceiveCall& call);

  IdMaker ids_;
  http::asio::ip::address last_sender_;
  std::string last_sender_text_;
  RateLimit rejections_;
  Counted not_recorded_;
};

/// How a source's answer goes out.
http::ServerResponse response_of(Reply reply);
/// The answer to what was not stored, so that it is sent again: in the source's dialect, with Retry-After.
http::ServerResponse unavailable_response(const Source& source, const Error& error, const Notice* notice, UtcTime now);

}  // namespace yizhan::receive
