// Values on the wire in PostgreSQL's binary format: numbers big-endian, a timestamptz as microseconds since 2000-01-01
// UTC, text and bytea as they are, an array as its dimensions followed by each element with its length. Source: the
// `…recv` and `…send` functions of PostgreSQL's src/backend/utils/adt.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace yizhan::store::postgres {

// Type numbers of PostgreSQL, fixed by its catalog (src/include/catalog/pg_type.dat).
inline constexpr Oid kBool = 16;
inline constexpr Oid kBytea = 17;
inline constexpr Oid kInt8 = 20;
inline constexpr Oid kInt4 = 23;
inline constexpr Oid kText = 25;
inline constexpr Oid kTimestamptz = 1184;

/// The array type of an element type, for PREPARE.
Oid array_of(Oid element);

/// A one-dimensional array that is being filled.
class Array {
 public:
  explicit Array(Oid element);

  void add(std::int64_t value);
  void add(std::int32_t value);
  void add(bool value);
  void add(std::string_view bytes);      ///< text or bytea
  void add(const char* bytes) = delete;  // would be taken for a bool
  void add(UtcTime time);
  void add_null();
  /// The value, or NULL where it is empty or zero: how the columns say that there is nothing.
  void add_or_null(std::string_view bytes);
  void add_or_null(std::int32_t value);

  /// The finished array.
  std::string take();

 private:
  void add_length(std::int32_t length);

  std::string bytes_;
  std::int32_t count_ = 0;
};

/// The parameters of one statement.
class Parameters {
 public:
  Parameters& add(std::int64_t value);
  Parameters& add(std::int32_t value);
  Parameters& add(std::string_view bytes);
  Parameters& add(UtcTime time);
  Parameters& add(Array array);
  Parameters& add_null();

  int count() const { return static_cast<int>(values_.size()); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  Parameters& keep(std::string bytes);

  std::deque<std::string> storage_;  // a deque: what was added stays where it is
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

/// The rows of one statement, in binary format.
class ResultSet {
 public:
  ResultSet() = default;
  explicit ResultSet(PGresult* result) : result_(result) {}

  int rows() const { return PQntuples(result_.get()); }
  int columns() const { return PQnfields(result_.get()); }
  /// Of INSERT, UPDATE and DELETE; for a SELECT the number of its rows.
  std::int64_t affected() const;

  bool null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  /// Of any integer type, or a boolean. NULL reads as 0.
  std::int64_t integer(int row, int column) const;
  std::string_view bytes(int row, int column) const;
  std::string text(int row, int column) const { return std::string(bytes(row, column)); }
  /// NULL reads as the epoch, ±infinity as the ends of UtcTime.
  UtcTime time(int row, int column) const;

  PGresult* raw() const { return result_.get(); }

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace yizhan::store::postgres
