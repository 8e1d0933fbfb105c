// Pieces of what --json prints. Rows look as in the API's answers (api/view_json.h).
#pragma once

#include <string>
#include <string_view>

#include "api/view_json.h"
#include "base/json_writer.h"
#include "store/store.h"

namespace yizhan::cli {

/// An endpoint that is disabled, with what the store knows of it.
void write_disabled_endpoint(JsonWriter& writer, const store::DisabledEndpoint& endpoint);

/// One object of a list, as one line with its '\n': `json_line(api::write_attempt, attempt)`.
template <class Row>
std::string json_line(void (*write)(JsonWriter&, const Row&), const Row& row) {
  JsonWriter writer;
  write(writer, row);
  return writer.take() + '\n';
}

}  // namespace yizhan::cli
