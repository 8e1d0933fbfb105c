// The inbound half. START HERE.
//
//   limits → which source → verify on the raw bytes → read → accept (one transaction: the callback on record, its
//   search keys, its effect, the events it causes) → answer in the source's own dialect
//
// Nothing is answered with success before it is durable. What is rejected is answered at once and goes on record
// afterwards, as far as there is room: `rejections_per_second` a second are recorded (and as many at once), the rest is
// counted.
//
// Runs on the I/O thread; nothing here is thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "http/asio.h"
#include "http/router.h"
#include "http/server.h"
#include "receive/routes.h"
#include "receive/source.h"
#include "store/group_commit.h"
#include "store/intake.h"

namespace yizhan::receive {

struct ConfiguredSource {
  SourceOptions options;
  std::shared_ptr<const Source> source;
};

struct ReceiverOptions {
  /// Networks whose X-Forwarded-For is believed (`10.0.0.0/8`); from anybody else it is ignored.
  std::vector<std::string> trusted_proxies;
  double rejections_per_second = 100;
};

struct SourceCounters {
  std::string source;
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
  std::uint64_t probes = 0;  ///< of these: WeChat Pay's trials with a wrong signature, nothing to be alarmed of
  std::uint64_t unavailable = 0;
  std::uint64_t unfit = 0;         ///< effects that somebody has to look at; in accepted or rejected too
  std::uint64_t over_rate = 0;     ///< answered 429, not on record
  std::uint64_t not_recorded = 0;  ///< rejected ones beyond rejections_per_second
  /// From the last byte to the answer, of those that went to the store first.
  DurationHistogram answer_durations{};
};

class Receiver {
 public:
  /// All outlive the receiver. Codes `path_taken` (two sources on one path), `network_invalid`, and those of
  /// store::Intake::prepare() for a platform that a source or a route names (`unknown_platform`…).
  static Result<std::unique_ptr<Receiver>> make(http::asio::io_context& io, store::GroupCommit& commits,
                                                store::Intake& intake, std::vector<ConfiguredSource> sources,
                                                Routes routes, const ReceiverOptions& options);
  virtual ~Receiver() = default;

  /// One for another configuration, to take this one's place: its counters go on. What this one has in hand it finishes
  /// after it was destroyed. `trial` prepares events as they will be prepared then; codes of make().
  virtual Result<std::unique_ptr<Receiver>> successor(store::Intake& trial, std::vector<ConfiguredSource> sources,
                                                      Routes routes, const ReceiverOptions& options) const = 0;

  /// The server's handler. Also answers GET /health.
  virtual void handle(http::ServerRequest& request, http::Responder responder) = 0;
  virtual std::vector<SourceCounters> counters() const = 0;
};

}  // namespace yizhan::receive
