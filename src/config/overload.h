// One std::visit with a lambda for each alternative.
#pragma once

namespace yizhan::config {

template <class... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};

}  // namespace yizhan::config
