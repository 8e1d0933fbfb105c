// A callback between the store and its answer. Answered once: when the store has answered, or when the source would not
// wait any longer, whichever comes first. What is stored after that stays stored: the source repeats the callback, and
// hears that it is a duplicate.
#pragma once

#include <memory>

#include "receive/pipeline.h"

namespace yizhan::receive {

class Exchange final : public http::DeadlineWheel::Entry {
 public:
  /// Runs from now on against the source's time limit. `notice` has handed its bodies on.
  Exchange(std::shared_ptr<Pipeline> pipeline, SourceAtWork& source, http::Responder responder, Arrival arrival,
           Notice notice);

  /// The store has answered; the call comes back.
  void stored(Result<store::Received> received, store::ReceiveCall call);

 private:
  void deadline_passed() override;
  void settle_events(const Result<store::Received>& received, store::ReceiveCall& call);
  void answer_outcome(const store::Received& received);
  void answer_unavailable(const Error& error);
  void raise_unfit(const store::Received& received);
  /// In the log and in the figures.
  void note_answer(std::string_view status, std::string_view reason, const store::Received* received);

  const std::shared_ptr<Pipeline> pipeline_;
  SourceAtWork& source_;  // the pipeline's
  http::Responder responder_;
  const Arrival arrival_;
  const Notice notice_;
  bool answered_ = false;
};

}  // namespace yizhan::receive
