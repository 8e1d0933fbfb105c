// The part of the OpenAPI document that is about devices, notifications and parcels.
#pragma once

#include <string_view>

namespace yizhan::api {

/// Members of `paths`, with a comma after the last.
extern const std::string_view kPushPaths;
/// Members of `components.schemas`, likewise.
extern const std::string_view kPushSchemas;

}  // namespace yizhan::api
