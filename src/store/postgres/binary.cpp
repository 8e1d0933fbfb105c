#include "store/postgres/binary.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace yizhan::store::postgres {
namespace {

static_assert(std::endian::native == std::endian::little, "big-endian machines need no byte swap here");

constexpr std::int64_t kEpochOffset = 946'684'800'000'000;  // 1970-01-01 to 2000-01-01, in microseconds
// The ends of timestamptz (src/include/datatype/timestamp.h: MIN_TIMESTAMP, END_TIMESTAMP), and its infinities.
constexpr std::int64_t kMinTimestamp = -211'813'488'000'000'000;
constexpr std::int64_t kMaxTimestamp = 9'223'371'331'199'999'999;

void append(std::string& out, std::uint32_t value) {
  const std::uint32_t swapped = __builtin_bswap32(value);
  out.append(reinterpret_cast<const char*>(&swapped), sizeof swapped);
}

void append(std::string& out, std::uint64_t value) {
  const std::uint64_t swapped = __builtin_bswap64(value);
  out.append(reinterpret_cast<const char*>(&swapped), sizeof swapped);
}

std::uint64_t to_wire(UtcTime time) {
  const std::int64_t micros = to_unix_micros(time);
  if (micros < kMinTimestamp + kEpochOffset) return static_cast<std::uint64_t>(kMinTimestamp);
  return static_cast<std::uint64_t>(std::min(micros - kEpochOffset, kMaxTimestamp));
}

template <class Unsigned>
Unsigned load(const char* bytes) {
  Unsigned value;
  std::memcpy(&value, bytes, sizeof value);
  if constexpr (sizeof value == 8) {
    return __builtin_bswap64(value);
  } else if constexpr (sizeof value == 4) {
    return __builtin_bswap32(value);
  } else {
    return __builtin_bswap16(value);
  }
}

}  // namespace

Oid array_of(Oid element) {
  switch (element) {
    case kBool:
      return 1000;
    case kBytea:
      return 1001;
    case kInt4:
      return 1007;
    case kText:
      return 1009;
    case kInt8:
      return 1016;
    case kTimestamptz:
      return 1185;
    default:
      return InvalidOid;
  }
}

// ---- arrays
// ----------------------------------------------------------------------------------------------------------

Array::Array(Oid element) {
  append(bytes_, std::uint32_t{1});  // dimensions
  append(bytes_, std::uint32_t{1});  // there may be NULLs
  append(bytes_, static_cast<std::uint32_t>(element));
  append(bytes_, std::uint32_t{0});  // elements: set at the end
  append(bytes_, std::uint32_t{1});  // the first one's index
}

void Array::add_length(std::int32_t length) {
  append(bytes_, static_cast<std::uint32_t>(length));
  ++count_;
}

void Array::add(std::int64_t value) {
  add_length(8);
  append(bytes_, static_cast<std::uint64_t>(value));
}

void Array::add(std::int32_t value) {
  add_length(4);
  append(bytes_, static_cast<std::uint32_t>(value));
}

void Array::add(bool value) {
  add_length(1);
  bytes_ += value ? '\1' : '\0';
}

void Array::add(std::string_view bytes) {
  add_length(static_cast<std::int32_t>(bytes.size()));
  bytes_ += bytes;
}

void Array::add(UtcTime time) {
  add_length(8);
  append(bytes_, to_wire(time));
}

void Array::add_null() {
  add_length(-1);
}

void Array::add_or_null(std::string_view bytes) {
  if (bytes.empty()) return add_null();
  add(bytes);
}

void Array::add_or_null(std::int32_t value) {
  if (value == 0) return add_null();
  add(value);
}

std::string Array::take() {
  const std::uint32_t count = __builtin_bswap32(static_cast<std::uint32_t>(count_));
  std::memcpy(bytes_.data() + 12, &count, sizeof count);
  return std::move(bytes_);
}

// ---- parameters
// ------------------------------------------------------------------------------------------------------

Parameters& Parameters::keep(std::string bytes) {
  const std::string& kept = storage_.emplace_back(std::move(bytes));
  values_.push_back(kept.data());
  lengths_.push_back(static_cast<int>(kept.size()));
  formats_.push_back(1);
  return *this;
}

Parameters& Parameters::add(std::int64_t value) {
  std::string bytes;
  append(bytes, static_cast<std::uint64_t>(value));
  return keep(std::move(bytes));
}

Parameters& Parameters::add(std::int32_t value) {
  std::string bytes;
  append(bytes, static_cast<std::uint32_t>(value));
  return keep(std::move(bytes));
}

Parameters& Parameters::add(std::string_view bytes) {
  return keep(std::string(bytes));
}

Parameters& Parameters::add(UtcTime time) {
  std::string bytes;
  append(bytes, to_wire(time));
  return keep(std::move(bytes));
}

Parameters& Parameters::add(Array array) {
  return keep(array.take());
}

Parameters& Parameters::add_null() {
  values_.push_back(nullptr);
  lengths_.push_back(0);
  formats_.push_back(1);
  return *this;
}

// ---- results
// ---------------------------------------------------------------------------------------------------------

std::int64_t ResultSet::affected() const {
  const std::string_view text = PQcmdTuples(result_.get());
  std::int64_t count = 0;
  for (const char digit : text) count = count * 10 + (digit - '0');
  return count;
}

std::int64_t ResultSet::integer(int row, int column) const {
  const char* value = PQgetvalue(result_.get(), row, column);
  switch (PQgetlength(result_.get(), row, column)) {
    case 8:
      return static_cast<std::int64_t>(load<std::uint64_t>(value));
    case 4:
      return static_cast<std::int32_t>(load<std::uint32_t>(value));
    case 2:
      return static_cast<std::int16_t>(load<std::uint16_t>(value));
    case 1:
      return value[0];
    default:
      return 0;
  }
}

std::string_view ResultSet::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

UtcTime ResultSet::time(int row, int column) const {
  if (null(row, column)) return UtcTime{};
  const std::int64_t micros = integer(row, column);
  if (micros > std::numeric_limits<std::int64_t>::max() - kEpochOffset) return UtcTime::max();
  if (micros == std::numeric_limits<std::int64_t>::min()) return UtcTime::min();
  return from_unix_micros(micros + kEpochOffset);
}

}  // namespace yizhan::store::postgres
