// Session (store/session.h) on a SQLite connection.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/session.h"
#include "store/sqlite/connection.h"

namespace yizhan::store::sqlite {

/// Statements of one connection by their text; gone before the connection is.
class SessionStatements {
 public:
  struct Prepared {
    Statement statement;
    std::vector<int> parameters;  ///< SQLite's number of `$1`, `$2`, …; 0 where the text does not name it
  };

  /// The statement of a text of session.h; `each` is what stands for `{each}`, the same whenever the text comes.
  Result<Prepared*> find(Connection& connection, std::string_view text, std::string_view each);
  void clear() { prepared_.clear(); }

 private:
  std::unordered_map<std::string, Prepared> prepared_;
};

class SqliteSession final : public Session {
 public:
  /// All outlive this.
  SqliteSession(Connection& connection, SessionStatements& statements, const Dialect& dialect)
      : connection_(connection), statements_(statements), dialect_(dialect) {}

  void send(std::string_view text, std::vector<SessionValue> parameters, RowReader reader = {}) override;
  void send_each(std::string_view text, std::span<const SessionColumn> columns,
                 const std::vector<std::vector<SessionValue>>& rows, RowReader reader = {}) override;
  Result<void> finish() override;
  std::int64_t changed() const override { return changed_; }
  const Dialect& dialect() const override { return dialect_; }

 private:
  void run(SessionStatements::Prepared& prepared, const std::vector<SessionValue>& parameters, const RowReader& reader);

  Connection& connection_;
  SessionStatements& statements_;
  const Dialect& dialect_;
  std::optional<Error> error_;  ///< of the first statement that failed; those after it are not run
  std::int64_t changed_ = 0;
};

}  // namespace yizhan::store::sqlite
