// Several lanes as one: some platforms have their own, callbacks have the rest.
#pragma once

#include <string>
#include <vector>

#include "dispatch/lane.h"

namespace yizhan::dispatch {

/// Lanes of their own are one or two, so that looking through them costs a callback no more than a comparison of a few
/// bytes.
class Lanes final : public Lane {
 public:
  /// References outlive this.
  explicit Lanes(Lane& callbacks) : callbacks_(callbacks) {}

  /// Events of `platform` go by `lane`. Before the first event.
  void add(std::string platform, Lane& lane);
  /// Events of every platform whose name begins so go by `lane`; likewise.
  void add_family(std::string prefix, Lane& lane);

  Result<std::shared_ptr<const Route>> route(std::string_view platform, std::string_view callback_target) override;
  void send(store::Event& event, const Route& route, Done done) override;

 private:
  struct Own {
    std::string name;
    bool is_prefix;
    Lane* lane;
  };

  Lane& of(std::string_view platform) const;

  Lane& callbacks_;
  std::vector<Own> own_;
};

}  // namespace yizhan::dispatch
