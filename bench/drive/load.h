// The producer: posts events over keep-alive connections, one request on each at a time. Closed loop (as fast as
// answers come) or open loop (at a rate, whether or not the service keeps up).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "drive/connection.h"
#include "drive/event_book.h"
#include "drive/event_text.h"

namespace yizhan::bench {

struct LoadOptions {
  std::uint16_t port = 0;
  RequestShape shape;
  int connections = 64;
  double events_per_second = 0;  ///< 0: closed loop
  std::int64_t window = 0;       ///< at most this many sent and not yet delivered; 0: no limit
  std::int64_t total = 0;        ///< stop after this many; 0: no limit
};

class Load {
 public:
  /// Connects. Throws std::system_error.
  Load(Poller& poller, EventBook& book, LoadOptions options);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Posts whatever is due and finds a free connection.
  void send_due();
  /// Nothing more is sent from now on.
  void stop() { stopped_ = true; }
  /// When send_due() has something to do for the sake of time alone; far away where it waits for answers.
  Moment next_due() const;
  /// Stopped or at its total, and every request answered.
  bool finished() const;

  /// Answers by status; 0 for requests whose connection ended before the answer.
  const std::map<int, std::int64_t>& answers() const { return answers_; }
  /// The first answer that was neither 200, 201 nor 202, to be shown to a person.
  const std::string& first_refusal() const { return first_refusal_; }

 private:
  class Producer;

  bool may_send() const;
  void answered(EventNumber first, int status, std::string_view body);
  void lost(Producer& producer);
  Moment due_of(EventNumber ordinal) const;

  Poller& poller_;
  EventBook& book_;
  LoadOptions options_;
  std::unique_ptr<Requests> requests_;
  Moment started_ = -1;
  std::int64_t sent_ = 0;
  bool stopped_ = false;
  std::vector<std::unique_ptr<Producer>> producers_;
  std::vector<Producer*> idle_;
  std::map<int, std::int64_t> answers_;
  std::string first_refusal_;
};

}  // namespace yizhan::bench
