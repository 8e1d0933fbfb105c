#include "store/migrations/sqlite_0006_alerts.h"

#include <string_view>

namespace yizhan::store::migrations {
namespace {

constexpr std::string_view kTables = R"sql(
)sql";

}  // namespace

std::string sqlite_0006_alerts() {
  return std::string(kTables);
}

}  // namespace yizhan::store::migrations
