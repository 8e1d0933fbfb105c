// A reading statement as both engines take it: its text, with parameters `$1`, `$2`, … (SQLite binds them by name), and
// the rows it gives. Times travel as UtcTime; what a column looks like on disk is the engine's affair.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace yizhan::store {

using SqlValue = std::variant<std::int64_t, std::string, UtcTime>;

struct Query {
  std::string text;
  std::vector<SqlValue> parameters;  ///< of `$1`, `$2`, …

  /// Adds a parameter; answers how the text names it. A parameter may be named more than once.
  std::string bind(SqlValue value);
};

/// One row of a result, valid during the call it is passed to. Columns count from 0. NULL reads as empty, 0 and the
/// epoch.
class SqlRow {
 public:
  virtual bool null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  /// Text or raw bytes; valid as long as the row.
  virtual std::string_view bytes(int column) const = 0;
  virtual UtcTime time(int column) const = 0;

 protected:
  ~SqlRow() = default;
};

using RowReader = std::function<void(const SqlRow&)>;

inline std::string text_of(const SqlRow& row, int column) {
  return std::string(row.bytes(column));
}
/// Empty for NULL.
inline std::optional<UtcTime> optional_time(const SqlRow& row, int column) {
  if (row.null(column)) return std::nullopt;
  return row.time(column);
}

/// What differs between the engines in the texts they share.
struct Dialect {
  std::string_view minute_of_created_at;  ///< an expression: `e.created_at` cut to its minute, as a time

  // Where no index on created_at finds a range of time: expressions for the first and the last sequence that can belong
  // to it, `{}` standing for the range's limit. Empty otherwise.
  std::string_view first_sequence_from = {};
  std::string_view last_sequence_until = {};
  /// The same for received_at and the ids of callbacks.
  std::string_view first_callback_from = {};
  std::string_view last_callback_until = {};

  /// Where whoever reads for seconds holds up those who write: a number that changes when others write. Empty
  /// otherwise.
  std::string_view writes_of_others = {};

  /// Whether the newest attempts are found through an index on their time.
  bool attempts_by_time = true;

  /// Whether the callbacks of a source or an event type are found through callback_blocks (inbound_sql.h), not an
  /// index.
  bool callbacks_in_blocks = false;

  /// `callback_id`, `name` of the keys that have a value: `{value}`, with `{hash}`, its value_hash() (receiving.h).
  std::string_view keys_of_value = "SELECT callback_id, name FROM callback_keys WHERE value = {value}";

  /// A time that is given as a parameter, as the columns of pay_orders hold it; `{}` stands for the parameter.
  std::string_view order_time = "{}";
};

}  // namespace yizhan::store
