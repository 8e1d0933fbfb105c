// Session (store/session.h) on a PostgreSQL connection, in a transaction that its owner began and ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/postgres/connection.h"
#include "store/session.h"

namespace yizhan::store::postgres {

const Dialect& postgres_dialect();

/// Texts are prepared on the connection, once for each set of parameters that are NULL. Bytes that a text column cannot
/// hold are stored as U+FFFD: what has to be kept as it is was looked at before.
class PostgresSession final : public Session {
 public:
  explicit PostgresSession(Connection& connection) : connection_(connection) {}

  void send(std::string_view text, std::vector<SessionValue> parameters, RowReader reader = {}) override;
  void send_each(std::string_view text, std::span<const SessionColumn> columns,
                 const std::vector<std::vector<SessionValue>>& rows, RowReader reader = {}) override;
  Result<void> finish() override;
  std::int64_t changed() const override { return changed_; }
  const Dialect& dialect() const override { return postgres_dialect(); }

  /// Why a finish() failed, its own or one of somebody who uses the connection in the same transaction.
  const std::optional<Failure>& failure() const { return failure_; }
  Result<void> take(Outcome<void> outcome);

 private:
  Connection::OnResult reading(RowReader reader);

  Connection& connection_;
  std::optional<Failure> failure_;
  std::int64_t changed_ = 0;
};

}  // namespace yizhan::store::postgres
