// What a lane supplies to the loop: where an event goes and how one attempt is made. The loop, the leases, the batching
// and the accounting are written once, in dispatcher.h.
#pragma once

#include <functional>
#include <memory>

#include "dispatch/route.h"
#include "domain/attempt.h"
#include "store/store.h"

namespace yizhan::dispatch {

class Lane {
 public:
  using Done = std::move_only_function<void(AttemptOutcome)>;

  virtual ~Lane() = default;

  /// Codes `unknown_platform`, `platform_disabled`, `callback_target_invalid`.
  virtual Result<std::shared_ptr<const Route>> route(std::string_view platform, std::string_view callback_target) = 0;

  /// Makes one attempt and calls `done` once, never before it returns. May move the payload out of `event`.
  virtual void send(store::Event& event, const Route& route, Done done) = 0;
};

/// Gives an event that is about to be stored its endpoint. Null where its platform is disabled: it is stored and waits.
/// Codes of Lane::route, but for `platform_disabled`.
Result<std::shared_ptr<const Route>> name_endpoint(Lane& lane, store::NewEvent& event);

}  // namespace yizhan::dispatch
