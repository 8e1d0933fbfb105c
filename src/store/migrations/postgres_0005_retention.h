// PostgreSQL schema, version 5: what retention deleted, as the ledger counts it on.
#pragma once

#include <string_view>

namespace yizhan::store::migrations {

inline constexpr std::string_view kPostgresRetention = R"sql(
)sql";

}  // namespace yizhan::store::migrations
