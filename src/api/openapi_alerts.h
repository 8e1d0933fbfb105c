// The part of the OpenAPI document about alerts.
#pragma once

#include <string_view>

namespace yizhan::api {

/// Members of `paths`, with a comma after the last.
extern const std::string_view kAlertPaths;
/// Members of `components.schemas`, likewise.
extern const std::string_view kAlertSchemas;

}  // namespace yizhan::api
