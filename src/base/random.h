// Randomness: cryptographic bytes for secrets and tokens, and a small fast generator for jitter, seedable in tests.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace yizhan {

/// Fills `out` from the operating system's generator. Terminates the process when that fails: there is no safe way on.
void fill_random(std::span<unsigned char> out);

/// `bytes` random bytes as lower-case hexadecimal.
std::string random_hex(std::size_t bytes);

/// xoshiro256**, for jitter and sampling; never for secrets. Not thread-safe.
class Random {
 public:
  explicit Random(std::uint64_t seed);
  /// Seeded from the operating system.
  Random();

  std::uint64_t next();
  /// Uniform in [0, 1).
  double unit();

  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return UINT64_MAX; }
  result_type operator()() { return next(); }

 private:
  std::uint64_t state_[4];
};

}  // namespace yizhan
