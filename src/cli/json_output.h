// Pieces of what --json prints. Documents are written with api::JsonWriter, in the API's field names.
#pragma once

#include <string>
#include <string_view>

#include "api/json_writer.h"

namespace yizhan::cli {

using api::JsonWriter;

std::string base64(std::string_view bytes);

/// `bytes` as member `name` where they are UTF-8, else as `<name>_base64`: bytes are never lost.
void add_bytes(JsonWriter& writer, std::string_view name, std::string_view bytes);

}  // namespace yizhan::cli
