// The platform that callbacks go to. By the path of the callback: `/hang…` is never answered, `/fail-first…` answers
// 500 to the first callback of every event whose number is divisible by fail_every, anything else is answered 200.
// With push_number it is the cloud function that pushes to phones instead, and answers as that does.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "drive/connection.h"
#include "drive/event_book.h"
#include "drive/signature.h"

namespace yizhan::bench {

struct SinkOptions {
  std::uint16_t port = 0;
  std::string secret;             ///< of `X-CS-Signature`; empty: not checked
  std::int64_t check_every = 16;  ///< one in so many callbacks has its signature and every byte checked
  std::int64_t fail_every = 5;
  std::string push_number;  ///< the member of a push that ends in the event's number; empty: no pushes are expected
};

struct SinkCounts {
  std::int64_t callbacks = 0;
  std::int64_t checked = 0;
  std::int64_t bad_signatures = 0;
  std::int64_t bad_bodies = 0;  ///< not byte for byte what was posted, or none of ours
  std::int64_t failed_on_purpose = 0;
  std::int64_t held = 0;         ///< taken on `/hang` and not answered
  std::int64_t connections = 0;  ///< that were opened to it
};

class Sink {
 public:
  /// Listens at once; every book is a range of numbers of its own. Throws std::system_error.
  Sink(Poller& poller, std::vector<EventBook*> books, SinkOptions options);
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  const SinkCounts& counts() const { return counts_; }
  /// For every retried event: microseconds from the failing answer to the next callback.
  const std::vector<Moment>& retried_after() const { return retried_after_; }

 private:
  class Listener;
  class Receiver;
  enum class Answer { kSuccess, kFailure, kNone };

  Answer take(const Message& callback);
  void take_push(const Message& call);
  void check(const Message& callback, EventNumber number);
  bool fails_now(EventNumber number, Moment time);
  EventBook* book_of(EventNumber number);

  Poller& poller_;
  std::vector<EventBook*> books_;
  SinkOptions options_;
  std::optional<SigningKey> key_;
  SinkCounts counts_;
  std::unordered_map<EventNumber, Moment> failed_at_;
  std::vector<Moment> retried_after_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace yizhan::bench
