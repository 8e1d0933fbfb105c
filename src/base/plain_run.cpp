#include "base/plain_run.h"

#include <cstdint>
#include <cstring>

namespace yizhan {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101U;
constexpr std::uint64_t kHighs = 0x8080808080808080U;

// In each of these a byte has its highest bit set if it is one that is looked for. A byte after such a one may have it
// by a carry: a word that has none of them has no such bit, which is all that is asked.

std::uint64_t not_printable(std::uint64_t word) {
  return word | (word - kOnes * 0x20) | (word + kOnes);
}

std::uint64_t equal_to(std::uint64_t word, char character) {
  return (word ^ (kOnes * static_cast<unsigned char>(character))) - kOnes;
}

template <class WordEnds, class IsPlain>
std::size_t run(std::string_view text, WordEnds word_ends, IsPlain is_plain) {
  std::size_t length = 0;
  for (std::uint64_t word = 0; text.size() - length >= sizeof word; length += sizeof word) {
    std::memcpy(&word, text.data() + length, sizeof word);
    if ((word_ends(word) & kHighs) != 0) break;
  }
  while (length < text.size() && is_plain(text[length])) ++length;
  return length;
}

}  // namespace

std::size_t printable_run(std::string_view text) {
  return run(text, not_printable, is_printable_ascii);
}

std::size_t plain_json_run(std::string_view text) {
  const auto word_ends = [](std::uint64_t word) {
    return not_printable(word) | equal_to(word, '"') | equal_to(word, '\\');
  };
  return run(text, word_ends, is_plain_json);
}

}  // namespace yizhan
