// Which hashes are surely not in a tree of hashes: a blocked Bloom filter (Putze, Sanders, Singler: Cache-, Hash- and
// Space-Efficient Bloom Filters, 2007). Asking it costs one access to memory for each of its parts; asking the tree
// costs one for each of its levels, and a statement.
//
// With 10 to 20 bits for each hash, 4 of every 100 that were never added seem to be there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace yizhan::store::sqlite {

class HashFilter {
 public:
  /// Hashes must be evenly spread.
  void add(std::int64_t hash);
  /// False: it was never added.
  bool may_have(std::int64_t hash) const;
  std::size_t bytes() const;

 private:
  /// A cache line.
  struct alignas(64) Block {
    std::array<std::uint64_t, 8> words{};
  };
  /// Of a fixed size. The next is four times as large, up to the largest: few parts, because their errors add up.
  struct Part {
    explicit Part(std::size_t block_count) : blocks(block_count) {}
    std::vector<Block> blocks;  ///< a power of two of them
    std::size_t added = 0;
  };
  static constexpr std::size_t kInBlock = 51;            // 10 bits for each
  static constexpr std::size_t kFirstBlocks = 1024;      // 64 KiB
  static constexpr std::size_t kMostBlocks = 64 * 1024;  // 4 MiB

  std::vector<Part> parts_;
};

}  // namespace yizhan::store::sqlite
