#include "store/migrations/sqlite_0004_replay_audit.h"

#include <string_view>

namespace yizhan::store::migrations {
namespace {

constexpr std::string_view kTables = R"sql(
)sql";

}  // namespace

std::string sqlite_0004_replay_audit() {
  return std::string(kTables);
}

}  // namespace yizhan::store::migrations
