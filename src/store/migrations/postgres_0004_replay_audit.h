// PostgreSQL schema, version 4: replay jobs, and the audit trail.
#pragma once

#include <string_view>

namespace yizhan::store::migrations {

inline constexpr std::string_view kPostgresReplayAudit = R"sql(
)sql";

}  // namespace yizhan::store::migrations
