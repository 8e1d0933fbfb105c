// Statements inside one transaction, the same on both engines. Several may be sent before anybody waits: on PostgreSQL
// they share a round trip; on SQLite each runs as it is sent.
//
// Texts are prepared once and remembered by their address-independent text, so a text must not hold values: those are
// parameters. `$1`, `$2`, … with the types of SqlValue; an empty optional binds NULL.
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

class Session {
 public:
  virtual ~Session() = default;

  /// `reader` is called for each row, at the latest by the finish() that follows; what it refers to must live until
  /// then. The text must live as long as the session (a literal, or a member).
  virtual void send(std::string_view text, std::vector<SessionValue> parameters, RowReader reader = {}) = 0;

  /// Waits for everything that was sent. On an error the transaction must be rolled back by its owner.
  virtual Result<void> finish() = 0;

  /// How many rows the statement sent last changed; valid after finish().
  virtual std::int64_t changed() const = 0;

  /// How texts that differ are written.
  virtual const Dialect& dialect() const = 0;
};

}  // namespace yizhan::store
