// A field of a JSON document by its path, for whoever needs one or two of them: routes' conditions, sources that read
// no more than an id. Nothing is copied.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_scan.h"

namespace yizhan::receive {

/// `data.object.id` as its parts; an array's elements go by their index: `Data.0.LogisticCode`.
std::vector<std::string> split_path(std::string_view path);

/// `document` is JSON that json::read_document() has checked. Empty where it lacks the field. A key that an object on
/// the way has twice counts as no field: who passes the document on might read the other one.
std::optional<json::Value> find_field(const std::vector<std::string>& path, std::string_view document);

}  // namespace yizhan::receive
