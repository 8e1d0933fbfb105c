#include "dispatch/lanes.h"

namespace yizhan::dispatch {

void Lanes::add(std::string platform, Lane& lane) {
  own_.push_back({std::move(platform), false, &lane});
}

void Lanes::add_family(std::string prefix, Lane& lane) {
  own_.push_back({std::move(prefix), true, &lane});
}

Lane& Lanes::of(std::string_view platform) const {
  for (const Own& own : own_) {
    if (own.is_prefix ? platform.starts_with(own.name) : own.name == platform) return *own.lane;
  }
  return callbacks_;
}

Result<std::shared_ptr<const Route>> Lanes::route(std::string_view platform, std::string_view callback_target) {
  return of(platform).route(platform, callback_target);
}

void Lanes::send(store::Event& event, const Route& route, Done done) {
  of(event.platform).send(event, route, std::move(done));
}

}  // namespace yizhan::dispatch
