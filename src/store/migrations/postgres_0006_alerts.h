// PostgreSQL schema, version 6: alerts that are raised.
#pragma once

#include <string_view>

namespace yizhan::store::migrations {

inline constexpr std::string_view kPostgresAlerts = R"sql(
)sql";

}  // namespace yizhan::store::migrations
