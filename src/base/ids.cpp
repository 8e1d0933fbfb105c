#include "base/ids.h"

#include <algorithm>

namespace yizhan {
namespace {

void put_hex(char* out, std::uint64_t value, int digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = kDigits[value & 15];
    value >>= 4;
  }
}

}  // namespace

std::string IdMaker::make(UtcTime now) {
  const auto millis = static_cast<std::uint64_t>(to_unix_micros(now) / 1000);
  last_ = std::max(last_ + 1, millis << 12);
  const std::uint64_t stamp = last_ >> 12;
  const std::uint64_t tail = random_.next();
  std::string id(36, '-');
  put_hex(id.data(), stamp >> 16, 8);
  put_hex(id.data() + 9, stamp & 0xffff, 4);
  id[14] = '7';
  put_hex(id.data() + 15, last_ & 0xfff, 3);
  put_hex(id.data() + 19, 0x8000U | (tail >> 50), 4);  // variant 10, then 14 random bits
  put_hex(id.data() + 24, tail & 0xffffffffffffU, 12);
  return id;
}

std::int64_t stable_key(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char character : text) {
    hash ^= static_cast<unsigned char>(character);
    hash *= 0x100000001b3U;
  }
  hash ^= hash >> 32;
  hash *= 0xd6e8feb86659fd93U;
  hash ^= hash >> 32;
  const auto key = static_cast<std::int64_t>(hash >> 1);
  return key == 0 ? 1 : key;
}

}  // namespace yizhan
