// Statements inside one transaction, the same on both engines. Several may be sent before anybody waits: on PostgreSQL
// they share a round trip; on SQLite each runs as it is sent.
//
// Texts are prepared once and remembered by what they say, so a text must not hold values: those are parameters, `$1`,
// `$2`, … with the types of SqlValue; an empty optional binds NULL. A moment is bound as the tables of
// express_tables.h hold it: a timestamptz, or on SQLite text (base/clock.h: to_store_text).
//
// A part that only one of the engines is to see stands in braces: `{postgres|FOR UPDATE SKIP LOCKED}`,
// `{sqlite|json(payload)}`. A text of which nothing is left for an engine is not sent there.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/query.h"

namespace yizhan::store {

/// A parameter; std::nullopt is NULL.
using SessionValue = std::optional<SqlValue>;

/// A column of the rows that send_each() takes.
struct SessionColumn {
  enum class Type { kInteger, kText, kTime };
  std::string_view name;
  Type type = Type::kText;
};

class Session {
 public:
  virtual ~Session() = default;

  /// `reader` is called for each row, at the latest by the finish() that follows; what it refers to must live until
  /// then. It must not send.
  virtual void send(std::string_view text, std::vector<SessionValue> parameters, RowReader reader = {}) = 0;

  /// A statement about many rows: in the text, `{each}` stands for a table `each` that has the columns. On PostgreSQL
  /// it is sent once, with an array for each column; on SQLite it runs for each row, so that it must mean the same row
  /// by row. Rows have a value for each column. Nothing is sent without rows.
  virtual void send_each(std::string_view text, std::span<const SessionColumn> columns,
                         const std::vector<std::vector<SessionValue>>& rows, RowReader reader = {}) = 0;

  /// Waits for everything that was sent. On an error the transaction must be rolled back by its owner.
  virtual Result<void> finish() = 0;

  /// How many rows the statement sent last changed; valid after finish(). Of send_each(): by all rows together.
  virtual std::int64_t changed() const = 0;

  /// How texts that differ are written.
  virtual const Dialect& dialect() const = 0;
};

enum class SessionEngine { kSqlite, kPostgres };

/// The text as the engine takes it: the other one's parts are gone, `{each}` is replaced.
std::string session_text(std::string_view text, SessionEngine engine, std::string_view each = {});

}  // namespace yizhan::store
