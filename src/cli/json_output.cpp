#include "cli/json_output.h"

#include "base/utf8.h"
#include "verify/base64.h"

namespace yizhan::cli {

std::string base64(std::string_view bytes) {
  std::string out;
  verify::append_base64(out, {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
  return out;
}

void add_bytes(JsonWriter& writer, std::string_view name, std::string_view bytes) {
  if (is_utf8(bytes)) {
    writer.text(name, bytes);
  } else {
    writer.text(std::string(name) + "_base64", base64(bytes));
  }
}

}  // namespace yizhan::cli
