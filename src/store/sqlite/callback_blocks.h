// Notes for each source and event type which blocks of callbacks (inbound_sql.h) hold some of it: a question about one
// of them then reads those stretches of the table, and no index has to be kept for it.
//
// What the newest block has is remembered, so that nearly every callback costs no statement.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "store/sqlite/connection.h"

namespace yizhan::store::sqlite {

class CallbackBlocks {
 public:
  CallbackBlocks() = default;
  static Result<CallbackBlocks> open(Connection& connection);

  /// In the transaction that stores the callback.
  Result<void> note(std::int64_t id, std::string_view source, std::string_view event_type);
  /// What the transaction noted is gone: everything is noted anew.
  void roll_back() { block_ = kNone; }

 private:
  using Values = std::set<std::string, std::less<>>;
  static constexpr std::int64_t kNone = -1;

  Result<void> note(std::string_view name, std::string_view value, Values& noted);

  Connection* connection_ = nullptr;
  Statement insert_;
  std::int64_t block_ = kNone;  ///< the one that is remembered
  Values sources_, event_types_;
};

}  // namespace yizhan::store::sqlite
