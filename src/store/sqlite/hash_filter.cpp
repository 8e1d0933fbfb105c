#include "store/sqlite/hash_filter.h"

#include <algorithm>

namespace yizhan::store::sqlite {
namespace {

/// The bits that a hash sets in its block: one in each of four words.
constexpr std::size_t kBits = 4;

/// The upper half of a hash chooses the block, the lower half the bits.
std::size_t place_of(std::uint64_t hash, std::size_t block_count) {
  return static_cast<std::size_t>(hash >> 32U) & (block_count - 1);
}

struct Bit {
  std::size_t word;
  std::uint64_t mask;
};

Bit bit_of(std::uint64_t hash, std::size_t index) {
  const auto chosen = static_cast<std::size_t>(hash >> (7 * index));
  return {2 * index + ((chosen >> 6U) & 1U), std::uint64_t{1} << (chosen & 63U)};
}

}  // namespace

void HashFilter::add(std::int64_t hash) {
  if (parts_.empty() || parts_.back().added == parts_.back().blocks.size() * kInBlock) {
    parts_.emplace_back(parts_.empty() ? kFirstBlocks : std::min(4 * parts_.back().blocks.size(), kMostBlocks));
  }
  Part& part = parts_.back();
  const auto bits = static_cast<std::uint64_t>(hash);
  Block& block = part.blocks[place_of(bits, part.blocks.size())];
  for (std::size_t i = 0; i < kBits; ++i) {
    const auto [word, mask] = bit_of(bits, i);
    block.words[word] |= mask;
  }
  ++part.added;
}

bool HashFilter::may_have(std::int64_t hash) const {
  const auto bits = static_cast<std::uint64_t>(hash);
  return std::ranges::any_of(parts_, [bits](const Part& part) {
    const Block& block = part.blocks[place_of(bits, part.blocks.size())];
    for (std::size_t i = 0; i < kBits; ++i) {
      const auto [word, mask] = bit_of(bits, i);
      if ((block.words[word] & mask) == 0) return false;
    }
    return true;
  });
}

std::size_t HashFilter::bytes() const {
  std::size_t sum = 0;
  for (const Part& part : parts_) sum += part.blocks.size() * sizeof(Block);
  return sum;
}

}  // namespace yizhan::store::sqlite
