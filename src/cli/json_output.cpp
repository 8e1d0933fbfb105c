#include "cli/json_output.h"

namespace yizhan::cli {

void write_disabled_endpoint(JsonWriter& writer, const store::DisabledEndpoint& endpoint) {
  writer
      .begin_object()
      // A 63-bit number would lose digits in readers that keep numbers as doubles.
      .text("key", std::to_string(endpoint.endpoint_key))
      .text("platform", endpoint.platform)
      .text("url", endpoint.url)
      .text("disabled_reason", endpoint.reason)
      .time("disabled_at", endpoint.disabled_at)
      .end_object();
}

}  // namespace yizhan::cli
