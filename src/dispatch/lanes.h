// Several lanes as one: each platform has its own, callbacks have the rest.
#pragma once

#include <string>
#include <vector>

#include "dispatch/lane.h"

namespace yizhan::dispatch {

/// Lanes of their own are one or two, so that looking through them costs a callback no more than a comparison of
/// lengths.
class Lanes final : public Lane {
 public:
  /// References outlive this.
  explicit Lanes(Lane& callbacks) : callbacks_(callbacks) {}

  /// Events of `platform` go by `lane`. Before the first event.
  void add(std::string platform, Lane& lane);

  Result<std::shared_ptr<const Route>> route(std::string_view platform, std::string_view callback_target) override;
  void send(store::Event& event, const Route& route, Done done) override;

 private:
  struct Own {
    std::string platform;
    Lane* lane;
  };

  Lane& of(std::string_view platform) const;

  Lane& callbacks_;
  std::vector<Own> own_;
};

}  // namespace yizhan::dispatch
