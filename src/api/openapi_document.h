// The description of the API (OpenAPI 3.1), written by hand. A test compares its paths with the router's.
#pragma once

#include <string>

namespace yizhan::api {

std::string openapi_document();

}  // namespace yizhan::api
